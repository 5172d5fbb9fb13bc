"""The process that writes to the destination: messages come in through a socket, each is answered.

What takes longer than `limit_of` its message is ended by an alarm, with the whole process, which no lock or loop can
prevent. It ends by itself when the stream does, however that ends.
"""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import av
import av.error
import av.logging
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from ... import complaints
from ..encoded import RTP_TIME_BASE
from .bridge import destination_bridge, ended
from .messages import END_LIMIT, Close, Done, Failed, Message, Open, Write, limit_of

# The muxer keeps a packet until the other track has one of a later time, but never longer than this (in microseconds).
_INTERLEAVING = {"max_interleave_delta": "1", "flush_packets": "1"}


def main() -> None:
    """Serve the socket whose number is the first argument."""
    connection, writer = Connection(int(sys.argv[1])), Writer()
    with suppress(EOFError, OSError):  # the stream is gone
        while True:
            message: Message = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, limit_of(message))
            answer = _answer(writer, message)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(answer)
    signal.setitimer(signal.ITIMER_REAL, END_LIMIT)
    writer.abandon()


def _answer(writer: Writer, message: Message) -> Done | Failed:
    began = time.perf_counter()
    with complaints.heard(av.logging.ERROR) as lines:
        try:
            writer.carry_out(message)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).splitlines()[0]
            said = next((text.strip() for level, _, text in lines if level <= av.logging.ERROR and text.strip()), "")
            writer.abandon()
            return Failed(f"{reason} ({said})" if said else reason)
    return Done(began, time.perf_counter())


class Writer:
    """At most one open destination."""

    def __init__(self) -> None:
        self._file: OutputContainer | None = None
        self._bridge: subprocess.Popen[bytes] | None = None
        self._tracks: dict[bool, Stream] = {}  # by whether it is the sound
        self._parameters: BitStreamFilterContext | None = None  # notes an H.264 keyframe's parameter sets beside it

    def carry_out(self, message: Message) -> None:
        """Raises FFmpegError, OSError, ValueError."""
        if isinstance(message, Open):
            self.abandon()
            self._open(message)
        elif isinstance(message, Write):
            self._write(message)
        elif isinstance(message, Close):
            self._close()

    def abandon(self) -> None:
        """Close what is open, as far as that goes."""
        with suppress(av.error.FFmpegError, OSError, ValueError):
            self._close()

    def _open(self, wanted: Open) -> None:
        target: Any = wanted.url
        if wanted.bridged:
            self._bridge = destination_bridge(wanted.url)
            target = self._bridge.stdin
        options = _INTERLEAVING | wanted.options
        self._file = av.open(target, "w", format=wanted.muxer, container_options=options)
        video = self._file.add_mux_stream(wanted.codec, rate=wanted.rate, width=wanted.width, height=wanted.height)
        video.time_base = RTP_TIME_BASE
        self._tracks = {False: video}
        self._parameters = BitStreamFilterContext("extract_extradata", video) if wanted.codec == "h264" else None
        if wanted.sound is not None:
            with av.open(io.BytesIO(wanted.sound)) as described:
                template = described.streams.audio[0]
                self._tracks[True] = self._file.add_stream_from_template(template, opaque=True)

    def _write(self, message: Write) -> None:
        assert self._file is not None
        packet: Packet[Stream] = Packet(message.data)
        packet.pts = packet.dts = message.pts
        packet.duration, packet.time_base = message.duration, message.time_base
        packet.is_keyframe = message.keyframe
        packets = [packet]
        if self._parameters is not None and message.keyframe and not message.sound:
            packets = self._parameters.filter(packet)
        for one in packets:
            one.stream = self._tracks[message.sound]
            self._file.mux_one(one)

    def _close(self) -> None:
        file, bridge = self._file, self._bridge
        self._file = self._bridge = None
        try:
            if file is not None:
                file.close()
        finally:
            if bridge is not None:
                assert bridge.stdin is not None
                with suppress(OSError):
                    bridge.stdin.close()
                ended(bridge)


if __name__ == "__main__":
    main()
