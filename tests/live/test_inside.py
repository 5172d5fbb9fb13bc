"""What is changed of aiortc and aioice: each test fails when their inside is no longer what the change relies on."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from aioice import Connection, ice, stun
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection
from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcrtpreceiver import NackGenerator, RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    pack_remb_fci,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from framelift.engine.live.webrtc.connection import LiveConnection
from framelift.engine.live.webrtc.incoming import incoming_video
from framelift.engine.live.webrtc.inside import constants
from framelift.engine.live.webrtc.inside import ice as our_ice
from framelift.engine.live.webrtc.inside.adopt import adopt, private, replace_private
from framelift.engine.live.webrtc.inside.dtls import MOST_SOURCES, LiveDtls
from framelift.engine.live.webrtc.inside.ice import (
    LARGEST_DATAGRAM,
    LONGEST_BACKLOG,
    LONGEST_QUEUE,
    SOCKET_BUFFER,
    LiveIce,
    LiveStun,
    is_behind,
)
from framelift.engine.live.webrtc.inside.peer import LivePeer
from framelift.engine.live.webrtc.inside.receiver import LiveReceiver
from framelift.engine.live.webrtc.inside.sender import MOST_AT_ONCE, LiveSender
from framelift.engine.live.webrtc.tracks import VideoPackets, packet_of
from rtc_peers import LOOPBACK, Client, NumberedVideo, Numbers, client, hard_to_compress, lose, number_of, served, until

METHODS: list[tuple[type, str, list[str]]] = [
    (RTCPeerConnection, "_RTCPeerConnection__createDtlsTransport", ["self"]),
    (RTCPeerConnection, "_RTCPeerConnection__createTransceiver", ["self", "direction", "kind", "sender_track"]),
    (RTCCertificate, "_create_ssl_context", ["self", "srtp_profiles"]),
    (Connection, "get_component_candidates", ["self", "component", "addresses", "timeout"]),
    (Connection, "data_received", ["self", "data", "component"]),
    (Connection, "sendto", ["self", "data", "component"]),
    (ice.StunProtocol, "datagram_received", ["self", "data", "addr"]),
    (RTCDtlsTransport, "_handle_rtp_data", ["self", "data", "arrival_time_ms"]),
    (RTCDtlsTransport, "_handle_rtcp_data", ["self", "data"]),
    (JitterBuffer, "add", ["self", "packet"]),
    (NackGenerator, "add", ["self", "packet"]),
    (RTCRtpReceiver, "_handle_rtp_packet", ["self", "packet", "arrival_time_ms"]),
    (RTCRtpReceiver, "_handle_rtcp_packet", ["self", "packet"]),
    (RTCRtpReceiver, "_run_rtcp", ["self"]),
    (RTCRtpReceiver, "_send_rtcp_nack", ["self", "media_ssrc", "lost"]),
    (RTCRtpReceiver, "_send_rtcp_pli", ["self", "media_ssrc"]),
    (RTCRtpSender, "_handle_rtcp_packet", ["self", "packet"]),
    (RTCRtpSender, "_retransmit", ["self", "sequence_number"]),
    (RTCRtpSender, "_send_keyframe", ["self"]),
    (RTCRtpSender, "stop", ["self"]),
]


class OneHugeFrame(MediaStreamTrack):
    """A single frame of over 700 packets, with the number 7, sent when told."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.now = asyncio.Event()

    async def recv(self) -> Any:
        await self.now.wait()
        self.now.clear()
        return packet_of(hard_to_compress(7, 1280, 720, quantiser=5), 0, Fraction(1, 90_000))


