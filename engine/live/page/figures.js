// The overlay: what the server measures of the stream, and what this browser does.

const EVERY_MS = 1000;

/** Shows figures of `session` in the list `place` each second, until the function it returns is called. */
export function followFigures(session, place, onGone) {
  const receiving = new Receiving(session.peer);
  let timer;
  let ended = false;
  const look = async () => {
    try {
      const [report, here] = await Promise.all([session.report(), receiving.measure()]);
      if (!ended) show(place, { ...ofServer(report), ...here });
    } catch (error) {
      if (!ended && error.status === 404) return onGone();
    }
    if (!ended) timer = setTimeout(look, EVERY_MS);
  };
  look();
  return () => {
    ended = true;
    clearTimeout(timer);
    place.replaceChildren();
  };
}

function ofServer(video) {
  const { input, output, added_ms: added, fps_in: fpsIn, fps_out: fpsOut, model, rung, backend, note } = video;
  return {
    "Added latency, p50 / p95": added && `${number(added.p50)} / ${number(added.p95)} ms`,
    "Frames a second": fpsIn != null && `${number(fpsIn)} in, ${number(fpsOut)} out`,
    Dropped: video.dropped && `${sum(video.dropped)}`,
    Size: input && output && `${input.join("x")} → ${output.join("x")}`,
    Model: rung && (rung === model ? rung : `${rung}, for ${model}`),
    Backend: backend,
    Note: note,
  };
}

/** What the browser counted of the received video since it was last asked. */
class Receiving {
  constructor(peer) {
    this.peer = peer;
    this.last = null;
  }

  async measure() {
    const report = [...(await this.peer.getStats()).values()];
    const now = report.find((entry) => entry.type === "inbound-rtp" && entry.kind === "video");
    const { last } = this;
    this.last = now ?? null;
    if (!now || !last || now.timestamp <= last.timestamp) return {};
    const since = (name) => (now[name] ?? 0) - (last[name] ?? 0);
    const seconds = (now.timestamp - last.timestamp) / 1000;
    const held = since("jitterBufferEmittedCount") ? since("jitterBufferDelay") / since("jitterBufferEmittedCount") : 0;
    return {
      "Received here": `${number(since("framesDecoded") / seconds)} frames a second, `
        + `${number((since("bytesReceived") * 8) / seconds / 1e6)} Mb/s`,
      "Buffered here": `${number(1000 * held)} ms`,
      "Packets lost": `${now.packetsLost ?? 0}`,
    };
  }
}

function show(place, figures) {
  const rows = Object.entries(figures).filter(([, value]) => value).map(([name, value]) => {
    const row = document.createElement("div");
    row.append(element("dt", name), element("dd", value));
    return row;
  });
  place.replaceChildren(...rows);
}

function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function number(value) {
  return value == null ? "–" : value.toFixed(1);
}
