// The page: brings its parts together.

import * as api from "./api.js";
import { showModels } from "./cards.js";
import { followFigures } from "./figures.js";
import { complain, say } from "./messages.js";
import { Session } from "./session.js";
import { openSource } from "./sources.js";
import { setUpUploads } from "./upload.js";
import { clearView, setUpView, showEnhanced, showOriginal } from "./view.js";

const element = (id) => document.getElementById(id);
const message = element("live-message");
const WORDS = {
  connecting: "Connecting …",
  connected: "Live.",
  interrupted: "The connection is interrupted. Waiting for it to come back …",
};

let live = null; // what runs: { session, source, stopFigures }

function chosenSource() {
  return document.querySelector("input[name=source]:checked").value;
}

function settings() {
  const bitrate = element("bitrate").value;
  return { model: element("model").value, scale: Number(element("scale").value), bitrate: bitrate ? Number(bitrate) : null };
}

async function start() {
  stop();
  const session = new Session({ onState: follow, onTrack: showEnhanced });
  const run = { session, source: null, stopFigures: () => {} };
  live = run;
  showRunning(true);
  say(message, WORDS.connecting);
  try {
    await (chosenSource() === "stream" ? watch(run) : publish(run));
    if (live !== run) return;
    run.stopFigures = followFigures(session, element("figures"), () => fail(new Error("The server has ended the session.")));
  } catch (error) {
    if (live === run) fail(error);
  }

  function follow(state, error) {
    if (live !== run) return;
    if (state === "failed") fail(error);
    else say(message, WORDS[state]);
  }
}

async function publish(run) {
  const source = await openSource(chosenSource(), { height: Number(element("height").value), file: element("file").files[0] });
  if (live !== run) return source.close(); // stopped while the browser asked for leave
  run.source = source;
  const [track] = source.stream.getVideoTracks();
  track.addEventListener("ended", () => live === run && stop("The source has ended."));
  showOriginal(source.stream);
  await run.session.publish(source.stream, settings());
}

async function watch(run) {
  const name = element("stream-name").value.trim();
  if (!name) throw new Error("No name of a stream is given.");
  showOriginal(null);
  await run.session.watch(name);
}

function stop(words = "") {
  if (!live) return;
  const { session, source, stopFigures } = live;
  live = null;
  stopFigures();
  session.close();
  source?.close();
  clearView();
  showRunning(false);
  say(message, words);
}

function fail(error) {
  stop();
  complain(message, error);
}

async function change() {
  if (!live?.session.id || chosenSource() === "stream") return;
  try {
    await live.session.change(settings());
    say(message, WORDS.connected);
  } catch (error) {
    complain(message, error); // the stream goes on as it was
  }
}

function showRunning(running) {
  const [gone, come] = running ? ["start", "stop"] : ["stop", "start"];
  element(come).hidden = false;
  if (document.activeElement === element(gone)) element(come).focus({ preventScroll: true });
  element(gone).hidden = true;
  for (const id of ["file", "stream-name", "height"]) element(id).disabled = running;
  for (const choice of document.getElementsByName("source")) choice.disabled = running;
}

function showFields() {
  for (const field of document.querySelectorAll("[data-for]")) {
    field.hidden = !field.dataset.for.split(" ").includes(chosenSource());
  }
}

async function fillModels() {
  try {
    await showModels();
    say(element("models-message"), "");
  } catch (error) {
    complain(element("models-message"), error);
  }
}

/** `#token=...` and `#watch=NAME`; the token is kept for this tab and taken out of the address. */
function readFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (fragment.has("token")) {
    api.setToken(fragment.get("token"));
    fragment.delete("token");
    history.replaceState(null, "", `${location.pathname}${location.search}${fragment.size ? `#${fragment}` : ""}`);
  }
  if (!fragment.has("watch")) return false;
  element("stream-name").value = fragment.get("watch");
  document.querySelector("input[name=source][value=stream]").checked = true;
  return true;
}

function setUpToken() {
  api.events.addEventListener("token-wanted", () => {
    element("token-form").hidden = false;
    element("token").focus();
  });
  element("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    api.setToken(element("token").value);
    element("token-form").hidden = true;
    say(message, "");
    fillModels();
  });
}

function setUp() {
  setUpView();
  setUpUploads();
  setUpToken();
  element("live-form").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  element("stop").addEventListener("click", () => stop());
  for (const choice of document.getElementsByName("source")) choice.addEventListener("change", showFields);
  for (const id of ["model", "scale", "bitrate"]) element(id).addEventListener("change", change);
  window.addEventListener("pagehide", () => stop());
  window.addEventListener("hashchange", () => readFragment() && begin());
  if (readFragment()) begin();
  showFields();
  fillModels();
}

function begin() {
  showFields();
  start();
}

setUp();
