// Where the picture comes from: each gives a MediaStream of one video track, and what ends it.

/** A problem with a device, in words a person can act on. */
export class SourceError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** `height` is how many lines to send; the width follows the source's shape. */
export async function openSource(kind, { height, file }) {
  if (kind === "camera") return openDevice("camera", () => devices().getUserMedia({ video: cameraSize(height) }));
  if (kind === "screen") return openDevice("screen", () => displays().getDisplayMedia({ video: screenSize(height) }));
  return openFile(file, height);
}

async function openDevice(what, open) {
  try {
    const stream = await open();
    return { stream, close: () => stream.getTracks().forEach((track) => track.stop()) };
  } catch (error) {
    throw error instanceof SourceError ? error : inWords(what, error);
  }
}

function devices() {
  if (!window.isSecureContext || !navigator.mediaDevices) {
    throw new SourceError(
      "The browser gives no camera or screen to this page.",
      "It must be opened by https, or as http://localhost on the machine itself. A video file works without.",
    );
  }
  return navigator.mediaDevices;
}

function displays() {
  if (!devices().getDisplayMedia) {
    throw new SourceError("This browser cannot share its screen.", "Most browsers of phones cannot. Choose another source.");
  }
  return devices();
}

function cameraSize(height) {
  return { height: { ideal: height }, width: { ideal: Math.round((height * 16) / 9) }, frameRate: { ideal: 30 } };
}

function screenSize(height) {
  return { height: { max: height }, frameRate: { max: 30 } };
}

function inWords(what, error) {
  const known = {
    NotAllowedError: [`The ${what} was refused.`, `Allow it beside the browser's address bar, then press Start again.`],
    NotFoundError: [`There is no ${what}.`, "Connect one, or choose another source."],
    NotReadableError: [`The ${what} cannot be opened.`, "Another program may be using it: close that one."],
    OverconstrainedError: [`The ${what} has no such size.`, "Choose another input height."],
  };
  return new SourceError(...(known[error.name] ?? [`The ${what} failed: ${error.message || error.name}`, ""]));
}

/** A video file, played in a loop and drawn into a canvas of the wanted height. */
async function openFile(file, height) {
  if (!file) throw new SourceError("No video file is chosen.", "Choose one beside the source.");
  const player = Object.assign(document.createElement("video"), { muted: true, loop: true, playsInline: true });
  player.src = URL.createObjectURL(file);
  try {
    await player.play();
  } catch {
    URL.revokeObjectURL(player.src);
    throw new SourceError(`The browser cannot play ${file.name}.`, "Upload it below: the server reads many more formats.");
  }
  const stream = drawn(player, height);
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    player.pause();
    URL.revokeObjectURL(player.src);
  };
  return { stream, close };
}

function drawn(player, height) {
  const canvas = document.createElement("canvas");
  const shrink = Math.min(1, height / player.videoHeight);
  canvas.width = even(player.videoWidth * shrink);
  canvas.height = even(player.videoHeight * shrink);
  const context = canvas.getContext("2d", { alpha: false });
  const stream = canvas.captureStream(0); // a frame for each that is drawn, not for each refresh of the screen
  const [track] = stream.getVideoTracks();
  const draw = () => {
    if (track.readyState === "ended") return;
    context.drawImage(player, 0, 0, canvas.width, canvas.height);
    track.requestFrame();
    player.requestVideoFrameCallback(draw);
  };
  player.requestVideoFrameCallback(draw);
  return stream;
}

function even(length) {
  return Math.max(2, 2 * Math.round(length / 2));
}