@dataclass
class Publication:
    """A stock client that publishes, our side of it, and the numbers of the pictures that came."""

    peer: Client
    ours: LiveConnection
    numbers: list[int | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.incoming = incoming_video(self.receiver, lambda frame, _: self.numbers.append(number_of(frame)))

    @property
    def receiver(self) -> LiveReceiver:
        return self.ours.receiver("video")

    async def pictures(self, count: int) -> None:
        """Wait until so many have come in all."""
        await until(lambda: len(self.numbers) >= count, what=f"{count} pictures; have {self.numbers}")

    async def more_pictures(self, count: int) -> None:
        """Wait for so many more."""
        await self.pictures(len(self.numbers) + count)

    async def send(self, data: bytes) -> None:
        """Send RTP or RTCP as the client, whatever it is."""
        await self.peer.connection.getSenders()[0].transport._send_rtp(data)


@asynccontextmanager
async def published(
    codec: str = "VP8", video: MediaStreamTrack | None = None, change: Callable[[str], str] = str
) -> AsyncIterator[Publication]:
    async with client() as peer:
        peer.publish(video or NumberedVideo(), codec)
        async with served(peer, change=change) as ours:
            publication = Publication(peer, ours)
            await peer.connected()
            yield publication


@asynccontextmanager
async def watched(codec: str = "h264", **options: Any) -> AsyncIterator[tuple[Client, Numbers, LiveSender]]:
    """A stock client that watches what we send, once it has seen a picture."""
    async with client() as peer:
        peer.watch("video", codec.upper())
        numbers = Numbers(codec, **options)
        async with served(peer, VideoPackets(numbers, lambda _: None)) as ours:
            await until(lambda: peer.numbers, what="a picture")
            yield peer, numbers, ours.sender("video")


def run(test: Callable[[], Any]) -> None:
    asyncio.run(test())


@pytest.mark.parametrize(("owner", "name", "parameters"), METHODS, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_overridden_is_there_as_it_was(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_what_is_private_has_its_name() -> None:
    async def body() -> None:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = peer.addTransceiver("video")
        for name in ("jitter_buffer", "nack_generator", "kind", "codecs", "decoder_queue", "rtcp_exited", "rtx_ssrc"):
            private(transceiver.receiver, RTCRtpReceiver, name)
        private(transceiver.sender, RTCRtpSender, "packet_count")
        private(peer, RTCPeerConnection, "certificates")
        transport = transceiver.receiver.transport
        assert isinstance(transport._rtp_router.ssrc_table, dict)
        agent = transport.transport._connection
        assert isinstance(agent._queue, asyncio.Queue)
        assert agent._nominated == {}
        assert agent._protocols == []
        with pytest.raises(AttributeError):
            replace_private(peer, RTCPeerConnection, "no_such_thing", 1)
        await peer.close()

    run(body)


def test_our_connections_are_of_our_parts_and_others_stay_as_they_are() -> None:
    async def body() -> None:
        ours, other = LivePeer([], (LOOPBACK,)), RTCPeerConnection(RTCConfiguration(iceServers=[]))
        parts = []
        for peer in (ours, other):
            for kind in ("video", "audio"):
                transceiver = peer.addTransceiver(kind)
            transport = transceiver.receiver.transport
            parts.append([transceiver.sender, transceiver.receiver, transport, transport.transport._connection])
        assert [type(part) for part in parts[0]] == [LiveSender, LiveReceiver, LiveDtls, LiveIce]
        assert [type(part) for part in parts[1]] == [RTCRtpSender, RTCRtpReceiver, RTCDtlsTransport, Connection]
        with pytest.raises(TypeError):
            adopt(parts[0][0], LiveReceiver)
        await asyncio.gather(ours.close(), other.close())

    run(body)


def test_constants_are_set_once() -> None:
    constants.apply()
    before = list(CODECS["video"])
    constants.apply()
    assert CODECS["video"] == before
    types = [codec.payloadType for codec in before]
    assert len(types) == len(set(types))
    assert all(96 <= number <= 127 for number in types if number is not None)
    profiles = {codec.parameters.get("profile-level-id") for codec in before if codec.name == "H264"}
    assert profiles == {"42001f", "42e01f", *constants.PROFILES}
    assert (ice.CONSENT_INTERVAL, ice.CONSENT_FAILURES) == (1, 5)


def test_a_peer_that_is_gone_is_noticed_by_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with published() as publication:
            monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.01)
            monkeypatch.setattr(ice, "CONSENT_FAILURES", 2)
            agent = publication.ours.getTransceivers()[0].receiver.transport.transport._connection
            assert agent._query_consent_task is not None
            agent._query_consent_task.cancel()
            agent._query_consent_task = asyncio.create_task(agent.query_consent())
            for transceiver in publication.peer.connection.getTransceivers():
                for protocol in transceiver.receiver.transport.transport._connection._protocols:
                    protocol.transport.abort()
            await until(lambda: publication.ours.connectionState == "closed")

    run(body)


def test_a_peer_with_an_rsa_certificate_connects() -> None:
    async def body() -> None:
        async with client() as peer:
            replace_private(peer.connection, RTCPeerConnection, "certificates", [_RsaCertificate.generateCertificate()])
            peer.publish(NumberedVideo())
            async with served(peer):
                await peer.connected()

    run(body)


class _RsaCertificate(RTCCertificate):
    """As GStreamer and FFmpeg make them: with RSA, and no cipher suite for anything else."""

    @classmethod
    def generateCertificate(cls) -> _RsaCertificate:  # noqa: N802  aiortc's name
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
        now = datetime.now(UTC)
        draft = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        draft = draft.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
        return cls(key=key, cert=draft.sign(key, hashes.SHA256()))  # type: ignore[arg-type]  # aiortc's own are EC

    def _create_ssl_context(self, srtp_profiles: Any) -> Any:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256")
        return context


def test_local_addresses_are_those_told_and_their_buffers_are_large() -> None:
    async def body() -> None:
        ours = LivePeer([], (LOOPBACK,))
        ours.addTransceiver("video")
        await ours.setLocalDescription(await ours.createOffer())
        agent = ours.getTransceivers()[0].receiver.transport.transport._connection
        assert [candidate.host for candidate in agent.local_candidates] == [LOOPBACK]
        (protocol,) = agent._protocols
        assert isinstance(protocol, LiveStun)
        given = protocol.transport.get_extra_info("socket")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                other.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
                asked = other.getsockopt(socket.SOL_SOCKET, option)
                assert given.getsockopt(socket.SOL_SOCKET, option) == asked
        await ours.close()

    run(body)


def test_small_buffers_are_told_of_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    our_ice._warn_of_small.cache_clear()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        for asked, told in ((1, 0), ((1 << 31) - 1, 2), ((1 << 31) - 1, 2)):
            monkeypatch.setattr(our_ice, "SOCKET_BUFFER", asked)
            our_ice._enlarge_buffers(endpoint)
            assert [record.levelname for record in caplog.records] == told * ["WARNING"]
    our_ice._warn_of_small.cache_clear()


def test_datagrams_before_the_connection_do_not_pile_up() -> None:
    async def body() -> None:
        agent = adopt(Connection(ice_controlling=False), LiveIce)
        for _ in range(LONGEST_QUEUE + 10):
            agent.data_received(b"x", 1)
        assert agent._queue.qsize() == LONGEST_QUEUE
        await agent.close()

    run(body)


def test_what_the_kernel_does_not_take_is_noticed(tmp_path: Path) -> None:
    async def body() -> None:
        far = str(tmp_path / "far")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:  # unlike UDP, it blocks a sender
            reader.bind(far)
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=far, family=socket.AF_UNIX
            )
            assert not is_behind(transport)
            for _ in range(2 * LONGEST_BACKLOG // 1000):
                transport.sendto(bytes(1000))
            assert is_behind(transport)
            transport.abort()

    run(body)


def test_a_picture_comes_without_waiting_for_the_next() -> None:
    async def body() -> None:
        async with published(video=NumberedVideo(last=1)) as publication:
            await publication.pictures(1)
            assert publication.numbers == [0]

    run(body)


def test_a_frame_of_more_than_512_packets_comes_whole() -> None:
    async def body() -> None:
        track = OneHugeFrame()
        track.now.set()
        async with published("H264", track) as publication:
            await publication.pictures(1)
            assert publication.numbers == [7]
            sender = publication.peer.connection.getSenders()[0]
            assert private(sender, RTCRtpSender, "packet_count") > 700

    run(body)


def test_aiortc_decodes_nothing_and_all_threads_end() -> None:
    async def body() -> None:
        async with published() as publication:
            await publication.pictures(2)
            names = {thread.name for thread in threading.enumerate()}
            assert "framelift-decode" in names
            assert not names & {"video-decoder"}
        assert "framelift-decode" not in {thread.name for thread in threading.enumerate()}

    run(body)


@pytest.mark.parametrize("named", [True, False], ids=["named in the offer", "unnamed"])
def test_lost_packets_are_asked_for_until_they_come(named: bool) -> None:
    def unnamed(offer: str) -> str:
        return offer if named else re.sub("a=ssrc.*\r\n", "", offer)

    async def body() -> None:
        async with published(change=unnamed) as publication:
            await publication.pictures(3)
            counts = lose(publication.peer.connection, 0.2)
            await publication.more_pictures(60)
            assert counts["lost"] > 10
            came = [number for number in publication.numbers if number is not None]
            assert came == sorted(came)
            assert len(came) > 0.8 * (came[-1] - came[0] + 1)

    run(body)


def test_a_request_is_repeated_also_when_nothing_more_comes() -> None:
    async def body() -> None:
        async with client() as peer:
            track = OneHugeFrame()
            peer.publish(track, "H264")
            async with served(peer) as ours:
                publication = Publication(peer, ours)
                await peer.connected()
                lost = _lose_one_and_its_first_retransmission(peer)
                track.now.set()
                await publication.pictures(1)
        assert lost == ["packet", "retransmission"]
        assert publication.numbers == [7]

    run(body)


def _lose_one_and_its_first_retransmission(peer: Client) -> list[str]:
    lost: list[str] = []
    sender = peer.connection.getSenders()[0]
    again = private(sender, RTCRtpSender, "rtx_payload_type")
    protocol: Any = sender.transport.transport._connection._protocols[0]
    send, sent = protocol.send_data, [0]

    async def send_data(data: bytes, address: Any) -> None:
        kind = data[1] & 0x7F if data[0] >> 6 == 2 else 0
        sent[0] += 96 <= kind < 128
        if sent[0] == 100 and not lost:
            lost.append("packet")
        elif kind == again and len(lost) == 1:
            lost.append("retransmission")
        else:
            await send(data, address)

    protocol.send_data = send_data
    return lost


def test_nothing_that_a_peer_sends_ends_its_stream() -> None:
    header = bytes([0x90, 97]) + bytes(10)  # RTP with an extension
    garbage = [
        header + bytes.fromhex("bede0001") + bytes([0x31, 1, 0, 0]),  # abs-send-time of 2 bytes instead of 3
        bytes.fromhex("9fca0001") + bytes(4),  # RTCP SDES: 31 sources, one there
        bytes.fromhex("8fce0004") + bytes(8) + b"REMB" + bytes([9, 0, 0, 0]),  # REMB: 9 sources, none there
        bytes.fromhex("80c80001") + bytes(4),  # RTCP sender report, empty
        bytes([0x80, 97]) + os.urandom(10),
    ]

    async def body() -> None:
        async with published() as publication:
            await publication.pictures(2)
            for data in garbage:
                await publication.send(data)
            for number in range(400):  # of so many sources, each with a frame that nobody can decode
                payload = b"\x10" + os.urandom(50)
                await publication.send(RtpPacket(97, 1, number, number << 22, 5000 + number, payload).serialize())
            await publication.more_pictures(10)
            assert publication.incoming.counts.errors == publication.incoming.counts.dropped == 0
            transport = publication.receiver.transport
            assert isinstance(transport, LiveDtls)
            assert transport.refused >= 2
            assert len(transport._rtp_router.ssrc_table) <= MOST_SOURCES

    run(body)


def test_no_strangers_datagram_ends_a_stream_or_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    short = bytes.fromhex("00010008 2112a442") + bytes(12) + bytes.fromhex("00240001 ff000000")  # a PRIORITY of 1 byte
    with pytest.raises(struct.error):
        stun.parse_message(short)
    datagrams = [b"", b"\x80", bytes([0x80, 97]) + bytes(LARGEST_DATAGRAM - 1), bytes([0x80, 200]) + bytes(4000), short]
    datagrams += [bytes([first]) * size for first in range(0, 256, 15) for size in (2, 19, 1500, 1501, 9000)]

    async def body() -> None:
        async with published() as publication:
            await publication.pictures(2)
            (protocol,) = publication.receiver.transport.transport._connection._protocols
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                for data in datagrams:
                    stranger.sendto(data, protocol.transport.get_extra_info("sockname"))
            await publication.more_pictures(10)

    run(body)
    assert not [record for record in caplog.records if record.name.startswith(("asyncio", "aiortc", "aioice"))]


def test_statistics_too_large_for_a_report_keep_nothing_from_closing() -> None:
    async def body() -> None:
        async with published(video=NumberedVideo(last=1)) as publication:
            await publication.pictures(1)
            (statistics,) = private(publication.receiver, RTCRtpReceiver, "remote_streams").values()
            statistics._jitter_q4 = 1 << 40  # wild timestamps bring it there
            exited = private(publication.receiver, RTCRtpReceiver, "rtcp_exited")
            await until(exited.is_set, what="the end of the reports")

    run(body)


@pytest.mark.parametrize("source", ["the same", "another"])
def test_after_a_goodbye_a_source_may_come_at_once(source: str) -> None:
    async def body() -> None:
        async with published() as publication:
            await publication.pictures(2)
            receiver, sender = publication.receiver, publication.peer.connection.getSenders()[0]
            first = receiver._source
            assert first is not None
            if source == "another":
                sender._ssrc = first ^ 1
            await publication.send(bytes(RtcpByePacket([first])))
            sender._send_keyframe()
            await until(lambda: receiver._source == sender._ssrc, what="the next source")
            await publication.more_pictures(10)

    run(body)


def test_a_goodbye_makes_room_without_a_silence() -> None:
    async def body() -> None:
        async with published(video=NumberedVideo(last=1)) as publication:
            await publication.pictures(1)
            receiver = publication.receiver
            first = receiver._source
            assert first is not None
            packet = RtpPacket(97)
            packet.ssrc = first ^ 1
            receiver._heard = float("inf")  # it spoke this moment
            assert not receiver._is_of_source(packet, again=False)
            for source, room in ((first ^ 2, False), (first, True)):
                await receiver._handle_rtcp_packet(RtcpByePacket([source]))
                assert receiver._is_of_source(packet, again=False) == room

    run(body)


def test_feedback_comes_to_us() -> None:
    async def body() -> None:
        async with watched() as (peer, _, sender):
            wanted: list[str] = []
            bitrates: list[int] = []
            sender.on_keyframe_wanted = lambda: wanted.append("keyframe")
            sender.on_bitrate = bitrates.append
            send = peer.connection.getReceivers()[0]._send_rtcp
            for kind in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                await send(RtcpPsfbPacket(kind, 1, sender._ssrc))
            await send(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, pack_remb_fci(1_234_944, [sender._ssrc])))
            await until(lambda: len(wanted) >= 2 and 1_234_944 in bitrates)

    run(body)


def test_old_packets_are_sent_again_and_a_flood_of_requests_is_not_answered_in_kind() -> None:
    async def body() -> None:
        async with watched() as (peer, numbers, sender):
            numbers.only_keyframes = True
            again = _count_retransmissions(peer)
            await until(lambda: private(sender, RTCRtpSender, "packet_count") > 400, what="400 packets")
            newest = max(packet.sequence_number for packet in private(sender, RTCRtpSender, "rtp_history").values())
            receiver = peer.connection.getReceivers()[0]
            await receiver._send_rtcp(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, [newest - 300]))
            await until(again, what="a packet 300 packets old")
            before, sent = again(), private(sender, RTCRtpSender, "packet_count")
            for _ in range(40):
                await receiver._send_rtcp(
                    RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, list(range(newest - 300, newest - 40)))
                )
                await asyncio.sleep(0)
            await until(lambda: private(sender, RTCRtpSender, "packet_count") > sent + 100)
            sent = private(sender, RTCRtpSender, "packet_count")
            assert 100 < again() - before <= MOST_AT_ONCE + sent / 2

    run(body)


