"""Packets become frames, frames become pictures: in order, without waiting, and whatever the network or a peer does."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from typing import Any

import av
import numpy as np
import pytest
from framelift.engine.colour import Matrix, Range
from framelift.engine.frame import Ledger
from framelift.engine.live.webrtc.decoding import LONGEST_QUEUE, MOST_PIXELS, DecodingThread
from framelift.engine.live.webrtc.frame_buffer import CAPACITY, PATIENCE, FrameBuffer, ReceivedFrame, ReceivedPacket
from framelift.engine.live.webrtc.incoming import OpusPacket, incoming_audio, incoming_video
from framelift.engine.live.webrtc.keyframes import is_keyframe
from framelift.engine.live.webrtc.missing import AGAIN, MOST, TIMES, MissingPackets
from framelift.engine.live.webrtc.packet_order import PacketOrder
from framelift.engine.live.webrtc.rtp_clock import RtpClock, Unwrapper
from hypothesis import given
from hypothesis import strategies as st
from rtc_peers import NumberedVideo, Numbers, Tone, client, lose, number_of, picture, served, until
from waiting import until as until_now


def packets_of(sizes: list[int], first: int = 0, marked: bool = True) -> list[ReceivedPacket]:
    """Frames of so many packets each; a packet's data is its number."""
    parts = [(frame, part == size - 1) for frame, size in enumerate(sizes) for part in range(size)]
    return [
        ReceivedPacket(
            source=1,
            sequence=number & 0xFFFF,
            timestamp=3000 * frame,
            payload_type=96,
            marker=last and marked,
            data=number.to_bytes(4, "big"),
            arrived=float(number),
        )
        for number, (frame, last) in enumerate(parts, first)
    ]


def whole(sizes: list[int], first: int = 0) -> list[bytes]:
    """The data of these frames."""
    packets = iter(packets_of(sizes, first))
    return [b"".join(packet.data for packet in islice(packets, size)) for size in sizes]


def through(buffer: FrameBuffer, packets: list[ReceivedPacket]) -> list[ReceivedFrame]:
    return [frame for packet in packets for frame in buffer.add(packet)]


sizes = st.lists(st.integers(1, 9), min_size=1, max_size=20)


@given(sizes, st.integers(0, 0xFFFF))
def test_each_frame_leaves_on_its_last_packet(sizes: list[int], first: int) -> None:
    buffer, packets, expected = FrameBuffer(), packets_of(sizes, first), whole(sizes, first)
    for packet in packets:
        frames = buffer.add(packet)
        assert len(frames) == packet.marker
        for frame in frames:
            assert frame.data == expected.pop(0)
            assert frame.arrived[1] == packet.arrived
            assert frame.arrived[1] - frame.arrived[0] == len(frame.data) / 4 - 1
    assert not expected


@given(sizes, st.integers(0, 0xFFFF), st.randoms(use_true_random=False))
def test_frames_are_whole_and_in_order_whatever_the_order_of_packets(sizes: list[int], first: int, chance: Any) -> None:
    packets = packets_of(sizes, first)
    shuffled = [*packets[:1], *sorted(packets[1:] * 2, key=lambda packet: packet.arrived + chance.uniform(0, 12))]
    shuffled = [replace(packet, arrived=place / 1e4) for place, packet in enumerate(shuffled)]
    assert [frame.data for frame in through(FrameBuffer(), shuffled)] == whole(sizes, first)


@given(sizes)
def test_without_marker_bits_the_next_frame_ends_the_one_before(sizes: list[int]) -> None:
    frames = through(FrameBuffer(), packets_of(sizes, marked=False))
    assert [frame.data for frame in frames] == whole(sizes)[:-1]


def test_a_recovered_loss_lets_all_go_that_waited() -> None:
    buffer, packets = FrameBuffer(), [replace(packet, arrived=0.0) for packet in packets_of([1, 3, 2, 2])]
    assert len(through(buffer, [packets[0], *packets[1:2], *packets[3:]])) == 1
    assert [frame.data for frame in buffer.add(packets[2])] == whole([1, 3, 2, 2])[1:]


