// What the page can do besides being read: sort its tables, and bring out one series of a plot.
"use strict";

// The first number of a cell, for which `12.3 (12.1 to 12.6)` and `2,792` count; none in words and empty cells.
function numberIn(text) {
  const found = /^[+\-\u2212]?[\d,]*\.?\d+/.exec(text.trim());
  return found ? Number(found[0].replace(/,/g, "").replace("\u2212", "-")) : NaN;
}

function compare(one, other, direction) {
  const [a, b] = [numberIn(one), numberIn(other)];
  if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1; // words stay below, whichever way
  const order = Number.isNaN(a) ? one.localeCompare(other, undefined, { numeric: true }) : a - b;
  return direction * order;
}

function sort(table, column, header) {
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const text = (row) => row.cells[column].textContent;
  body.append(...[...body.rows].sort((a, b) => compare(text(a), text(b), ascending ? 1 : -1)));
}

for (const table of document.querySelectorAll("table")) {
  if (!table.tBodies.length || table.tBodies[0].rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    if (!header.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.title = "sort";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(table, column, header));
  });
}

// All that belongs to a series has an id that ends with `series-NUMBER.PART`.
function seriesOf(element) {
  const owner = element.closest && element.closest("[id*='-series-']");
  return owner ? /-series-(\d+)\./.exec(owner.id)[1] : null;
}

for (const plot of document.querySelectorAll("figure svg")) {
  const bring = (number) => {
    for (const part of plot.querySelectorAll("[id*='-series-']")) {
      part.classList.toggle("dimmed", number !== null && seriesOf(part) !== number);
    }
  };
  plot.addEventListener("pointerover", (event) => bring(seriesOf(event.target)));
  plot.addEventListener("pointerleave", () => bring(null));
}

// Where the reader is, in the contents.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver(
  (seen) => {
    const first = seen.find((each) => each.isIntersecting);
    if (!first) return;
    for (const [id, link] of links) link.classList.toggle("here", id === first.target.id);
  },
  { rootMargin: "0px 0px -70% 0px" },
);
for (const id of links.keys()) watcher.observe(document.getElementById(id));

if (!matchMedia("(min-width: 64rem)").matches) document.querySelector("nav details").open = false;
