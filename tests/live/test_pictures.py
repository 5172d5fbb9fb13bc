"""`POST /picture`: what comes back is what the engine makes of the picture, with all that was beside it."""

from __future__ import annotations

import base64
import os
import resource
import shutil
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from file_server import FileServer, kill, processor_seconds, refused, serving, workers
from framelift.engine import enlarge
from framelift.engine.live.http import scratch, uploads
from framelift.engine.live.settings import ServeSettings
from framelift.engine.live.workers import child
from picture_files import (
    CHANNELS,
    GREY,
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGB_ALPHA,
    SIGNATURE,
    chunk,
    chunks_of,
    coded,
    decoded,
    flat_jpeg,
    png,
    read_png,
    riff,
    riff_chunks,
    scene,
)
from waiting import until

MOST = 200_000  # bytes of a picture, for the server here


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serving(tmp_path_factory.mktemp("files"), ServeSettings(max_picture_bytes=MOST)) as started:
        yield started


@pytest.fixture(autouse=True)
def _nothing_left(server: FileServer) -> Iterator[None]:
    yield
    until(lambda: server.scratches == [])


def larger(server: FileServer, data: bytes, **fields: str) -> bytes:
    """The enlarged picture."""
    answer = server.post("/picture", data, **fields)
    assert answer.status_code == 200, answer.text[:300]
    assert "framelift-damage" not in answer.headers
    return answer.content


# ---- what comes back


@pytest.mark.parametrize("colour", [GREY, RGB])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("scale", [2, 3])
def test_a_png_is_enlarged_as_by_the_library(server: FileServer, colour: int, depth: int, scale: int) -> None:
    samples = scene(37, 23, CHANNELS[colour], depth)
    form = {(GREY, 8): "gray", (GREY, 16): "gray16le", (RGB, 8): "rgb24", (RGB, 16): "rgb48le"}[colour, depth]
    frame = av.VideoFrame.from_ndarray(samples[..., 0] if colour == GREY else samples, form)
    expected = enlarge(frame, scale=scale).to_ndarray(format=form).reshape(scale * 23, scale * 37, -1)
    got, kind = read_png(larger(server, png(samples, colour), scale=str(scale)))
    assert kind == colour
    assert got.dtype == samples.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colour", "plain"), [(GREY_ALPHA, GREY), (RGB_ALPHA, RGB)])
def test_alpha_is_kept_and_changes_no_colour(server: FileServer, colour: int, plain: int, depth: int) -> None:
    samples = scene(20, 14, CHANNELS[colour], depth)
    got, kind = read_png(larger(server, png(samples, colour)))
    without, _ = read_png(larger(server, png(samples[..., :-1], plain)))
    assert kind == colour
    np.testing.assert_array_equal(got[..., :-1], without)
    small = got[..., -1].reshape(14, 2, 20, 2).mean(axis=(1, 3))
    assert np.abs(small - samples[..., -1]).max() < 0.04 * np.iinfo(samples.dtype).max  # the same waves


