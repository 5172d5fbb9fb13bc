"""Sound is passed on in order, unchanged, and as late as the picture is."""

from __future__ import annotations

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpsender import RTCRtpSender
from framelift.engine.live.delay import LONGEST_DELAY
from framelift.engine.live.webrtc.audio import (
    MOST_UNSENT,
    MOST_WAITING,
    STEP,
    AudioPackets,
    DelayedAudio,
)
from framelift.engine.live.webrtc.frame_buffer import ReceivedPacket
from framelift.engine.live.webrtc.incoming import LARGEST_OPUS, OpusPacket, incoming_audio
from framelift.engine.live.webrtc.inside.adopt import private
from framelift.engine.live.webrtc.inside.peer import LivePeer
from framelift.engine.live.webrtc.inside.receiver import LiveReceiver
from hypothesis import given
from hypothesis import strategies as st
from rtc_peers import LOOPBACK, Client, Tone, client, served, until

PACKET = 0.02  # seconds


def sound(number: int, arrived: float | None = None) -> OpusPacket:
    return OpusPacket(number.to_bytes(4, "big"), number * 960, PACKET * number if arrived is None else arrived)


@given(st.lists(st.floats(-1, 5), min_size=1, max_size=80))
def test_the_delay_follows_the_pictures_in_small_steps(delays: list[float]) -> None:
    picture = iter(delays)
    audio = DelayedAudio(lambda: next(picture))
    before: float | None = None
    for number, stated in enumerate(delays):
        leaves = audio.leaves(PACKET * number)
        wanted = min(max(stated, 0), LONGEST_DELAY)
        assert leaves == pytest.approx(PACKET * number + audio.delay)
        if before is None:
            assert audio.delay == wanted
        else:
            assert abs(audio.delay - before) <= STEP * 1.001
            assert abs(audio.delay - wanted) <= abs(before - wanted)
        before = audio.delay


@given(st.floats(0, 0.3), st.floats(0, 0.3))
def test_lips_and_voice_are_together_within_20_ms_soon_after_a_change(first: float, then: float) -> None:
    picture = [first]
    audio = DelayedAudio(lambda: picture[0])
    audio.leaves(0.0)
    picture[0] = then
    for number in range(1, 301):  # six seconds
        leaves = audio.leaves(PACKET * number)
    assert abs(leaves - (PACKET * 300 + then)) < 0.02


def test_packets_leave_in_order_unchanged_and_not_early() -> None:
    async def body() -> None:
        delay, loop = 0.05, asyncio.get_running_loop()
        audio = DelayedAudio(lambda: delay)
        tracks = [audio.add(), audio.add()]
        start = loop.time()
        for number in range(10):
            audio.put(sound(number, arrived=start))
        for track in tracks:
            packets = [await track.recv() for _ in range(10)]
            assert [bytes(packet) for packet in packets] == [number.to_bytes(4, "big") for number in range(10)]
            assert [packet.pts for packet in packets] == [960 * number for number in range(10)]
        assert loop.time() >= start + delay
        assert audio.packets == 10
        audio.close()

    asyncio.run(body())


def test_nothing_grows_and_closing_tells_whoever_waits() -> None:
    async def body() -> None:
        audio = DelayedAudio(lambda: 1.0)
        track, gone = audio.add(), audio.add()
        gone.stop()
        waiting = asyncio.ensure_future(track.recv())
        for number in range(2 * MOST_WAITING):
            audio.put(sound(number))
            track.put(sound(number))
        assert len(audio._waiting) <= MOST_WAITING
        assert len(track._queue) <= MOST_UNSENT
        assert audio._tracks == {track}
        assert (await waiting).pts == 960 * (2 * MOST_WAITING - MOST_UNSENT)
        waiting = asyncio.ensure_future(gone.recv())
        audio.close()
        with pytest.raises(MediaStreamError):
            await waiting
        assert audio._tracks == set()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(body())


def test_a_packet_too_large_to_send_costs_itself_only() -> None:
    """SRTP refuses it, which would end the audio of whoever it goes to."""

    async def body() -> None:
        peer, came = LivePeer([], (LOOPBACK,)), list[OpusPacket]()
        receiver = peer.addTransceiver("audio").receiver
        assert isinstance(receiver, LiveReceiver)
        incoming = incoming_audio(receiver, came.append)
        for number, size in enumerate((100, 1345, LARGEST_OPUS, LARGEST_OPUS + 1, 100)):
            incoming.take(ReceivedPacket(1, number, 960 * number, 111, False, bytes(size), PACKET * number))
        assert [(len(packet.data), packet.pts) for packet in came] == [(100, 0), (LARGEST_OPUS, 1920), (100, 3840)]
        assert incoming.dropped == 2
        await peer.close()

    asyncio.run(body())


def test_the_largest_packet_can_be_sent() -> None:
    async def body() -> None:
        async with client() as viewer:
            viewer.watch("audio")
            viewer.watch("video")
            track = AudioPackets()
            async with served(viewer, None, track) as ours:
                await viewer.connected()
                for number in range(3):
                    track.put(OpusPacket(bytes(LARGEST_OPUS), 960 * number, 0.0))
                await until(lambda: private(ours.sender("audio"), RTCRtpSender, "packet_count") == 3)

    asyncio.run(body())


def test_a_clients_sound_reaches_two_viewers() -> None:
    async def body() -> None:
        audio, came = DelayedAudio(lambda: 0.03), list[OpusPacket]()

        def take(packet: OpusPacket) -> None:
            came.append(packet)
            audio.put(packet)

        async with client() as publisher, client() as first, client() as second:
            publisher.publish(Tone())
            publisher.connection.addTransceiver("video", "sendonly")
            async with served(publisher) as ours:
                incoming_audio(ours.receiver("audio"), take)
                await asyncio.gather(*(_listen(viewer, audio) for viewer in (first, second)))
                audio.close()
        assert len(came) >= 50

    asyncio.run(body())


async def _listen(viewer: Client, audio: DelayedAudio) -> None:
    viewer.watch("audio")
    viewer.watch("video")
    async with served(viewer, None, audio.add()):
        await until(lambda: viewer.sounds > 50, what="sounds")
