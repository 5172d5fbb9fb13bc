"""Offers as WebRTC clients write them, from parts, so that a test can leave out or break any of them."""

from __future__ import annotations

FINGERPRINT = "sha-256 " + ":".join(f"{byte:02X}" for byte in range(32))
CANDIDATE = "1 1 udp 2130706431 127.0.0.1 50000 typ host"
H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="


def offer(*sections: list[str], group: str = "BUNDLE 0 1", session: tuple[str, ...] = ()) -> str:
    """An offer of these sections."""
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:{group}", "a=msid-semantic: WMS *", *session]
    return "\r\n".join([*head, *(line for section in sections for line in section)]) + "\r\n"


def transport(ufrag: str = "abcd", setup: str = "actpass", candidates: tuple[str, ...] = (CANDIDATE,)) -> list[str]:
    """The lines of a section's transport."""
    lines = [f"a=ice-ufrag:{ufrag}", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-options:trickle"]
    return [
        *lines,
        f"a=fingerprint:{FINGERPRINT}",
        f"a=setup:{setup}",
        *(f"a=candidate:{each}" for each in candidates),
    ]


def video(
    *codecs: str,
    mid: str = "1",
    direction: str = "sendonly",
    port: int = 9,
    lines: tuple[str, ...] = (),
    way: list[str] | None = None,
) -> list[str]:
    """A video section with these codecs: "VP8", "VP9" or "H264 <profile-level-id>", each with retransmission."""
    codecs = codecs or ("VP8", "H264 42e01f")
    numbers = [96 + 2 * place for place in range(len(codecs))]
    types = " ".join(f"{number} {number + 1}" for number in numbers)
    described = [line for number, codec in zip(numbers, codecs, strict=True) for line in _codec(number, codec)]
    head = [f"m=video {port} UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", f"a={direction}"]
    extensions = ["a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", "a=extmap:14 urn:unknown"]
    sources = ["a=ssrc-group:FID 1111 2222", "a=ssrc:1111 cname:x", "a=ssrc:2222 cname:x"]
    return [*head, "a=rtcp-mux", *(transport() if way is None else way), *extensions, *described, *sources, *lines]


def audio(mid: str = "0", codec: str = "opus/48000/2", direction: str = "sendonly") -> list[str]:
    """An audio section."""
    head = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux"]
    return [*head, *transport(), f"a=rtpmap:111 {codec}", "a=fmtp:111 minptime=10;useinbandfec=1"]


def data(mid: str = "2") -> list[str]:
    """A data channel's section."""
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        f"a=mid:{mid}",
        *transport(),
        "a=sctp-port:5000",
    ]


def _codec(number: int, codec: str) -> list[str]:
    name, _, level = codec.partition(" ")
    lines = [f"a=rtpmap:{number} {name}/90000", f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
    lines += [f"a=rtcp-fb:{number} goog-remb", f"a=rtcp-fb:{number} transport-cc"]
    lines += [f"a=fmtp:{number} {H264}{level}"] if level else []
    return [*lines, f"a=rtpmap:{number + 1} rtx/90000", f"a=fmtp:{number + 1} apt={number}"]
