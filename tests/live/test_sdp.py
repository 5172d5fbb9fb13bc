"""Offers: each fault is refused with its status, what is served reaches aiortc clean, the rest is refused by port 0."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import pytest
from aiortc.sdp import SessionDescription
from framelift.engine.live.settings import IceSettings
from framelift.engine.live.webrtc.connection import new_connection
from framelift.engine.live.webrtc.refused import OfferRefused
from framelift.engine.live.webrtc.sdp import answer_with_bitrate, check_offer, complete_answer
from framelift.engine.live.webrtc.trickle import candidates_of
from hypothesis import given, settings
from hypothesis import strategies as st
from offers import CANDIDATE, FINGERPRINT, audio, data, offer, transport, video
from rtc_peers import LOOPBACK, client

GOOD = offer(audio(), video(), data(), group="BUNDLE 0 1 2")
REFUSED = {
    "empty": ("", 400),
    "hello": ("hello", 400),
    "JSON": ('{"sdp": "v=0", "type": "offer"}', 400),
    "v=0": ("v=0\r\n", 400),
    "no m=video": (offer(audio()), 400),
    "broken m= line": (GOOD.replace("m=video 9", "m=video nine"), 400),
    "m= line cut": (GOOD.replace("m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99", "m=video"), 400),
    "no setup": (GOOD.replace("a=setup:actpass", "a=other"), 400),
    "unknown setup": (GOOD.replace("a=setup:actpass", "a=setup:holdconn"), 400),
    "no ufrag": (GOOD.replace("a=ice-ufrag:abcd\r\n", ""), 400),
    "no password": (re.sub("a=ice-pwd.*\r\n", "", GOOD), 400),
    "short password": (re.sub("a=ice-pwd.*", "a=ice-pwd:abc", GOOD), 400),
    "no fingerprint": (re.sub("a=fingerprint.*\r\n", "", GOOD), 400),
    "broken fingerprint": (GOOD.replace(FINGERPRINT, "sha-256 XY"), 400),
    "fingerprint that says nothing": (GOOD.replace(f"a=fingerprint:{FINGERPRINT}", "a=fingerprint:"), 400),
    "no a=mid": (GOOD.replace("a=mid:1\r\n", ""), 400),
    "one a=mid twice": (GOOD.replace("a=mid:1", "a=mid:0"), 400),
    "seventeen sections": (offer(*(video(mid=str(n)) for n in range(17))), 400),
    "64 KB": (GOOD + "a=x:" + "x" * (64 << 10), 413),
    "20,000 candidates": (GOOD + "a=candidate:x\r\n" * 20_000, 413),
    "64 KB in few letters": (GOOD + "a=x:" + "\N{SNOWMAN}" * (30 << 10), 413),
    "VP9 only": (offer(video("VP9", mid="0")), 422),
    "H.264 in single units only": (offer(video("H264 42e01f")).replace("ation-mode=1", "ation-mode=0"), 422),
    "H.264 of a profile nobody has": (offer(video("H264 f4001f")), 422),
    "H.264 of a level nobody has": (offer(video("H264 42e0ff")), 422),
    "fingerprint by MD5": (GOOD.replace("sha-256", "md5"), 422),
    "video switched off": (offer(video(port=0)), 422),
    "no rtcp-mux": (GOOD.replace("a=rtcp-mux\r\n", ""), 422),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_each_fault_is_refused_with_its_status(fault: str) -> None:
    text, status = REFUSED[fault]
    with pytest.raises(OfferRefused) as refused:
        check_offer(text)
    assert refused.value.status == status
    assert refused.value.message
    assert refused.value.hint
    assert len(refused.value.message) < 250


def test_a_whole_offer_is_served_in_part_and_answered_whole() -> None:
    facts = check_offer(GOOD)
    assert (facts.codec, facts.profile) == ("vp8", "")
    assert facts.video.sends
    assert not facts.video.wants
    assert facts.audio is not None
    assert [section.kind for section in facts.sections] == ["audio", "video", "application"]
    assert "webrtc-datachannel" not in facts.offer
    assert "urn:unknown" not in facts.offer
    answer = complete_answer(facts, facts.offer)
    assert re.findall(r"(?m)^m=(\w+) (\d+)", answer) == [("audio", "9"), ("video", "9"), ("application", "0")]
    assert re.findall(r"(?m)^a=mid:(\S+)", answer) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "refused",
    [
        offer(video(mid="0"), audio("1", "PCMU/8000")),
        offer(video(mid="0"), audio("1"), group="BUNDLE 0"),
        offer(video(mid="0"), video(mid="1")),
        offer(video(mid="0"), data("1")),
    ],
    ids=["audio of another codec", "audio over a transport of its own", "a second video", "data channel"],
)
def test_what_is_not_served_gets_port_0(refused: str) -> None:
    facts = check_offer(refused)
    assert facts.audio is None
    answer = complete_answer(facts, facts.offer)
    assert re.findall(r"(?m)^m=\w+ (\d+)", answer) == ["9", "0"]


def test_the_first_video_that_can_be_served_is() -> None:
    facts = check_offer(offer(video("VP9", mid="0"), video("VP8", mid="1")))
    assert facts.video.mid == "1"
    assert re.findall(r"(?m)^m=\w+ (\d+)", complete_answer(facts, facts.offer)) == ["0", "9"]


@pytest.mark.parametrize(
    ("prefer", "wanted"),
    [
        ((), ("vp8", "")),
        (("h264",), ("h264", "baseline")),
        (("h264 high",), ("h264", "high")),
        (("vp8",), ("vp8", "")),
        (("av1", "h264 high", "vp8"), ("h264", "high")),
    ],
)
def test_the_peer_decides_the_codec_unless_we_prefer_one(prefer: tuple[str, ...], wanted: tuple[str, str]) -> None:
    facts = check_offer(offer(video("VP8", "H264 42001f", "VP9", "H264 640c1f", "H264 4d001f")), prefer)
    assert (facts.codec, facts.profile) == wanted
    assert [codec.name for codec in facts.video.codecs].count("h264") == 3


def test_transport_lines_of_the_session_serve_all_sections() -> None:
    facts = check_offer(offer(video(way=[]), session=tuple(transport())))
    assert facts.transport.ufrag == "abcd"
    assert facts.transport.setup == "actpass"


def test_candidates_are_capped_and_only_usable_ones_taken() -> None:
    useless = (
        "1 1 tcp 1 127.0.0.1 9 typ host tcptype active",
        "1 2 udp 1 127.0.0.1 50000 typ host",
        "1 1 udp 1 a3c4.local 50000 typ host",
        "1 1 udp 1 127.0.0.1 70000 typ host",
        "nonsense",
    )
    many = tuple(f"{n} 1 UDP {n} 10.0.0.{n} 5000 typ srflx raddr x rport y" for n in range(1, 60))
    facts = check_offer(offer(video(way=transport(candidates=useless + many))))
    assert len(facts.transport.candidates) == 32
    assert all(" 10.0.0." in each and "rport" not in each for each in facts.transport.candidates)


def test_simulcast_without_sources_is_taken_as_one_stream() -> None:
    lines = (
        "a=rid:h send",
        "a=rid:l send",
        "a=simulcast:send h;l",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    )
    facts = check_offer(offer([line for line in video(lines=lines) if not line.startswith("a=ssrc")]))
    assert facts.simulcast
    assert "rid" not in facts.offer
    assert "ssrc" not in facts.offer


def test_retransmission_may_be_absent() -> None:
    plain = [line for line in video("VP8") if "rtx" not in line and "apt" not in line]
    facts = check_offer(offer(plain))
    assert facts.video.codecs[0].payload_types == (96,)


def test_codecs_outside_the_dynamic_range_are_left_out() -> None:
    text = offer(video("H264 42e01f", "VP8")).replace(" 96 ", " 39 ").replace(":96 ", ":39 ")
    assert check_offer(text).codec == "vp8"


def test_aiortc_reads_what_we_write() -> None:
    description = SessionDescription.parse(check_offer(GOOD).offer)
    assert [media.kind for media in description.media] == ["audio", "video"]
    media = description.media[1]
    assert [codec.payloadType for codec in media.rtp.codecs] == [96, 97, 98, 99]
    assert [source.ssrc for source in media.ssrc] == [1111, 2222]
    assert media.ice is not None
    assert media.ice.usernameFragment == "abcd"
    assert {feedback.type for feedback in media.rtp.codecs[0].rtcpFeedback} == {"nack", "goog-remb"}


async def _outcome(text: str) -> str:
    """The answer's text, or "" where the offer is refused."""
    connection = new_connection(IceSettings(addresses=(LOOPBACK,)))
    try:
        return await connection.answer(check_offer(text))
    except OfferRefused:
        return ""
    finally:
        await connection.close()


