"""Paired folders: how they are named, and what is wrong with them."""

# ruff: noqa: E402  what needs OpenCV is imported behind the check for it

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="training needs the extra `train`")
pytest.importorskip("safetensors", reason="training needs the extra `train`")

from framelift.training.crops import Crops
from framelift.training.errors import DataError
from framelift.training.metrics import y_from_rgb
from framelift.training.pairs import find_pairs, load_paired


def write(path: Path, height: int, width: int, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert cv2.imwrite(str(path), rgb[..., ::-1])


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three pictures of 12 x 16 without their reductions."""
    high, low = tmp_path / "DIV2K_train_HR", tmp_path / "DIV2K_train_LR"
    for number in range(3):
        write(high / f"{number:04}.png", 12, 16, number)
    low.mkdir()
    return high, low


@pytest.mark.parametrize(
    ("scale", "endings"),
    [
        (2, ["X2/{}x2.png"]),  # bicubic and unknown
        (4, ["{}x4.png"]),
        (4, ["{}x4m.png"]),  # mild
        (4, ["{}x4d.png"]),  # difficult
        (4, ["{}x4w1.png", "{}x4w2.png", "{}x4w3.png", "{}x4w4.png"]),  # wild
        (4, ["{}x4w.png"]),
        (2, ["{}.png"]),
    ],
)
def test_every_track_is_found(folders: tuple[Path, Path], scale: int, endings: list[str]) -> None:
    high, low = folders
    for number in range(3):
        for ending in endings:
            write(low / ending.format(f"{number:04}"), 12 // scale, 16 // scale)
    pairs = find_pairs(high, low, scale)
    assert len(pairs) == 3 * len(endings)
    assert all(pair.low.stem[:4] == pair.high.stem for pair in pairs)
    assert [pair.low for pair in pairs] == sorted(pair.low for pair in pairs)


def test_pairs_hold_the_luma_of_both_and_come_from_the_cache_unchanged(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    high, low = folders
    write(high / "0002.png", 13, 19, 2)  # its reduction was made from its multiple of 2
    for number, (height, width) in enumerate([(6, 8), (6, 8), (6, 9)]):
        write(low / f"{number:04}x2.png", height, width, 10 + number)
    fresh, cached = (load_paired(high, low, 2, tmp_path / "cache") for _ in range(2))
    assert len(list((tmp_path / "cache").iterdir())) == 1
    rgb = np.random.default_rng(2).integers(0, 256, (13, 19, 3), np.uint8)
    assert np.array_equal(fresh[2].high, np.round(y_from_rgb(rgb[:12, :18])))
    assert fresh[2].low.shape == (6, 9)
    for a, b in zip(fresh, cached, strict=True):
        assert np.array_equal(a.high, b.high)
        assert np.array_equal(a.low, b.low)
    small, large = Crops(fresh, scale=2, size=6, seed=1).batch(step=0, count=3)
    assert small.shape == (3, 1, 6, 6)
    assert large.shape == (3, 1, 12, 12)


def test_changed_pictures_are_read_anew(folders: tuple[Path, Path], tmp_path: Path) -> None:
    high, low = folders
    for number in range(3):
        write(low / f"{number:04}x2.png", 6, 8, number)
    before = load_paired(high, low, 2, tmp_path / "cache")
    write(low / "0001x2.png", 6, 8, 77)
    after = load_paired(high, low, 2, tmp_path / "cache")
    assert not np.array_equal(before[1].low, after[1].low)


def test_small_pairs_are_counted(folders: tuple[Path, Path], tmp_path: Path) -> None:
    high, low = folders
    write(high / "0001.png", 24, 24, 1)
    for number, side in enumerate([(6, 8), (12, 12), (6, 8)]):
        write(low / f"{number:04}x2.png", *side)
    pairs = load_paired(high, low, 2, tmp_path / "cache")
    assert Crops(pairs, scale=2, size=10, seed=1).skipped == 2


def test_what_has_no_partner_is_refused(folders: tuple[Path, Path]) -> None:
    high, low = folders
    write(low / "0000x2.png", 6, 8)
    with pytest.raises(DataError, match=r"0001\.png, 0002\.png of .* no reduction by 2"):
        find_pairs(high, low, 2)
    write(low / "0007x2.png", 6, 8)
    with pytest.raises(DataError, match=r"0007x2\.png belongs to no picture"):
        find_pairs(high, low, 2)


def test_many_missing_are_told_briefly(folders: tuple[Path, Path]) -> None:
    high, low = folders
    for number in range(3, 9):
        write(high / f"{number:04}.png", 12, 16)
    write(low / "0008x2.png", 6, 8)
    with pytest.raises(DataError, match=r"0000\.png, 0001\.png, 0002\.png and 5 more"):
        find_pairs(high, low, 2)


def test_another_scale_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    high, low = folders
    for number in range(3):
        write(low / f"{number:04}x4.png", 3, 4)
    with pytest.raises(DataError, match="a reduction by 4, not 2"):
        find_pairs(high, low, 2)
    for path in low.iterdir():
        path.rename(low / f"{path.stem[:4]}.png")
    with pytest.raises(DataError, match=r"is 4 x 3, .* 16 x 12: not 2 times"):
        load_paired(high, low, 2, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_two_pictures_of_one_name_are_refused(folders: tuple[Path, Path]) -> None:
    high, low = folders
    write(high / "more" / "0001.jpg", 12, 16)
    with pytest.raises(DataError, match="one name"):
        find_pairs(high, low, 2)


def test_folders_that_hold_nothing_readable_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    high, low = folders
    with pytest.raises(DataError, match="no picture lies below"):
        find_pairs(high, low, 2)
    with pytest.raises(DataError, match="there is no folder"):
        find_pairs(high, tmp_path / "none", 2)
    with pytest.raises(DataError, match="there is no folder"):
        find_pairs(high / "0000.png", low, 2)
    for number in range(3):
        (low / f"{number:04}x2.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"0000x2\.png is not a readable picture"):
        load_paired(high, low, 2, tmp_path / "cache")