def test_a_palette_becomes_its_colours(server: FileServer) -> None:
    indices = (scene(32, 24, 1) // 64).astype(np.uint8)
    colours = np.random.default_rng(1).integers(0, 256, (4, 3), dtype=np.uint8)
    expected = larger(server, png(colours[indices[..., 0]], RGB))
    got = larger(server, png(indices, PALETTE, chunk(b"PLTE", colours.tobytes())))
    np.testing.assert_array_equal(read_png(got)[0], read_png(expected)[0])
    seen, kind = read_png(
        larger(server, png(indices, PALETTE, chunk(b"PLTE", colours.tobytes()), chunk(b"tRNS", b"\0")))
    )
    assert kind == RGB_ALPHA
    assert seen[..., 3].min() < 10


def test_black_and_white_become_grey(server: FileServer) -> None:
    bits = (scene(32, 24, 1) > 128).astype(np.uint8)
    expected = larger(server, png(255 * bits, GREY))
    got = larger(server, png(bits, GREY, depth=1))
    np.testing.assert_array_equal(read_png(got)[0], read_png(expected)[0])


@pytest.mark.parametrize("width", [1, 2, 3, 5, 16, 33])
@pytest.mark.parametrize("height", [1, 7])
def test_any_size_will_do(server: FileServer, width: int, height: int) -> None:
    got, _ = read_png(larger(server, png(scene(width, height, 3), RGB)))
    assert got.shape == (2 * height, 2 * width, 3)


@pytest.mark.parametrize("form", ["yuvj420p", "yuvj422p", "yuvj444p"])
def test_a_jpeg_stays_a_jpeg_of_its_kind(server: FileServer, form: str) -> None:
    source = coded("mjpeg", scene(61, 47, 3), form)
    made = decoded(larger(server, source))
    assert (made.width, made.height, made.format.name) == (122, 94, form)
    expected = enlarge(decoded(source)).to_ndarray(format="rgb24").astype(int)
    assert np.abs(made.to_ndarray(format="rgb24") - expected).mean() < 2.5


def test_a_grey_jpeg_stays_grey(server: FileServer) -> None:
    source = flat_jpeg(scene(9, 7, 1))
    assert decoded(source).format.name == "gray"
    rgb = decoded(larger(server, source)).to_ndarray(format="rgb24").astype(int)
    assert rgb.shape == (112, 144, 3)
    assert np.abs(rgb - rgb[..., :1]).max() <= 1


def test_a_jpeg_of_printing_inks_becomes_one_of_colours(server: FileServer) -> None:
    inks = scene(9, 7, 4)
    adobe = (0xEE, b"Adobe\0\x64\0\0\0\0\0")  # CMYK, inverted, as Photoshop writes it
    made = decoded(larger(server, flat_jpeg(inks, adobe))).to_ndarray(format="rgb24").astype(int)
    expected = inks[..., :3].astype(int) * inks[..., 3:] // 255  # light that is left of what each ink and black leave
    middles = made.reshape(7, 16, 9, 16, 3)[:, 6:10, :, 6:10].mean(axis=(1, 3))
    assert np.abs(middles - expected).max() < 6


@pytest.mark.parametrize("form", ["yuv420p", "yuva420p"])
def test_a_webp_stays_a_webp(server: FileServer, form: str) -> None:
    source = coded("libwebp", scene(61, 47, 3 if form == "yuv420p" else 4), form, quality="95")
    made = decoded(larger(server, source))
    assert (made.width, made.height, made.format.name) == (122, 94, form)
    expected = enlarge(decoded(source)).to_ndarray(format="rgba").astype(int)
    assert np.abs(made.to_ndarray(format="rgba") - expected).mean() < 2.5


def test_a_lossless_webp_stays_lossless(server: FileServer) -> None:
    samples = scene(31, 17, 4)
    got = larger(server, coded("libwebp", samples, "bgra", lossless="1"))
    assert b"VP8L" in riff_chunks(got)
    expected, _ = read_png(larger(server, png(samples, RGB_ALPHA)))
    shown = decoded(got).to_ndarray(format="rgba")
    seen = expected[..., 3] > 0  # lossless WebP leaves no colour where nothing is seen
    np.testing.assert_array_equal(shown[seen], expected[seen])


# ---- what is beside the picture

PROFILE = zlib.compress(bytes(range(256)) * 2)
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # orientation 6: a quarter turn
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def test_a_png_keeps_its_profile_and_words(server: FileServer) -> None:
    beside = [
        (b"iCCP", b"Display P3\0\0" + PROFILE),
        (b"eXIf", EXIF),
        (b"tEXt", b"Title\0Cat"),
        (b"gAMA", b"\0\0\xb1\x8f"),
    ]
    got = larger(server, png(scene(20, 10, 3), RGB, *(chunk(*part) for part in beside)))
    kinds = chunks_of(got)
    assert [part for part in kinds if part[0] not in (b"IHDR", b"IDAT", b"IEND")] == beside
    assert read_png(got)[0].shape == (20, 40, 3)  # the orientation is kept, not applied twice


def test_a_jpeg_keeps_its_profile_orientation_and_words(server: FileServer) -> None:
    plain = coded("mjpeg", scene(20, 10, 3), "yuvj420p")
    kept = [(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"), (0xE1, b"Exif\0\0" + EXIF),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), (0xE2, b"ICC_PROFILE\0\x01\x01" + PROFILE)]  # fmt: skip
    others = [(0xE2, b"MPF\0where another picture lies")]
    segments = [bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data for kind, data in kept + others]
    got = larger(server, plain[:2] + b"".join(segments) + plain[2:])
    assert got.startswith(plain[:2] + b"".join(segments[:-1]))
    assert b"MPF" not in got
    assert (decoded(got).width, decoded(got).height) == (40, 20)


@pytest.mark.parametrize("form", ["yuv420p", "yuva420p", "bgra"])
def test_a_webp_keeps_its_profile_orientation_and_words(server: FileServer, form: str) -> None:
    plain = riff_chunks(coded("libwebp", scene(20, 10, 4), form))
    parts = [(kind, plain[kind]) for kind in (b"ALPH", b"VP8 ", b"VP8L") if kind in plain]
    header = bytes([0x2C | (0x10 if form != "yuv420p" else 0), 0, 0, 0, 19, 0, 0, 9, 0, 0])
    got = larger(server, riff((b"VP8X", header), (b"ICCP", b"profile"), *parts, (b"EXIF", EXIF), (b"XMP ", XMP)))
    chunks = riff_chunks(got)
    assert list(chunks) == [b"VP8X", b"ICCP", *(kind for kind, _ in parts), b"EXIF", b"XMP "]
    assert (chunks[b"ICCP"], chunks[b"EXIF"], chunks[b"XMP "]) == (b"profile", EXIF, XMP)
    assert chunks[b"VP8X"] == header[:4] + bytes([39, 0, 0, 19, 0, 0])
    assert (decoded(got).width, decoded(got).height) == (40, 20)


# ---- forms and JSON


def test_json_and_forms_get_the_same_picture(server: FileServer) -> None:
    data = png(scene(24, 16, 3), RGB)
    form = server.post("/picture", data, "my cat.png", model="tiny-8", scale="3")
    with server.client() as client:
        sent = {"DATA": base64.b64encode(data).decode(), "MODEL": "tiny-8", "FILENAME": "my cat.png", "SCALE": 3}
        answer = client.post("/picture", json=sent)
    assert answer.status_code == 200, answer.text[:300]
    assert int(answer.headers["content-length"]) == len(answer.content)
    told = answer.json()
    assert base64.b64decode(told.pop("DATA"), validate=True) == form.content
    assert told == {
        "FILENAME": "my cat-x3.png", "MODEL": "tiny-8", "SCALE": 3, "WIDTH": 72, "HEIGHT": 48, "TYPE": "image/png",
        "DAMAGE": None, "NOTES": [],
    }  # fmt: skip
    assert form.headers["content-type"] == "image/png"
    assert form.headers["content-disposition"] == 'attachment; filename="my cat-x3.png"'
    assert (form.headers["framelift-model"], form.headers["framelift-scale"]) == ("tiny-8", "3")
    assert form.headers["framelift-size"] == "72x48"


def test_json_needs_only_data(server: FileServer) -> None:
    data = "data:image/png;base64," + "\n".join(textwrap(base64.b64encode(png(scene(8, 6, 3), RGB)).decode()))
    with server.client() as client:
        told = client.post("/picture", json={"DATA": data}).json()
    assert (told["FILENAME"], told["MODEL"], told["SCALE"]) == ("picture-x2.png", "tiny-16", 2)


def textwrap(text: str) -> list[str]:
    """In lines of 76, as MIME has it."""
    return [text[at : at + 76] for at in range(0, len(text), 76)]


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../etc/passwd", 'attachment; filename="passwd-x2.png"'),
        ("..\\..\\boot.ini", 'attachment; filename="boot-x2.png"'),
        ("a\r\nSet-Cookie: b=c", 'attachment; filename="aSet-Cookie b=c-x2.png"'),
        ("猫.png", "attachment; filename=\"-x2.png\"; filename*=UTF-8''%E7%8C%AB-x2.png"),
        ("/", 'attachment; filename="picture-x2.png"'),
    ],
)
def test_a_file_name_is_only_a_name(server: FileServer, name: str, saved: str) -> None:
    data = png(scene(8, 6, 3), RGB)
    answer = server.post("/picture", data, name)
    assert answer.headers["content-disposition"] == saved
    assert "set-cookie" not in answer.headers
    with server.client() as client:
        told = client.post("/picture", json={"DATA": base64.b64encode(data).decode(), "FILENAME": name}).json()
    assert "/" not in told["FILENAME"]
    assert "\\" not in told["FILENAME"]
    assert told["FILENAME"].isprintable()


# ---- damage


def test_what_is_there_of_a_cut_png_is_enlarged(server: FileServer) -> None:
    whole = png(np.random.default_rng(1).integers(0, 256, (80, 60, 3), dtype=np.uint8), RGB)
    answer = server.post("/picture", whole[: len(whole) * 3 // 4])
    assert answer.status_code == 200
    assert "cut off" in answer.headers["framelift-damage"]
    got, expected = read_png(answer.content)[0], read_png(larger(server, whole))[0]
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got[:100], expected[:100])
    assert (got[140:] != expected[140:]).any()


def test_what_comes_before_a_damaged_spot_of_a_png_is_enlarged(server: FileServer) -> None:
    data = bytearray(png(np.random.default_rng(1).integers(0, 256, (80, 60, 3), dtype=np.uint8), RGB))
    at = len(data) * 3 // 4
    expected = read_png(larger(server, bytes(data)))[0]
    data[at : at + 200] = bytes(200)
    answer = server.post("/picture", bytes(data))
    assert "damaged" in answer.headers["framelift-damage"]
    np.testing.assert_array_equal(read_png(answer.content)[0][:80], expected[:80])


def test_what_is_there_of_a_cut_jpeg_is_enlarged(server: FileServer) -> None:
    whole = coded("mjpeg", np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8), "yuvj444p")
    with server.client() as client:
        told = client.post("/picture", json={"DATA": base64.b64encode(whole[: len(whole) * 3 // 4]).decode()}).json()
    assert told["DAMAGE"] == "the file ends early"
    got = decoded(base64.b64decode(told["DATA"])).to_ndarray(format="rgb24")
    expected = decoded(larger(server, whole)).to_ndarray(format="rgb24")
    np.testing.assert_array_equal(got[:48], expected[:48])
    assert (got[112:] != expected[112:]).any()


def test_what_is_there_of_a_cut_webp_is_enlarged(server: FileServer) -> None:
    whole = coded("libwebp", np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8), "yuv420p")
    answer = server.post("/picture", whole[: len(whole) * 3 // 4])
    assert answer.headers["framelift-damage"] == "the file ends early"
    assert (decoded(answer.content).width, decoded(answer.content).height) == (128, 128)


def test_an_animated_png_gives_its_first_picture_and_says_so(server: FileServer) -> None:
    control = chunk(b"acTL", struct.pack(">II", 2, 0))
    answer = server.post("/picture", png(scene(8, 6, 3), RGB, control))
    assert "animated" in answer.headers["framelift-notes"]
    np.testing.assert_array_equal(read_png(answer.content)[0], read_png(larger(server, png(scene(8, 6, 3), RGB)))[0])


# ---- what is refused


def huge_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """Black, of 900 megapixels: a small file."""
    packer = zlib.compressobj(9)
    row = packer.compress(bytes(1 + width // 8)) + b"".join(
        packer.compress(bytes(1 + width // 8)) for _ in range(height - 1)
    )
    header = struct.pack(">IIBBBBB", width, height, 1, GREY, 0, 0, 0)
    data = row + packer.flush()
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def resized(data: bytes, at: int, width: int, height: int, form: str) -> bytes:
    """The file with another size in its header."""
    return data[:at] + struct.pack(form, width, height) + data[at + struct.calcsize(form) :]


def huge_jpeg() -> bytes:
    data = coded("mjpeg", scene(16, 16, 3), "yuvj420p")
    return resized(data, data.index(b"\xff\xc0") + 5, 60_000, 60_000, ">HH")


def huge_webp() -> bytes:
    data = coded("libwebp", scene(16, 16, 3), "yuv420p")
    return resized(data, 26, 16_383, 16_383, "<HH")


def animated_webp() -> bytes:
    still = riff_chunks(coded("libwebp", scene(16, 16, 3), "yuv420p"))[b"VP8 "]
    return riff((b"VP8X", bytes([2]) + bytes(9)), (b"ANIM", bytes(6)), (b"ANMF", bytes(16) + still))


@pytest.mark.parametrize("make", [huge_png, huge_jpeg, huge_webp])
def test_a_small_file_that_holds_a_huge_picture_is_refused_undecoded(
    server: FileServer, make: Callable[[], bytes]
) -> None:
    refused(server.post("/picture", make(), "bomb.bin"), 413, "bomb.bin would become", "megapixels")


def test_a_webp_can_not_be_larger_than_its_format(server: FileServer) -> None:
    wide = coded("libwebp", scene(16_383, 4, 3), "yuv420p")
    refused(server.post("/picture", wide), 413, "32766x8", "16383", "PNG")


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "empty"),
        (b"hello", 415, "no PNG, JPEG or WebP"),
        (b"GIF89a" + bytes(100), 415, "no PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "no PNG, JPEG or WebP"),
        (SIGNATURE, 422, "no header"),
        (SIGNATURE + bytes(100), 422, "no header"),
        (png(scene(8, 8, 3), RGB)[:60], 422, "cannot be decoded"),
        (resized(png(scene(8, 8, 3), RGB), 16, 0, 8, ">II"), 422, "no size"),
        (b"\xff\xd8\xff" + bytes(100), 422, "no frame"),
        (b"\xff\xd8\xff\xd9", 422, "no frame"),
        (b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0", 422, "ends before its picture"),
        (b"RIFF\x04\0\0\0WEBP", 422, "no picture"),
        (animated_webp(), 415, "animated"),
    ],
)
def test_what_is_no_picture_is_refused(server: FileServer, data: bytes, status: int, words: str) -> None:
    refused(server.post("/picture", data), status, words)
    if data:
        with server.client() as client:
            refused(client.post("/picture", json={"DATA": base64.b64encode(data).decode()}), status, words)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"hello", 400, "JSON"),
        (b"[" * 100_000, 400, "JSON"),
        (b"[]", 422, "object"),
        (b"{}", 422, "DATA"),
        (b'{"DATA": 5}', 422, "DATA"),
        (b'{"DATA": ""}', 422, "empty"),
        (b'{"DATA": "no base64!"}', 422, "no base64"),
        (b'{"DATA": "AAA"}', 422, "no base64"),
        (b'{"DATA": "\xc3\xa4\xc3\xa4"}', 422, "no base64"),
        (b'{"DATA": "AAAA", "SCALE": 7}', 422, "SCALE"),
        (b'{"DATA": "AAAA", "MODEL": "/etc/passwd"}', 422, "no model is named '/etc/passwd'"),
        (b'{"DATA": "AAAA", "MODEL": ["tiny-8"]}', 422, "MODEL"),
        (b'{"DATA": "AAAA", "FILENAME": {}}', 422, "FILENAME"),
    ],
)
def test_bad_json_is_refused(server: FileServer, body: bytes, status: int, words: str) -> None:
    with server.client() as client:
        refused(client.post("/picture", content=body, headers={"Content-Type": "application/json"}), status, words)


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nxyz\r\n'
FIELD = b"--b\r\nContent-Disposition: form-data; name=a%d\r\n\r\n"


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        (None, b"xyz", 415, "no content type"),
        ("image/png", b"xyz", 415, "image/png"),
        ("application/x-www-form-urlencoded", b"file=xyz", 415, "application/x-www-form-urlencoded"),
        ("multipart/form-data", b"xyz", 400, "boundary"),
        (FORM, b"xyz", 400, "cannot be read"),
        (FORM, b"", 400, "ends before"),
        (FORM, PART, 400, "ends before"),
        (FORM, b"--b--\r\n", 422, "no file"),
        (FORM, PART + PART + b"--b--\r\n", 422, "a file 'file'"),
        (FORM, PART.replace(b'"file"', b'"picture"') + b"--b--\r\n", 422, "a file 'picture'"),
        (FORM, PART.replace(b'; filename="a.png"', b"") + b"--b--\r\n", 422, "no file"),
        (FORM, PART.replace(b"xyz", b"") + b"--b--\r\n", 422, "empty"),
        (FORM, b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + bytes(5000) + b"\r\n--b--\r\n", 413, "field"),
        (
            FORM,
            b"".join(b"--b\r\nContent-Disposition: form-data; name=a%d\r\n\r\n\r\n" % n for n in range(20)),
            413,
            "fields",
        ),
    ],
)
def test_bad_forms_are_refused(server: FileServer, kind: str | None, body: bytes, status: int, words: str) -> None:
    with server.client() as client:
        headers = {} if kind is None else {"Content-Type": kind}
        refused(client.post("/picture", content=body, headers=headers), status, words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "better"}, "no model is named 'better'"),
        ({"model": "../../models/tiny-8-x2.onnx"}, "no model is named"),
        ({"scale": "5"}, "scale '5'"),
        ({"scale": "two"}, "scale 'two'"),
        ({"model": "tiny-8-x2", "scale": "3"}, "only 2"),
    ],
)
def test_wishes_that_cannot_be_are_refused(server: FileServer, fields: dict[str, str], words: str) -> None:
    refused(server.post("/picture", png(scene(8, 6, 3), RGB), **fields), 422, words)