def test_a_full_pacer_stops_media_and_not_whoever_reads() -> None:
    """Feedback goes out at once, and retransmissions wait in a task of their own, which ends with the sender."""
    rtp, rtcp, dtls = bytes([0x80, 97]) + bytes(30), bytes([0x81, 201]) + bytes(30), bytes([23]) + bytes(30)

    async def body() -> None:
        async with watched() as (_, _, sender):
            agent = sender.transport.transport._connection
            assert isinstance(agent, LiveIce)
            agent._pacer.wait_for(1 << 40)
            assert [_waits(agent.sendto(data, 1)) for data in (rtp, rtcp, dtls)] == [True, False, False]
            sent = [packet.sequence_number for packet in private(sender, RTCRtpSender, "rtp_history").values()]
            request = RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, sent)
            assert not _waits(sender._handle_rtcp_packet(request))
            await until(lambda: len(sender._again) < len(sent), what="the first retransmission begun")
            task = sender._sending_again
            assert task is not None
        await until(task.done, what="the end of the task")

    run(body)


def _waits(work: Coroutine[Any, Any, None]) -> bool:
    """Whether it comes to a point where it has to wait."""
    try:
        work.send(None)
    except StopIteration:
        return False
    work.close()
    return True


def test_only_so_many_different_packets_are_sent_again_at_once() -> None:
    async def body() -> None:
        ours = LivePeer([], (LOOPBACK,))
        sender = ours.addTransceiver("video").sender
        assert isinstance(sender, LiveSender)
        assert sum(sender._may_send_again(number) for number in range(2000)) == MOST_AT_ONCE
        replace_private(sender, RTCRtpSender, "packet_count", 100)
        assert sum(sender._may_send_again(number) for number in range(1000, 2000)) == 50
        await ours.close()

    run(body)


def _count_retransmissions(peer: Client) -> Callable[[], int]:
    """Counts the retransmissions that reach a client from now on."""
    receiver = peer.connection.getReceivers()[0]
    types = {number for number, codec in private(receiver, RTCRtpReceiver, "codecs").items() if codec.name == "rtx"}
    seen: list[int] = []
    protocol: Any = receiver.transport.transport._connection._protocols[0]
    receive = protocol.datagram_received

    def datagram_received(data: bytes, address: Any) -> None:
        if data[0] >> 6 == 2 and data[1] & 0x7F in types:
            seen.append(1)
        receive(data, address)

    protocol.datagram_received = datagram_received
    return lambda: len(seen)
