"""Clips nobody thought of: whatever is drawn, frames, pts, tracks and meaning come out as they went in."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from clips import BT709, MILLISECOND, UNTAGGED, Chapter, Clip, Sound, Text, write_clip
from framelift.engine.colour import ColourTags
from framelift.engine.model import scales_of
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import MODEL, frames_of, kept

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(120), Fraction(5, 2)]
TIME_BASES = [MILLISECOND, Fraction(1, 90_000), Fraction(1, 600), Fraction(1001, 30000)]
COLOURS = [UNTAGGED, BT709, ColourTags(5, 1, 5, 4), ColourTags(1, 2, 1, 13), ColourTags(9, 1, 9, 16)]
SHAPES = [None, Fraction(16, 15), Fraction(8, 9), Fraction(4, 3)]
LANGUAGES = [None, "eng", "fra", "jpn"]
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\\{}<>&"), min_size=1)
TITLES = st.none() | WORDS.map(str.strip).filter(bool)


@st.composite
def pts(draw: st.DrawFn, time_base: Fraction, fewest: int) -> tuple[int, ...]:
    """At least 2 ms apart, for Matroska tells no less; from 0 or later."""
    least = -(-2 * MILLISECOND // time_base)
    steps = draw(st.lists(st.integers(least, 60 * least), min_size=fewest - 1, max_size=9))
    moments = [draw(st.sampled_from([0, 1, 77 * least]))]
    for step in steps:
        moments.append(moments[-1] + step)
    return tuple(moments)


@st.composite
def sides(draw: st.DrawFn, *, even: bool) -> tuple[int, int]:
    """Width and height, 16 to 80 pixels."""
    width, height = draw(st.integers(16, 80)), draw(st.integers(16, 80))
    return (width - width % 2, height - height % 2) if even else (width, height)


@st.composite
def clips(draw: st.DrawFn, source: str, output: str) -> Clip:
    """What both containers can hold."""
    codec = draw(st.sampled_from(["libx264", "ffv1"])) if source == "mkv" else "libx264"
    pix_fmt = f"yuv{draw(st.sampled_from(['420', '422', '444']))}p{draw(st.sampled_from(['', '10le']))}"
    width, height = draw(sides(even=codec == "libx264" and "444" not in pix_fmt))
    time_base = draw(st.none() | st.sampled_from(TIME_BASES))
    plain = "ts" in (source, output)  # no titles, no subtitles, no marks
    fewest = 4 if plain else 1  # FFmpeg does not open an MPEG-TS file of 9 or 10 packets
    sound = st.builds(Sound, st.just("aac"), st.sampled_from(LANGUAGES), st.none() if plain else TITLES)
    text = st.builds(Text, st.just("subrip"), st.sampled_from(LANGUAGES), TITLES)
    texts = st.lists(text, max_size=0 if plain or source != "mkv" else 2)
    clip = Clip(
        codec=codec,
        pix_fmt=pix_fmt,
        width=width,
        height=height,
        frames=draw(st.integers(fewest, 12)),
        rate=draw(st.sampled_from(RATES)),
        time_base=time_base,
        pts=None if time_base is None else draw(pts(time_base, fewest)),
        options={} if codec == "ffv1" else {"bf": draw(st.sampled_from(["0", "2"]))},
        colour=draw(st.sampled_from(COLOURS)),
        sample_aspect_ratio=draw(st.sampled_from(SHAPES)),
        rotation=0 if plain else draw(st.sampled_from([0, 0, 90, 180, 270])),
        sounds=tuple(draw(st.lists(sound, max_size=1 if plain else 2))),
        texts=tuple(draw(texts)),
    )
    end = int(1000 * (clip.ticks[-1] * clip.base + 1 / clip.rate))
    chapter = Chapter(0, end, draw(WORDS))
    return replace(clip, chapters=() if plain or draw(st.booleans()) else (chapter,))


@settings(max_examples=25)
@given(st.data())
def test_any_clip_is_kept(data: st.DataObject) -> None:
    source, output = data.draw(st.sampled_from(["mkv", "mp4", "mov", "ts"])), data.draw(st.sampled_from(["mkv", "mp4", "mov", "ts"]))
    clip, scale = data.draw(clips(source, output)), data.draw(st.sampled_from(scales_of(MODEL)))
    with TemporaryDirectory() as folder:
        written = write_clip(Path(folder) / f"in.{source}", clip)
        made = frames_of(kept(written, Path(folder) / f"out.{output}", "--scale", str(scale)))
        assert {(frame.width, frame.height) for frame in made} == {(scale * clip.width, scale * clip.height)}
