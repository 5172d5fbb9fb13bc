// The two pictures: side by side, or one over the other with a line that wipes between them.

const element = (id) => document.getElementById(id);

export function setUpView() {
  const stage = element("stage");
  for (const choice of document.getElementsByName("view")) {
    choice.addEventListener("change", () => setView(stage, choice.value));
  }
  element("wipe").addEventListener("input", () => setWipe(stage, element("wipe").valueAsNumber));
  stage.addEventListener("pointerdown", (event) => followPointer(stage, event));
  for (const id of ["original", "enhanced"]) element(id).addEventListener("resize", () => showSize(stage, id));
  element("show-figures").addEventListener("change", showFigures);
  element("sound").addEventListener("change", () => (element("enhanced").muted = !element("sound").checked));
  setUpFullScreen();
  setWipe(stage, 50);
}

/** `original` is a MediaStream, or null where only the enhanced picture is to be seen. */
export function showOriginal(original) {
  element("original").srcObject = original;
  element("stage").classList.toggle("alone", original === null);
  element("stage").classList.add("running");
  showFigures();
}

export function showEnhanced(track) {
  const video = element("enhanced");
  if (video.srcObject) video.srcObject.addTrack(track);
  else video.srcObject = new MediaStream([track]);
  if (track.kind === "audio") element("sound-field").hidden = false;
}

export function clearView() {
  for (const id of ["original", "enhanced"]) {
    element(id).srcObject = null;
    element(`${id}-size`).textContent = "";
  }
  element("stage").classList.remove("running", "alone");
  element("sound-field").hidden = true;
  showFigures();
}

function setView(stage, view) {
  stage.dataset.view = view;
  element("wipe-field").hidden = view !== "wipe";
}

function setWipe(stage, percent) {
  stage.style.setProperty("--wipe", `${percent}%`);
  element("wipe").setAttribute("aria-valuetext", `${percent} % original, ${100 - percent} % enhanced`);
}

/** Drag on the picture itself; the slider below does the same from the keyboard. */
function followPointer(stage, down) {
  if (stage.dataset.view !== "wipe") return;
  const move = (event) => {
    const { left, width } = stage.getBoundingClientRect();
    const percent = Math.round(Math.min(100, Math.max(0, (100 * (event.clientX - left)) / width)));
    element("wipe").value = percent;
    setWipe(stage, percent);
  };
  const end = () => stage.removeEventListener("pointermove", move);
  stage.setPointerCapture(down.pointerId);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", end, { once: true });
  stage.addEventListener("pointercancel", end, { once: true });
  move(down);
}

function showSize(stage, id) {
  const { videoWidth, videoHeight } = element(id);
  if (!videoWidth) return;
  element(`${id}-size`).textContent = `${videoWidth}x${videoHeight}`;
  stage.style.setProperty("--shape", `${videoWidth} / ${videoHeight}`);
}

function showFigures() {
  element("figures").hidden = !(element("show-figures").checked && element("stage").classList.contains("running"));
}

function setUpFullScreen() {
  const button = element("full-screen");
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else element("viewer").requestFullscreen();
  });
}
