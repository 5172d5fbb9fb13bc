"""Picture files taken apart: whatever is done to a file, it is read, or refused in words; what is whole stays whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from framelift.engine.errors import FrameliftError
from framelift.engine.live.workers import jpeg, png, webp
from framelift.engine.live.workers.picture_file import PictureFile
from hypothesis import given
from hypothesis import strategies as st
from picture_files import RGB, chunk, coded, decoded, riff, riff_chunks, scene
from picture_files import png as png_of

PICTURE = scene(40, 30, 3)
PNG = png_of(PICTURE, RGB, chunk(b"iCCP", b"sRGB\0\0x"), chunk(b"tEXt", b"Title\0Cat"))
JPEG = coded("mjpeg", PICTURE, "yuvj420p")
WEBP = riff(
    (b"VP8X", bytes([0x2C, 0, 0, 0, 39, 0, 0, 29, 0, 0])),
    (b"ICCP", b"profile"),
    *riff_chunks(coded("libwebp", PICTURE, "yuv420p")).items(),
    (b"EXIF", b"II*\0"),
)
Read = Callable[[bytes], PictureFile]
formats = pytest.mark.parametrize(("read", "data"), [(png.read, PNG), (jpeg.read, JPEG), (webp.read, WEBP)])


@formats
def test_a_whole_file_has_its_size_and_no_damage(read: Read, data: bytes) -> None:
    file = read(data)
    assert (file.width, file.height, file.damage) == (40, 30, None)
    plain = png_of(PICTURE, RGB) if data is PNG else data  # PyAV dies of a PNG whose profile has a name
    got, expected = (decoded(whole).to_ndarray(format="rgb24") for whole in (file.picture, plain))
    np.testing.assert_array_equal(got, expected)


@formats
@given(changes=st.data())
def test_a_changed_file_is_read_or_refused(read: Read, data: bytes, changes: st.DataObject) -> None:
    made = bytearray(data)
    for _ in range(changes.draw(st.integers(0, 4))):
        at = changes.draw(st.integers(0, min(len(made) - 1, 120)) | st.integers(0, len(made) - 1))
        made[at] = changes.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xD9, 0xDA, 0xFF]) | st.integers(0, 255))
    cut = changes.draw(st.just(len(made)) | st.integers(0, len(made)))
    with suppress(FrameliftError):
        file = read(bytes(made[:cut]))
        assert 0 <= file.width <= 1 << 32
        assert 0 <= file.height <= 1 << 32
        assert len(file.picture) < 10 * len(data)


@formats
@given(share=st.floats(0.8, 0.95))
def test_a_cut_file_says_so(read: Read, data: bytes, share: float) -> None:
    assert read(data[: int(share * len(data))]).damage


def test_a_damaged_png_is_no_bomb() -> None:
    bomb = bytearray(png_of(scene(10_000, 1, 1), 0))
    bomb[20:24] = (1 << 30).to_bytes(4, "big")  # its height, so that its header's checksum is wrong
    assert len(png.read(bytes(bomb)).picture) < 100_000
