// One connection to the server: what is sent comes back larger, or a stream of somebody else's is watched.

import * as api from "./api.js";

const GATHERING_MS = 2000; // candidates of this machine are there in a few; a silent STUN server takes for ever
const CONNECTING_MS = 15000;

/** Tells its `onState` "connecting", "connected", "interrupted" or "failed" (with why); `onTrack` gets the picture. */
export class Session {
  constructor({ onState, onTrack }) {
    this.onState = onState;
    this.onTrack = onTrack;
    this.id = null;
    this.closed = false;
    this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.peer.onconnectionstatechange = () => this.#follow(this.peer.connectionState);
    this.peer.ontrack = ({ track, receiver }) => {
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0; // as early as the network allows
      this.onTrack(track);
    };
  }

  /** Send `stream`'s video and receive it enlarged. Throws RequestError. */
  async publish(stream, settings) {
    const [track] = stream.getVideoTracks();
    const { sender } = this.peer.addTransceiver(track, { direction: "sendrecv", streams: [stream] });
    const sdp = await this.#offer();
    const answer = await (await api.sendJson("POST", "offer", { sdp, type: "offer", ...settings })).json();
    await this.#accept(answer.id, answer.sdp);
    await keepResolution(sender);
  }

  /** Watch the stream `name` (WHEP). Throws RequestError. */
  async watch(name) {
    this.peer.addTransceiver("video", { direction: "recvonly" });
    this.peer.addTransceiver("audio", { direction: "recvonly" });
    const response = await api.request(`whep/${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: await this.#offer(),
    });
    await this.#accept(response.headers.get("Location").split("/").pop(), await response.text());
  }

  /** Other settings for the running stream. */
  async change(settings) {
    await api.sendJson("PATCH", this.#path(), settings);
  }

  /** What the server measures of the picture that is received here; of a watched one, of its publisher too. */
  async report() {
    const { video, stream, kind } = await (await api.request(this.#path())).json();
    if (kind === "publisher") return video ?? {};
    const sessions = await (await api.request("sessions")).json();
    const publisher = sessions.find((session) => session.kind === "publisher" && session.stream === stream);
    return { ...publisher?.video, ...video, dropped: { ...publisher?.video?.dropped, ...video?.dropped } };
  }

  /** End it here and, without waiting, on the server; also while the page is being left. */
  close() {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.deadline);
    this.peer.close();
    this.#forget();
  }

  async #offer() {
    await this.peer.setLocalDescription();
    await gathered(this.peer);
    return this.peer.localDescription.sdp;
  }

  async #accept(id, sdp) {
    this.id = id;
    if (this.closed) return this.#forget(); // stopped while the server was asked
    this.deadline = setTimeout(() => this.#fail("No connection came about."), CONNECTING_MS);
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  #follow(state) {
    if (state === "connected") clearTimeout(this.deadline);
    if (state === "failed") this.#fail("The connection failed.");
    else if (state !== "closed" && state !== "new") this.onState(state === "disconnected" ? "interrupted" : state);
  }

  #fail(message) {
    const hint = "A firewall between here and the server may block UDP; a TURN server, named to `framelift serve`, helps.";
    this.onState("failed", Object.assign(new Error(message), { hint }));
  }

  #forget() {
    if (!this.id) return;
    const gone = () => {}; // nobody is left to tell; the server notices by itself
    fetch(api.url(this.#path()), { method: "DELETE", headers: api.headers(), keepalive: true }).catch(gone);
  }

  #path() {
    return `sessions/${encodeURIComponent(this.id)}`;
  }
}

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHERING_MS);
    look();
  });
}

/** When the line is slow, fewer frames rather than a smaller picture: the model enlarges what arrives. */
async function keepResolution(sender) {
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    console.warn("This browser chooses the size of what it sends:", error); // the stream goes on
  }
}
