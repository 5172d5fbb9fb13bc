"""Names of files: whatever a client sends, what is made of it is a name, and a header's value."""

from __future__ import annotations

from email.message import Message

import pytest
from framelift.engine.live.http.media_names import LONGEST_NAME, content_disposition, enlarged_name, safe_name
from hypothesis import given
from hypothesis import strategies as st

anything = st.text() | st.lists(
    st.sampled_from(["..", "/", "\\", "\0", "\r\n", "a", "ü", '"', ":", ".", " ", "\u202e", "\u00a0", "\u2028"])
).map("".join)


@given(anything)
def test_a_name_is_never_a_path_nor_empty(given_name: str) -> None:
    name = safe_name(given_name, "otherwise")
    assert 0 < len(name) <= LONGEST_NAME
    assert not set(name) & set('/\\\0\r\n:*?"<>|')
    assert name.isprintable()
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))


@given(anything)
def test_a_safe_name_stays_as_it_is(given_name: str) -> None:
    once = safe_name(given_name, "otherwise")
    assert safe_name(once, "other") == once


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("holiday.png", "holiday.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\cat.jpg", "cat.jpg"),
        ("cat.png\0.exe", "cat.png.exe"),
        ("a\r\nSet-Cookie: b=c.png", "aSet-Cookie b=c.png"),
        ("..", "otherwise"),
        ("/", "otherwise"),
        ("", "otherwise"),
        (None, "otherwise"),
        (".hidden", "hidden"),
        ("Füße 日本.webp", "Füße 日本.webp"),
        ("gnp.\u202etac.exe", "gnp.tac.exe"),
        ("x" * 500 + ".jpeg", "x" * (LONGEST_NAME - 5) + ".jpeg"),
    ],
)
def test_names(given_name: str | None, name: str) -> None:
    assert safe_name(given_name, "otherwise") == name


@given(anything)
def test_a_browser_reads_the_name_from_the_header(given_name: str) -> None:
    name = safe_name(given_name, "otherwise")
    value = content_disposition(name)
    assert value.isascii()
    assert value.isprintable()
    header = Message()
    header["Content-Disposition"] = (
        value.split("; filename*=")[0] if "filename*" not in value else _extended_only(value)
    )
    assert header.get_content_disposition() == "attachment"
    assert header.get_filename() == name


def _extended_only(value: str) -> str:
    """Python's reader takes the plain name, which browsers do only where there is no other (RFC 6266 section 4.3)."""
    return f"attachment; filename*={value.partition('filename*=')[2]}"


def test_the_result_is_named_after_the_source() -> None:
    assert enlarged_name("cat.JPG", 2, ".jpg") == "cat-x2.jpg"
    assert enlarged_name("no suffix", 4, ".png") == "no suffix-x4.png"
