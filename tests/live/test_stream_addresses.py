"""What SOURCE and DEST may be, and that nothing else is opened."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from framelift.engine.errors import UsageError
from framelift.engine.live.stream.addresses import destination_at, source_at, without_secrets
from framelift.engine.live.stream.backoff import Backoff
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("clip.mp4", "file"),
        ("a:b.mkv", "file"),
        ("v4l2:/dev/video3", "device"),
        ("screen::0+10,20", "device"),
        ("rtsp://camera/1", "rtsp"),
        ("rtsps://camera/1", "rtsp"),
        ("RTMP://host/app", "rtmp"),
        ("rtmps://host/app", "rtmp"),
        ("udp://239.0.0.1:5000", "udp"),
        ("https://host/live.m3u8", "http"),
        ("srt://host:9000", "srt"),
    ],
)
def test_sources(text: str, kind: str) -> None:
    assert source_at(text, 5).kind == kind


@pytest.mark.parametrize(
    "text", ["concat://a", "subfile://x", "ftp://host/a", "file:///etc/passwd", "srts://host", "udps://h", "gopher://h"]
)
def test_other_schemes_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        source_at(text, 5)


@pytest.mark.parametrize("text", ["rtsp://h/x", "rtmp://h/x", "udp://h:1", "http://h/x.m3u8"])
def test_what_comes_from_a_network_may_not_open_files(text: str) -> None:
    options = source_at(text, 5).options
    assert not {"file", "pipe", "fd", "concat", "subfile", "unix"} & set(options["protocol_whitelist"].split(","))


@pytest.mark.parametrize("text", ["rtsp://h/x", "rtmp://h/x", "udp://h:1", "http://h/x"])
def test_nothing_waits_for_ever(text: str) -> None:
    options = source_at(text, 2.5).options
    assert "2500000" in (options.get("timeout"), options.get("rw_timeout"))


def test_options_of_the_user_come_last() -> None:
    source = source_at("rtsp://h/x", 5, {"rtsp_transport": "udp"})
    assert source.options["rtsp_transport"] == "udp"
    assert source_at("rtsp://h/x", 5).options["rtsp_transport"] == "tcp"


@pytest.mark.parametrize(
    ("text", "kind", "muxer"),
    [
        ("out.mkv", "file", "matroska"),
        ("out.webm", "file", "webm"),
        ("out.m3u8", "hls", "hls"),
        ("folder/", "hls", "hls"),
        ("rtmp://host/app/key", "rtmp", "flv"),
        ("rtsp://host/app", "rtsp", "rtsp"),
        ("udp://127.0.0.1:1", "udp", "mpegts"),
        ("srt://host:1", "srt", "mpegts"),
        ("http://host/whip/x", "whip", "whip"),
        ("whip+https://host/endpoint", "whip", "whip"),
    ],
)
def test_destinations(text: str, kind: str, muxer: str) -> None:
    found = destination_at(text)
    assert (found.kind, found.muxer) == (kind, muxer)


@pytest.mark.parametrize("text", ["http://host/x", "ftp://host/x", "file:///x.mkv", "out.xyz", "out"])
def test_other_destinations_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        destination_at(text)


def test_a_folder_is_a_playlist(tmp_path: Path) -> None:
    assert destination_at(str(tmp_path)).url == str(tmp_path / "index.m3u8")


def test_whip_is_told_by_its_prefix() -> None:
    assert destination_at("whip+http://host/endpoint").url == "http://host/endpoint"


def test_a_codec_that_the_destination_does_not_take() -> None:
    assert destination_at("out.mkv").codecs[0] == "h264"
    assert destination_at("out.mkv", "vp8").codecs == ("vp8",)
    assert destination_at("out.webm").codecs == ("vp8",)
    with pytest.raises(UsageError, match="--codec vp8"):
        destination_at("rtmp://h/x", "vp8")
    with pytest.raises(UsageError, match="--codec h265"):
        destination_at("out.mkv", "h265")


@pytest.mark.parametrize("url", ["rtsp://user:pass:w@host/x", "rtsp://user:pass%40@host/x?a=b@c", "rtsp://:pass@h/"])
def test_passwords_are_not_shown(url: str) -> None:
    assert "pass" not in source_at(url, 5).shown
    assert "pass" not in destination_at(url).shown
    assert source_at(url, 5).url == url


SECRETS = ["passphrase", "token", "access_token", "key", "streamid", "password", "secret", "X-Amz-Signature", "sig"]
values = st.text("aZ09-_.~@:/?#!,;=%+", min_size=1)


@given(st.sampled_from(SECRETS), values, st.sampled_from(["rtsp", "udp", "srt", "https"]))
def test_secrets_in_queries_are_not_shown(name: str, value: str, scheme: str) -> None:
    url = f"{scheme}://host:9000?mode=caller&{name}={value}&latency=20"
    shown = f"{scheme}://host:9000?mode=caller&{name}=***&latency=20"
    assert source_at(url, 5).shown == shown
    assert without_secrets(f"{url} is gone") == f"{shown} is gone"


@given(st.text("aZ09-_.~@:#!,;=%+&", min_size=1), st.sampled_from(["rtmp", "rtmps"]))
def test_stream_keys_are_not_shown(key: str, scheme: str) -> None:
    url = f"{scheme}://host:1935/app/{key}"
    assert destination_at(url).shown == f"{scheme}://host:1935/app/***"
    assert destination_at(f"{url}?token=x&a=b").shown == f"{scheme}://host:1935/app/***?token=***&a=b"
    assert destination_at(url).url == url


def test_what_is_no_secret_is_shown() -> None:
    for url in ("srt://host:9000?mode=listener", "http://host:80?mail=a@b", "udp://239.0.0.1:5000"):
        assert source_at(url, 5).shown == url


def test_an_option_that_ffmpeg_does_not_have() -> None:
    with pytest.raises(UsageError, match="rtsp_transprt"):
        source_at("rtsp://h/x", 5, {"rtsp_transprt": "udp"})
    with pytest.raises(UsageError, match="movflags"):  # of writing
        source_at("in.mp4", 5, {"movflags": "faststart"})


def test_waits_double_up_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff()
    waits = [backoff.next() for _ in range(30)]
    assert 0.4 <= waits[0] <= 0.6
    assert all(8 <= wait <= 12 for wait in waits[5:])
    assert all(b > a for a, b in pairwise(waits[:4]))
    backoff.reset()
    assert backoff.next() <= 0.6
