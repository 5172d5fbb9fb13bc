// Pictures and clips: sent, followed, shown and fetched. A picture is answered at once, a clip is a job.

import * as api from "./api.js";
import { Entry } from "./entry.js";
import { Lane } from "./lane.js";

const RETRIES = 5; // of following a job, when the line breaks
const AT_ONCE = 2; // of each kind: browsers open six connections to a server, and the live view needs some

export function setUpUploads() {
  const drop = document.getElementById("drop");
  const input = document.getElementById("upload");
  input.addEventListener("change", () => {
    takeAll(input.files);
    input.value = ""; // the same file may be chosen again
  });
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => mark(event, true));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, (event) => mark(event, false));
  drop.addEventListener("drop", (event) => takeAll(event.dataTransfer.files));

  function mark(event, over) {
    event.preventDefault();
    drop.classList.toggle("over", over);
  }
}

const pictures = new Lane(AT_ONCE);
const clips = new Lane(AT_ONCE);

function takeAll(files) {
  for (const file of files) take(file);
}

async function take(file) {
  const entry = new Entry(file.name);
  const model = document.getElementById("upload-model").value;
  const scale = document.getElementById("upload-scale").value;
  const form = new FormData();
  form.append("model", model);
  form.append("scale", scale);
  form.append("file", file);
  try {
    if (file.type.startsWith("image/")) await pictures.run(() => picture(entry, form, `${stem(file.name)}-x${scale}`));
    else await clips.run(() => clip(entry, form));
  } catch (error) {
    if (error.name !== "AbortError") entry.fail(error); // cancelled: the entry says so already
  }
}

async function picture(entry, form, name) {
  const call = await api.upload("picture", form, {
    signal: entry.signal,
    onProgress: (share) => entry.progress(share < 1 ? "Sending" : "Enlarging", share < 1 ? share : null),
  });
  const address = entry.keep(call.response);
  entry.preview(address);
  entry.done(address, name + suffix(call.response.type), [
    call.getResponseHeader("Framelift-Damage"),
    call.getResponseHeader("Framelift-Notes"),
  ]);
}

async function clip(entry, form) {
  const onProgress = (share) => entry.progress("Sending", share);
  const call = await api.upload("jobs", form, { signal: entry.signal, onProgress });
  const job = `jobs/${encodeURIComponent(call.getResponseHeader("Location").split("/").pop())}`;
  entry.onCancel = () => api.request(job, { method: "DELETE" }).catch((error) => entry.fail(error));
  if (entry.signal.aborted) return entry.onCancel(); // while the answer was on its way
  const last = await followed(job, entry);
  if (last.state !== "done") throw new api.RequestError(0, last.error ?? `The job is ${last.state}.`, last.hint);
  entry.done(await resultAddress(`${job}/result`, entry), last.filename, [last.damage, ...last.notes]);
}

/** The job's last state. */
async function followed(job, entry) {
  for (let attempt = 0; ; attempt++) {
    try {
      for await (const state of api.serverEvents(`${job}/events`, entry.signal)) {
        if (isLast(state)) return state;
        entry.progress(words(state), state.frames_total ? state.frames / state.frames_total : null);
        attempt = 0;
      }
    } catch (error) {
      if (error.name === "AbortError" || error.status >= 400 || attempt >= RETRIES) throw error;
    }
    const state = await (await api.request(job, { signal: entry.signal })).json();
    if (isLast(state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function isLast({ state }) {
  return !["queued", "running"].includes(state);
}

function words({ state, frames, frames_total: total, fps, eta }) {
  if (state === "queued") return "Waiting for its turn";
  const left = eta == null ? "" : `, ${Math.ceil(eta)} s left`;
  return `Frame ${frames}${total ? ` of ${total}` : ""}${fps ? `, ${fps.toFixed(1)} a second` : ""}${left}`;
}

/** Where the result lies. With a token it must be fetched here: a link cannot carry one. */
async function resultAddress(path, entry) {
  if (!api.token()) return api.url(path);
  return entry.keep(await (await api.request(path, { signal: entry.signal })).blob());
}

function stem(name) {
  return name.replace(/\.[^.]*$/, "");
}

function suffix(type) {
  return { "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp" }[type] ?? "";
}