def test_what_stays_lost_is_given_up_and_said() -> None:
    buffer, packets = FrameBuffer(), packets_of([1, 3, 2, 2, 1])
    timed = [replace(packet, arrived=0.0) for packet in packets]
    assert [frame.after_gap for frame in through(buffer, timed[:2])] == [True]
    assert through(buffer, timed[3:7]) == []
    frames = buffer.add(replace(timed[7], arrived=PATIENCE * 1.01))
    assert [frame.after_gap for frame in frames] == [True, False, False]
    assert [frame.data for frame in frames[1:]] == whole([1, 3, 2, 2, 1])[2:4]
    assert [frame.after_gap for frame in buffer.add(timed[8])] == [False]


def test_gaps_that_stay_are_waited_for_side_by_side() -> None:
    """Every fourth packet is lost for good: nothing may leave later than one packet after its patience."""
    buffer, lost = FrameBuffer(), 4
    packets = [replace(packet, arrived=number / 100) for number, packet in enumerate(packets_of([1] * 400))]
    for packet in packets:
        if packet.sequence % lost:
            for frame in buffer.add(packet):
                assert packet.arrived - frame.arrived[1] <= PATIENCE + 0.021


def test_a_jump_or_another_source_begins_anew() -> None:
    buffer = FrameBuffer()
    assert len(through(buffer, packets_of([2, 2]))) == 2
    assert [frame.after_gap for frame in through(buffer, packets_of([2, 2], first=CAPACITY + 100))] == [True, False]
    other = [replace(packet, source=2) for packet in packets_of([1, 1], first=9)]
    assert [frame.after_gap for frame in through(buffer, other)] == [True, False]


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 4), st.booleans(), st.integers(0, 3))))
def test_no_sequence_of_packets_breaks_the_buffer_or_makes_it_grow(garbage: list[tuple[int, int, bool, int]]) -> None:
    buffer = FrameBuffer()
    for place, (sequence, timestamp, marker, source) in enumerate(garbage):
        buffer.add(ReceivedPacket(source, sequence, timestamp, 96, marker, b"x" * (source > 0), place / 50))
        assert len(buffer._packets) <= CAPACITY


def test_padding_makes_no_frame() -> None:
    packets = packets_of([2, 1, 2])
    packets[2] = replace(packets[2], data=b"", timestamp=0, marker=False)  # it repeats the time of the frame before
    assert len(through(FrameBuffer(), packets)) == 2


@given(st.integers(0, 1 << 40), st.lists(st.integers(-30_000, 30_000)))
def test_a_counter_is_unwrapped(start: int, steps: list[int]) -> None:
    unwrap, value = Unwrapper(16), start
    offset = unwrap(start & 0xFFFF) - start
    for step in steps:
        value += step
        assert unwrap(value & 0xFFFF) == value + offset


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=2))
def test_time_only_rises(timestamps: list[int]) -> None:
    clock = RtpClock(90_000, usual=3000)
    times = [clock(timestamp) for timestamp in timestamps]
    assert times[0] == 0
    assert all(0 < late - early <= 60 * 90_000 for early, late in pairwise(times))


def test_time_goes_over_the_wrap() -> None:
    clock = RtpClock(90_000, usual=3000)
    assert [clock((start + (1 << 32) - 4000) % (1 << 32)) for start in (0, 3000, 6000, 9005)] == [0, 3000, 6000, 9005]


@given(st.lists(st.integers(0, 19), unique=True, max_size=6), st.integers(0, 0xFFFF))
def test_audio_goes_on_in_order_and_never_waits_for_more_than_two(lost: list[int], first: int) -> None:
    order, packets = PacketOrder(), packets_of([1] * 20, first)
    kept = [packet for place, packet in enumerate(packets) if place not in lost]
    released: list[ReceivedPacket] = []
    for count, packet in enumerate(kept, 1):
        released += order.add(packet)
        assert count - len(released) <= 2
    assert released == kept[: len(released)]


def test_audio_swapped_on_the_way_is_put_in_order() -> None:
    order, packets = PacketOrder(), packets_of([1] * 6)
    swapped = [packets[place] for place in (0, 2, 1, 4, 3, 3, 5)]
    assert [each for packet in swapped for each in order.add(packet)] == packets


