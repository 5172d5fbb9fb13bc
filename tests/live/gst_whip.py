"""A WHIP publisher made of GStreamer's webrtcbin: python3 gst_whip.py URL CODEC; ends when its stdin does.

It runs with the system's Python, which has GStreamer's bindings, and prints what the server answered.
"""

from __future__ import annotations

import sys
import threading
import urllib.parse
import urllib.request
from typing import Any

import gi  # type: ignore[import-not-found, unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found, unused-ignore]  # noqa: E402

CODECS = {
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! video/x-h264,profile=constrained-baseline"
    " ! rtph264pay config-interval=1 aggregate-mode=zero-latency ! application/x-rtp,encoding-name=H264,payload=96",
    "VP8": "vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay ! application/x-rtp,encoding-name=VP8,payload=96",
}
SECONDS = 20  # for each step


def main(url: str, codec: str) -> None:
    """Publish until stdin ends, then delete the session."""
    Gst.init(None)
    source = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=30/1"
    pipeline = Gst.parse_launch(
        f"{source} ! {CODECS[codec]},media=video ! webrtcbin name=peer bundle-policy=max-bundle"
    )
    peer = pipeline.get_by_name("peer")
    ready, gathered = threading.Event(), threading.Event()
    peer.connect("on-negotiation-needed", lambda _: ready.set())
    state = "notify::ice-gathering-state"
    peer.connect(state, lambda *_: gathered.set() if peer.props.ice_gathering_state.value_nick == "complete" else None)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        assert ready.wait(SECONDS), "nothing to negotiate"
        made = _called(peer, "create-offer", None)
        reply = made.get_reply()  # the offer lives as long as these two
        _called(peer, "set-local-description", reply.get_value("offer"))
        assert gathered.wait(SECONDS), "no candidates"
        location, answer = _post(url, peer.props.local_description.sdp.as_text())
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        _called(peer, "set-remote-description", description)
        print("201", flush=True)
        sys.stdin.read()
        request = urllib.request.Request(location, method="DELETE")  # noqa: S310  the test's server
        with urllib.request.urlopen(request) as deleted:  # noqa: S310
            print(deleted.status, flush=True)
    finally:
        pipeline.set_state(Gst.State.NULL)


def _called(peer: Any, name: str, argument: Any) -> Any:
    """What was promised."""
    promise = Gst.Promise.new()
    peer.emit(name, argument, promise)
    promise.wait()
    return promise


def _post(url: str, offer: str) -> tuple[str, str]:
    request = urllib.request.Request(url, offer.encode(), {"Content-Type": "application/sdp"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 201
        return urllib.parse.urljoin(url, answer.headers["Location"]), answer.read().decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