def test_an_oversize_file_is_refused_while_it_is_read(server: FileServer) -> None:
    def endless() -> Iterator[bytes]:
        yield PART[:-5]
        for _ in range(1000):
            yield bytes(64 << 10)

    refused(server.post("/picture", bytes(MOST + 1)), 413, f"over {MOST} bytes")
    refused(server.post("/picture", bytes(MOST + 100_000)), 413, "over")
    with server.client() as client:
        told = base64.b64encode(bytes(MOST + 1)).decode()
        refused(client.post("/picture", json={"DATA": told}), 413, f"over {MOST} bytes")
        for kind in (FORM, "application/json"):
            refused(client.post("/picture", content=endless(), headers={"Content-Type": kind}), 413, "over")


# ---- the worker may die


def started_worker(server: FileServer) -> int:
    """The one worker, which a first picture starts."""
    larger(server, png(scene(8, 6, 3), RGB))
    (worker,) = workers()
    return worker


def large_png() -> bytes:
    """A picture that takes seconds at scale 4 and is small as a file."""
    return png(np.zeros((1990, 1990, 3), np.uint8), RGB)


def test_a_worker_that_dies_costs_one_answer(server: FileServer) -> None:
    worker = started_worker(server)
    answers = list[httpx.Response]()
    before = processor_seconds(worker)
    asking = threading.Thread(target=lambda: answers.append(server.post("/picture", large_png(), "cat.png", scale="4")))
    asking.start()
    until(lambda: processor_seconds(worker) > before + 0.2)
    kill(worker)
    asking.join(60)
    refused(answers[0], 422, "cat.png", "SIGKILL")
    assert started_worker(server) != worker


