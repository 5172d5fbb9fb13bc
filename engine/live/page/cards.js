// The models: what they cost, how good and how fast they are, and how they were trained.

import * as api from "./api.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 260;
const HEIGHT = 96;
const ASK_AGAIN_MS = 2000; // at first, while the server measures their speed
const ASK_SELDOM_MS = 30000; // in the end

/** Fills every list of models to choose from and the cards, again until all speeds are known. Throws RequestError. */
export async function showModels() {
  let models = await askedModels();
  fillChoices(models);
  for (let wait = ASK_AGAIN_MS; isMeasuring(models); wait = Math.min(1.5 * wait, ASK_SELDOM_MS)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    models = await askedModels();
  }
}

async function askedModels() {
  const models = await (await api.request("models")).json();
  document.getElementById("cards").replaceChildren(...models.map(card));
  return models;
}

function isMeasuring(models) {
  return models.some((model) => model.speed_state === "measuring");
}

function fillChoices(models) {
  const tiers = [...new Set(models.map((model) => model.tier))].sort((a, b) => cost(models, b) - cost(models, a));
  for (const select of document.querySelectorAll("select[data-models]")) {
    const chosen = select.value;
    const names = select.dataset.models === "live" ? [...tiers, "bicubic"] : tiers;
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    select.value = chosen;
  }
}

function cost(models, tier) {
  return models.find((model) => model.tier === tier).macs_per_pixel;
}

function card(model) {
  const item = html("li");
  item.className = "card";
  item.append(html("h3", model.name), facts(model), quality(model));
  if (model.curve) item.append(curve(model));
  return item;
}

function facts(model) {
  const list = html("dl");
  const rows = {
    Enlarges: `${model.scale} times`,
    Work: `${model.macs_per_pixel.toLocaleString("en")} multiply-adds a pixel`,
    "Speed here": speed(model),
    Precision: model.precisions.join(", "),
    Licence: model.licence,
  };
  for (const [name, value] of Object.entries(rows)) {
    const row = html("div");
    row.append(html("dt", name), html("dd", value));
    list.append(row);
  }
  return list;
}

function speed(model) {
  if (model.speed_state === "measured") return `${model.speed_ms.toFixed(1)} ms a frame (${model.speed_of})`;
  return model.speed_state === "measuring" ? "being measured" : "could not be measured";
}

function quality(model) {
  const table = html("table");
  table.append(html("caption", `Quality of ${model.name}, dB`));
  const head = table.createTHead().insertRow();
  for (const title of ["Pictures", "Model", "Bicubic", "Gain"]) {
    head.append(Object.assign(html("th", title), { scope: "col" }));
  }
  const body = table.createTBody();
  for (const [set, { psnr_y: ours, bicubic_psnr_y: bicubic }] of Object.entries(model.quality)) {
    const row = body.insertRow();
    row.append(Object.assign(html("th", set), { scope: "row" }));
    for (const value of [ours.toFixed(2), bicubic.toFixed(2), `+${(ours - bicubic).toFixed(2)}`]) {
      row.insertCell().textContent = value;
    }
  }
  return table;
}

/** PSNR over training steps. */
function curve(model) {
  const points = model.curve;
  const [steps, values] = [points.map(([step]) => step), points.map(([, psnr]) => psnr)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = steps.at(-1);
  const x = (step) => 4 + ((WIDTH - 8) * step) / last;
  const y = (value) => HEIGHT - 6 - ((HEIGHT - 12) * (value - low)) / (high - low || 1);
  const figure = html("figure");
  const words = `${low.toFixed(2)} to ${high.toFixed(2)} dB in ${last.toLocaleString("en")} steps`;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Training: ${words}` });
  drawing.append(
    svg("path", { d: `M4 ${HEIGHT - 2}H${WIDTH - 4}`, class: "axis" }),
    svg("polyline", { points: points.map(([step, psnr]) => `${x(step).toFixed(1)},${y(psnr).toFixed(1)}`).join(" ") }),
    svg("circle", { cx: x(last), cy: y(values.at(-1)), r: 3 }),
  );
  figure.append(drawing, html("figcaption", `Training: ${words}`));
  return figure;
}

function html(tag, text = "") {
  return Object.assign(document.createElement(tag), { textContent: text });
}

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
