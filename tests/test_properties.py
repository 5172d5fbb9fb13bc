"""Clips nobody thought of: whatever is drawn, frames, pts, tracks and meaning come out as they went in."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
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
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\\{}<>&"), min_size=3)
TITLES = st.none() | WORDS.map(lambda words: f"a {words} z")


@st.composite
def pts(draw: st.DrawFn, time_base: Fraction, fewest: int) -> tuple[int, ...]:
    """From 0 or later, at least 2 ms apart, for Matroska tells no less."""
    least = -(-2 * MILLISECOND // time_base)
    steps = st.lists(st.integers(least, 60 * least), min_size=fewest - 1, max_size=9)
    return tuple(accumulate(draw(steps), initial=draw(st.sampled_from([0, 1, 77 * least]))))


def rate_of(moments: tuple[int, ...], time_base: Fraction) -> Fraction:
    """By it, the last frame stays as long as that which stays shortest."""
    return 1 / (time_base * min((b - a for a, b in pairwise(moments)), default=1 / time_base))


@st.composite
def sides(draw: st.DrawFn, *, even: bool) -> tuple[int, int]:
    """Width and height, 16 to 80 pixels."""
    width, height = draw(st.integers(16, 80)), draw(st.integers(16, 80))
    return (width - width % 2, height - height % 2) if even else (width, height)


@st.composite
def clips(draw: st.DrawFn, source: str, output: str, scale: int) -> Clip:
    """What both containers can hold."""
    codec = draw(st.sampled_from(["libx264", "ffv1"])) if source == "mkv" else "libx264"
    pix_fmt = f"yuv{draw(st.sampled_from(['420', '422', '444']))}p{draw(st.sampled_from(['', '10le']))}"
    whole = "444" in pix_fmt or (codec == "ffv1" and scale % 2 == 0)  # else H.264 takes even sizes only
    width, height = draw(sides(even=not whole))
    time_base = draw(st.none() | st.sampled_from(TIME_BASES))
    plain = "ts" in (source, output)  # no titles, subtitles or marks
    fewest = 6 if plain else 1  # FFmpeg does not open an MPEG-TS file of about ten packets
    sound = st.builds(Sound, st.just("aac"), st.sampled_from(LANGUAGES), st.none() if plain else TITLES)
    text = st.builds(Text, st.just("subrip"), st.sampled_from(LANGUAGES), TITLES)
    texts = draw(st.lists(text, max_size=0 if plain or source != "mkv" else 2))
    moments = None if time_base is None else draw(pts(time_base, fewest))
    clip = Clip(
        codec=codec,
        pix_fmt=pix_fmt,
        width=width,
        height=height,
        frames=draw(st.integers(fewest, 12)),
        rate=draw(st.sampled_from(RATES)) if moments is None or time_base is None else rate_of(moments, time_base),
        time_base=time_base,
        pts=moments,
        options={} if codec == "ffv1" else {"bf": draw(st.sampled_from(["0", "2"]))},
        colour=draw(st.sampled_from(COLOURS)),
        sample_aspect_ratio=draw(st.sampled_from(SHAPES)),
        rotation=0 if plain else draw(st.sampled_from([0, 0, 90, 180, 270])),
        sounds=tuple(draw(st.lists(sound, max_size=1 if plain else 2))),
    )
    begin, end = (
        int(1000 * moment) for moment in (clip.ticks[0] * clip.base, clip.ticks[-1] * clip.base + 1 / clip.rate)
    )
    lines = ((begin + 1, begin + 21, "Hello"), (begin + 30, begin + 35, r"two\Nlines"))
    chapter = Chapter(0, end, draw(WORDS))
    return replace(
        clip,
        texts=tuple(replace(text, lines=lines) for text in texts),
        chapters=() if plain or draw(st.booleans()) else (chapter,),
    )


@settings(max_examples=25)
@given(st.data())
def test_any_clip_is_kept(data: st.DataObject) -> None:
    containers = st.sampled_from(["mkv", "mp4", "mov", "ts"])
    source, output, scale = data.draw(containers), data.draw(containers), data.draw(st.sampled_from(scales_of(MODEL)))
    clip = data.draw(clips(source, output, scale))
    with TemporaryDirectory() as folder:
        written = write_clip(Path(folder) / f"in.{source}", clip)
        made = frames_of(kept(written, Path(folder) / f"out.{output}", "--scale", str(scale), "--crf", "8"))
        assert {(frame.width, frame.height) for frame in made} == {(scale * clip.width, scale * clip.height)}
