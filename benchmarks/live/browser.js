// A publisher and a viewer in one page, by one clock: a canvas that draws moving pictures with frame ids is published,
// what comes back is read whenever the browser shows a frame. Needs frame_id.js.
window.bench = (() => {
  const made = {}, seen = [], connections = {};
  let drawing = null;

  function draw(context, number) {
    const { width, height } = context.canvas;
    context.fillStyle = "#456";
    context.fillRect(0, 0, width, height);
    for (let i = 0; i < 60; i++) {
      context.fillStyle = `hsl(${(i * 31) % 360} 60% ${25 + (i % 6) * 10}%)`;
      context.fillRect((i * 89 + number * (1 + (i % 4))) % width, (i * 47) % height, 30 + i, 16 + i / 2);
    }
    window.frameId.stamp(context, width, number);
  }

  function camera(width, height, rate) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d"), stream = canvas.captureStream(0), [track] = stream.getVideoTracks();
    let number = 0;
    drawing = setInterval(() => {
      draw(context, number);
      made[number] = performance.now();
      number = (number + 1) & 0xffff;
      track.requestFrame();
    }, 1000 / rate);
    return track;
  }

  // The offer of a new connection called `name` ("publisher" or "viewer"), all candidates gathered.
  async function offer(name, codec, width, height, rate) {
    const peer = (connections[name] = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" }));
    const sends = name === "publisher";
    const transceiver = sends
      ? peer.addTransceiver(camera(width, height, rate), { direction: "sendonly" })
      : peer.addTransceiver("video", { direction: "recvonly" });
    const { codecs } = (sends ? RTCRtpSender : RTCRtpReceiver).getCapabilities("video");
    transceiver.setCodecPreferences(codecs.filter((c) => [codec, "video/rtx"].includes(c.mimeType)));
    if (!sends) show(peer);
    await peer.setLocalDescription();
    if (peer.iceGatheringState !== "complete")
      await new Promise((done) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
        setTimeout(done, 3000);
      });
    return peer.localDescription.sdp;
  }

  const accept = (name, sdp) => connections[name].setRemoteDescription({ type: "answer", sdp });

  function show(peer) {
    const video = Object.assign(document.createElement("video"), { autoplay: true, muted: true });
    document.body.append(video);
    peer.ontrack = ({ track, receiver }) => {
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
      video.srcObject = new MediaStream([track]);
      const look = () => {
        const at = performance.now();
        seen.push([window.frameId.read(video), at, video.videoWidth, video.videoHeight]);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    };
  }

  // Times in milliseconds of performance.now(); statistics of the viewer's stream.
  async function result() {
    clearInterval(drawing);
    const stats = [...(await connections.viewer.getStats()).values()].find((s) => s.type === "inbound-rtp") || {};
    return { made, seen, stats };
  }

  const close = () => Object.values(connections).forEach((peer) => peer.close());

  return { offer, accept, result, close, seen };
})()