def test_missing_packets_are_asked_for_at_once_again_and_not_for_ever() -> None:
    now = 0.0
    missing = MissingPackets(lambda: now)
    for sequence in (65_534, 65_535, 2):
        missing.received(sequence)
    assert missing.due() == [0, 1]
    assert missing.due() == []
    missing.received(0)
    for _ in range(TIMES - 1):
        assert missing.waiting
        now += AGAIN
        assert missing.due() == [1]
    assert not missing.waiting
    missing.received(2 + MOST + 10)
    assert not missing.waiting


@given(st.lists(st.integers(0, 0xFFFF)))
def test_no_sequence_of_numbers_asks_for_too_much(numbers: list[int]) -> None:
    missing = MissingPackets(lambda: 0.0)
    for number in numbers:
        missing.received(number)
        assert len(missing.due()) <= 256
        assert len(missing._requests) <= 2 * MOST


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_keyframes_are_told_from_others(codec: str) -> None:
    numbers = Numbers(codec)
    frames = [numbers.encoded(picture(number), keyframe=number == 3) for number in range(6)]
    assert [is_keyframe(codec, frame.data) for frame in frames] == [number in {0, 3} for number in range(6)]
    assert not is_keyframe(codec, frames[0].data[-100:])
    assert not is_keyframe(codec, b"")


@dataclass
class Decoded:
    """What came out of a decoding thread."""

    numbers: list[int | None] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    colours: list[tuple[int, int]] = field(default_factory=list)  # (matrix, range)
    asked: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def take(self, frame: av.VideoFrame, ledger: Ledger) -> None:
        self.let_go.wait(60)
        self.numbers.append(number_of(frame))
        self.ledgers.append(ledger)
        self.colours.append((int(frame.colorspace), int(frame.color_range)))


def came(decoded: Decoded, number: int) -> None:
    """Wait for the picture with this number."""
    until_now(lambda: number in decoded.numbers)


@contextmanager
def decoding(*, held: bool = False) -> Iterator[tuple[DecodingThread, Decoded]]:
    """A decoding thread; `held` stops it at its first picture until `let_go`."""
    decoded = Decoded()
    if not held:
        decoded.let_go.set()
    thread = DecodingThread(decoded.take, lambda: decoded.asked.append("keyframe"))
    try:
        yield thread, decoded
    finally:
        decoded.let_go.set()
        thread.close()
        thread.join()


def received(numbers: Numbers, number: int, *, keyframe: bool = False, after_gap: bool = False) -> ReceivedFrame:
    data = numbers.encoded(picture(number, *numbers.size), keyframe=keyframe).data
    return ReceivedFrame(data, 96, number * 3000, (number - 0.5, float(number)), after_gap)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_each_picture_comes_with_its_times(codec: str) -> None:
    numbers = Numbers(codec)
    with decoding() as (thread, decoded):
        for number in range(20):
            thread.put(codec, received(numbers, number))
            came(decoded, number)
    assert decoded.numbers == list(range(20))
    assert [ledger.spans["arrive"] for ledger in decoded.ledgers] == [(n - 0.5, float(n)) for n in range(20)]
    assert all(ledger.milliseconds("decode") > 0 for ledger in decoded.ledgers)
    if codec == "vp8":
        assert set(decoded.colours) == {(Matrix.SMPTE170M, Range.LIMITED)}


def test_a_slow_consumer_costs_frames_up_to_a_keyframe_and_no_memory() -> None:
    numbers = Numbers("h264")
    with decoding(held=True) as (thread, decoded):
        frames = [
            received(numbers, number, keyframe=number == 2 * LONGEST_QUEUE) for number in range(3 * LONGEST_QUEUE)
        ]
        for frame in frames[: LONGEST_QUEUE * 2]:
            thread.put("h264", frame)
        assert decoded.asked
        assert thread.counts.dropped >= LONGEST_QUEUE
        decoded.let_go.set()
        for number in range(2 * LONGEST_QUEUE, 3 * LONGEST_QUEUE):
            thread.put("h264", frames[number])
            came(decoded, number)
    shown = [number for number in decoded.numbers if number is not None]
    assert shown[-LONGEST_QUEUE:] == list(range(2 * LONGEST_QUEUE, 3 * LONGEST_QUEUE))
    assert not set(shown) & set(range(LONGEST_QUEUE + 2, 2 * LONGEST_QUEUE))