LINES = [
    GOOD,
    offer(video("VP8", "H264 640c1f", mid="0"), data("1"), group="BUNDLE 0"),
    *(text for text, _ in REFUSED.values() if len(text) < 5000),
]
POOL = sorted({line for text in LINES for line in text.splitlines() if line})


@st.composite
def broken_offers(draw: st.DrawFn) -> str:
    """A good offer in which lines are left out, doubled, moved, exchanged for others and changed inside."""
    lines = draw(st.sampled_from(LINES[:2])).splitlines()
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "insert", "exchange", "cut", "change", "number"]))
        if kind == "drop" and len(lines) > 1:
            del lines[place]
        elif kind == "insert":
            lines.insert(place, draw(st.sampled_from(POOL)))
        elif kind == "exchange":
            lines[place] = draw(st.sampled_from(POOL))
        elif kind == "cut":
            lines[place] = lines[place][: draw(st.integers(0, max(0, len(lines[place]) - 1)))]
        elif kind == "change":
            lines[place] = lines[place].replace(draw(st.sampled_from(":/ =;1")), draw(st.text(max_size=4)), 1)
        else:
            lines[place] = re.sub(
                r"\d+", draw(st.sampled_from(["0", "-1", "999999999999", "²", "x", "256"])), lines[place], count=1
            )
    return "\r\n".join(lines) + "\r\n"