def test_a_worker_that_died_idle_costs_nothing(server: FileServer) -> None:
    kill(started_worker(server))
    until(lambda: workers() == [])
    larger(server, png(scene(8, 6, 3), RGB))


def test_a_worker_has_limits_and_lets_live_video_go_first(server: FileServer) -> None:
    worker = started_worker(server)
    memory, _ = resource.prlimit(worker, resource.RLIMIT_AS)
    assert child.LEAST_MEMORY <= memory < 1 << 60
    assert resource.prlimit(worker, resource.RLIMIT_FSIZE)[0] < shutil.disk_usage(server.temporary).total
    assert resource.prlimit(worker, resource.RLIMIT_CORE)[0] == 0
    assert os.getpriority(os.PRIO_PROCESS, worker) >= child.LOWER_PRIORITY


def test_a_picture_that_needs_more_memory_than_allowed_is_refused(server: FileServer) -> None:
    worker = started_worker(server)
    used = int(Path(f"/proc/{worker}/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.prlimit(worker, resource.RLIMIT_AS, (used + (100 << 20),) * 2)
    refused(server.post("/picture", large_png(), "cat.png", scale="4"), 413, "cat.png", "memory")
    larger(server, png(scene(8, 6, 3), RGB))
    assert workers() == [worker]
    kill(worker)  # with its limit


def test_a_client_that_leaves_ends_the_work(server: FileServer) -> None:
    worker = started_worker(server)
    with server.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post("/picture", files={"file": large_png()}, data={"scale": "4"}, timeout=0.3)
    until(lambda: workers() == [])
    assert started_worker(server) != worker


def test_an_upload_that_dribbles_is_given_up(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few of them cannot keep others out."""
    monkeypatch.setattr(uploads, "START_SECONDS", 0.1)
    pause = threading.Event()

    def dribble() -> Iterator[bytes]:
        yield PART
        for _ in range(600):
            pause.wait(0.05)
            yield b"x"

    with server.client() as client:
        refused(client.post("/picture", content=dribble(), headers={"Content-Type": FORM}), 408, "too slowly")


def test_too_many_files_at_once_are_refused(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "FILES_AT_ONCE", 1)
    entered = threading.Event()

    def slow() -> Iterator[bytes]:
        yield PART
        until(lambda: server.scratches)
        entered.set()
        until(lambda: done)
        yield b"--b--\r\n"

    done = list[httpx.Response]()
    with server.client() as client:
        first = threading.Thread(target=lambda: client.post("/picture", content=slow(), headers={"Content-Type": FORM}))
        first.start()
        assert entered.wait(30)
        done.append(server.post("/picture", png(scene(8, 6, 3), RGB)))
        first.join(30)
    refused(done[0], 503, "under way")
    assert int(done[0].headers["retry-after"]) > 0


def test_a_full_disk_is_told(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "SPARE_DISK", 1 << 60)
    refused(server.post("/picture", png(scene(8, 6, 3), RGB)), 507, "disk")