def test_after_a_gap_pictures_begin_with_a_keyframe() -> None:
    numbers = Numbers("vp8")
    with decoding() as (thread, decoded):
        for number in range(12):
            frame = received(numbers, number, keyframe=number == 9, after_gap=number == 5)
            thread.put("vp8", frame)
        until_now(lambda: 11 in decoded.numbers)
        assert decoded.numbers == [0, 1, 2, 3, 4, 9, 10, 11]
        assert len(decoded.asked) == 4
        assert thread.counts.dropped == 4


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_garbage_does_not_end_the_decoding(codec: str) -> None:
    chance, numbers = np.random.default_rng(1), Numbers(codec)
    with decoding() as (thread, decoded):
        thread.put(codec, received(numbers, 0))
        until_now(lambda: 0 in decoded.numbers)
        start = b"\x00\x00\x00\x01\x65" if codec == "h264" else b"\x10\x00\x00\x9d\x01\x2a"
        for _ in range(50):
            thread.put(codec, ReceivedFrame(start + chance.bytes(200), 96, 0, (0, 0), after_gap=False))
        until_now(lambda: thread.counts.errors)
        assert decoded.asked
        thread.put(codec, received(numbers, 1, keyframe=True))
        until_now(lambda: 1 in decoded.numbers)


def test_frames_after_the_end_are_not_kept() -> None:
    with decoding() as (thread, decoded):
        thread.close()
        thread.join()
        thread.put("vp8", received(Numbers("vp8"), 0))
        assert not thread._queue
        assert not decoded.asked


def test_a_consumer_that_fails_does_not_end_the_decoding(caplog: pytest.LogCaptureFixture) -> None:
    numbers, seen = Numbers("vp8"), []

    def fail(frame: av.VideoFrame, ledger: Ledger) -> None:  # noqa: ARG001  as it is called
        seen.append(number_of(frame))
        raise RuntimeError("of the test")

    thread = DecodingThread(fail, lambda: None)
    for number in range(3):
        thread.put("vp8", received(numbers, number))
    until_now(lambda: len(seen) == 3)
    thread.close()
    thread.join()
    assert "of the test" in caplog.text


def test_a_picture_too_large_to_hold_is_refused_before_it_is_allocated() -> None:
    side = math.isqrt(MOST_PIXELS) + 16
    with decoding() as (thread, _):
        thread.put("h264", received(Numbers("h264", size=(side, side)), 0))
        until_now(lambda: thread.counts.errors + thread.counts.pictures)
        assert thread.counts.pictures == 0


@pytest.mark.parametrize("loss", [0.0, 0.02], ids=["", "2 % lost"])
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_pictures_and_sound_of_a_client_come(codec: str, loss: float) -> None:
    async def body() -> None:
        numbers: list[int | None] = []
        sounds: list[OpusPacket] = []
        async with client() as peer:
            peer.publish(NumberedVideo(), codec)
            peer.publish(Tone())
            async with served(peer) as ours:
                incoming_video(ours.receiver("video"), lambda frame, _: numbers.append(number_of(frame)))
                incoming_audio(ours.receiver("audio"), sounds.append)
                await peer.connected()
                if loss:
                    lose(peer.connection, loss)
                await until(lambda: len(numbers) > 40 and len(sounds) > 40, what="pictures and sounds")
        came = [number for number in numbers if number is not None]
        assert came == sorted(set(came))
        assert len(came) >= len(numbers) - 2
        assert came[-1] - came[0] < 1.5 * len(came)
        times = [packet.pts for packet in sounds]
        assert times[0] == 0
        assert all(step > 0 and step % 960 == 0 for step in (b - a for a, b in pairwise(times)))

    asyncio.run(body())


def test_a_new_size_comes_in_mid_stream() -> None:
    class Growing(NumberedVideo):
        async def recv(self) -> av.VideoFrame:
            self._size = (320, 240) if self.sent < 10 else (640, 360)
            return await super().recv()

    async def body() -> None:
        sizes: set[tuple[int, int]] = set()
        async with client() as peer:
            peer.publish(Growing())
            async with served(peer) as ours:
                incoming_video(ours.receiver("video"), lambda frame, _: sizes.add((frame.width, frame.height)))
                await until(lambda: len(sizes) == 2)

    asyncio.run(body())