@settings(max_examples=150)
@given(broken_offers())
def test_a_broken_offer_is_answered_or_refused_and_nothing_else(text: str) -> None:
    asyncio.run(asyncio.wait_for(_outcome(text), 10))


@settings(max_examples=300)
@given(st.text() | broken_offers())
def test_reading_any_text_ends_in_facts_or_a_refusal(text: str) -> None:
    facts = status = None
    try:
        facts = check_offer(text)
    except OfferRefused as refused:
        status = refused.status
    if facts is None:
        assert status in {400, 413, 422}
    else:
        assert len(re.findall(r"(?m)^m=", complete_answer(facts, facts.offer))) == len(facts.sections)
        again = check_offer(facts.offer)
        assert again.offer == facts.offer
        assert (again.codec, again.profile, again.transport) == (facts.codec, facts.profile, facts.transport)


def test_a_stock_client_takes_the_answer_to_its_offer() -> None:
    async def run() -> None:
        async with client() as peer:
            peer.watch("audio")
            peer.watch("video")
            peer.connection.createDataChannel("data")
            text = await peer.offer()
            connection = new_connection(IceSettings(addresses=(LOOPBACK,)))
            answer = await connection.answer(check_offer(text))
            assert len(re.findall(r"(?m)^m=", answer)) == 3
            assert set(re.findall(r"(?m)^a=candidate:\S+ 1 udp \d+ (\S+)", answer)) == {LOOPBACK}
            await connection.close()

    asyncio.run(run())


def test_an_answer_tells_a_browser_its_bitrates() -> None:
    answer = answer_with_bitrate(check_offer(GOOD).offer, 2_000_000, 500_000, 8_000_000)
    limits = "x-google-start-bitrate=2000;x-google-min-bitrate=500;x-google-max-bitrate=8000"
    lines = answer.split("\r\n")
    assert f"a=fmtp:96 {limits}" in lines
    assert f"a=fmtp:98 packetization-mode=1;profile-level-id=42e01f;{limits}" in lines
    assert "a=fmtp:97 apt=96" in lines
    formats = re.findall(r"(?m)^a=fmtp:(\d+)", answer)
    assert len(formats) == len(set(formats))
    assert answer.endswith("\r\n")


def test_a_fragment_brings_candidates() -> None:
    lines = ["a=ice-ufrag:abcd", "a=ice-pwd:x", "m=audio 9 RTP/AVP 0", "a=mid:0"]
    text = "\r\n".join([*lines, f"a=candidate:{CANDIDATE} generation 0", "a=candidate:junk"])
    assert [(each.ip, each.port) for each in candidates_of(text, "abcd")] == [("127.0.0.1", 50000)]
    assert candidates_of("a=mid:0\r\na=end-of-candidates\r\n") == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("hello", 400),
        ("a=mid:0", 400),
        ("a=candidate:" + "x" * (65 << 10), 413),
        ("a=ice-ufrag:zzzz\r\na=end-of-candidates", 422),
    ],
    ids=["empty", "hello", "nothing", "too long", "restart"],
)
def test_a_broken_fragment_is_refused(text: str, status: int) -> None:
    with pytest.raises(OfferRefused) as refused:
        candidates_of(text, "abcd")
    assert refused.value.status == status


@given(st.text() | st.lists(st.sampled_from(POOL)).map("\r\n".join))
def test_any_fragment_gives_candidates_or_a_refusal(text: str) -> None:
    with suppress(OfferRefused):
        assert all(each.protocol.lower() == "udp" for each in candidates_of(text))
