"""From one client to another through us: encoded frames are sent as they are, and each has its time in the ledger."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import av
import pytest
from aiortc.mediastreams import MediaStreamError
from framelift.engine.frame import Ledger
from framelift.engine.live.encoded import EncodedFrame
from framelift.engine.live.fanout import Fanout
from framelift.engine.live.webrtc.incoming import incoming_video
from framelift.engine.live.webrtc.pacing import BURST, NAP, RATE, Pacer
from framelift.engine.live.webrtc.tracks import VideoPackets
from hypothesis import example, given
from hypothesis import strategies as st
from rtc_peers import Client, NumberedVideo, Numbers, client, hard_to_compress, lose, served, until


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_frames_reach_a_viewer_with_their_times(codec: str) -> None:
    async def body() -> None:
        numbers, sent = Numbers(codec, last=30), list[Ledger]()
        async with client() as peer:
            peer.watch("video", codec.upper())
            async with served(peer, VideoPackets(numbers, sent.append)):
                await until(lambda: len(peer.numbers) >= 28 and len(sent) == 30)  # a stock receiver waits for the next
        assert peer.numbers[:28] == list(range(28))
        assert all(ledger.milliseconds("send") > 0 for ledger in sent)
        ends = [ledger.spans["send"][1] for ledger in sent]
        assert ends == sorted(ends)
        assert not any("send" in frame.ledger.spans for frame in numbers.made), "other viewers get the same frame"

    asyncio.run(body())


def test_the_end_of_the_seat_is_the_end_of_the_track() -> None:
    async def body() -> None:
        track = VideoPackets(Numbers("vp8", last=0), lambda _: None)
        with pytest.raises(MediaStreamError):
            await track.recv()
        assert track.readyState == "ended"

    asyncio.run(body())


class Encoder:
    """Stands where the publication's encoder does: encodes in the decoding thread and hands over to the loop."""

    def __init__(self, codec: str) -> None:
        self.fanout = Fanout(self.want_keyframe)
        self._numbers = Numbers(codec)
        self._wanted = threading.Event()
        self._loop = asyncio.get_running_loop()

    def take(self, frame: av.VideoFrame, ledger: Ledger) -> None:
        wanted = self._wanted.is_set()
        self._wanted.clear()
        made = self._numbers.encoded(frame, keyframe=wanted)
        again = EncodedFrame(
            made.data, made.codec, made.keyframe, made.pts, made.time_base, made.width, made.height, ledger
        )
        self._loop.call_soon_threadsafe(self.fanout.send, again)

    def want_keyframe(self) -> None:
        self._wanted.set()


@pytest.mark.parametrize("loss", [0.0, 0.02], ids=["", "2 % lost"])
@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_clients_pictures_reach_two_viewers(codec: str, loss: float) -> None:
    async def body() -> None:
        sent: list[Ledger] = []
        async with client() as publisher, client() as first, client() as second:
            publisher.publish(NumberedVideo(), codec.upper())
            async with served(publisher) as ours:
                encoder = Encoder(codec)
                incoming_video(ours.receiver("video"), encoder.take)
                await asyncio.gather(*(_watch(viewer, encoder, codec, sent, loss) for viewer in (first, second)))
                encoder.fanout.close()
        for viewer in (first, second):
            came = [number for number in viewer.numbers if number is not None]
            assert len(came) > 0.9 * len(viewer.numbers)
            assert came == sorted(came)
        whole = [ledger for ledger in sent if {"arrive", "decode", "send"} <= set(ledger.spans)]
        assert whole
        for ledger in whole:
            order = [*ledger.spans["arrive"], *ledger.spans["decode"], *ledger.spans["send"]]
            assert order == sorted(order)

    asyncio.run(body())


async def _watch(viewer: Client, encoder: Encoder, codec: str, sent: list[Ledger], loss: float) -> None:
    viewer.watch("video", codec.upper())
    seat = encoder.fanout.add()
    async with served(viewer, VideoPackets(seat, sent.append)) as ours:
        ours.sender("video").on_keyframe_wanted = encoder.want_keyframe
        await viewer.connected()
        if loss:
            lose(viewer.connection, loss)
        await until(lambda: len(viewer.numbers) > 60, what="pictures")
        encoder.fanout.remove(seat)


def test_a_keyframe_of_over_300_packets_reaches_a_stock_viewer_whole() -> None:
    large = hard_to_compress(0, 1280, 720, quantiser=30)
    assert 300 < len(large) / 1300 < 500

    class LargeKeyframes(Numbers):
        """Every keyframe is large, as one of 4K is. A receiver on a busy machine may lose part of the first."""

        async def next(self) -> EncodedFrame:
            frame = await super().next()
            return replace(frame, data=large) if frame.keyframe else frame

        def want_keyframe(self) -> None:
            self.keyframe_wanted = True

    async def body() -> None:
        numbers = LargeKeyframes("h264", size=(1280, 720))
        async with client() as peer:
            peer.watch("video", "H264")
            async with served(peer, VideoPackets(numbers, lambda _: None)) as ours:
                ours.sender("video").on_keyframe_wanted = numbers.want_keyframe
                await until(lambda: peer.numbers, what="the picture")
        assert peer.numbers[0] == 0

    asyncio.run(body())


@example([(0.0, 1500)] * 400)
@given(st.lists(st.tuples(st.floats(0, 0.05), st.integers(1, 1500)), max_size=200))
def test_what_is_sent_never_exceeds_a_burst_and_the_rate(sends: list[tuple[float, int]]) -> None:
    now, total = 0.0, 0
    pacer = Pacer(lambda: now)
    for pause, size in sends:
        now += pause
        wait = pacer.wait_for(size)
        assert wait == 0 or wait >= NAP
        now += wait
        total += size
        assert total <= BURST + RATE * (now + NAP)


def test_a_small_frame_does_not_wait() -> None:
    pacer = Pacer(lambda: 0.0)
    assert [pacer.wait_for(1200) for _ in range(80)] == [0.0] * 80
