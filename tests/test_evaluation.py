"""Evaluation: scores, tables, recognition, curves, and the commands that show them."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="training needs the extra `train`")

import torch
from drawings import write_shapes
from framelift.cli.main import exit_code_of
from framelift.training import checkpoint, published
from framelift.training.curves import draw_curves, read_log
from framelift.training.errors import DataError, SettingError
from framelift.training.evaluate import Case, clean_cases, evaluate_bicubic
from framelift.training.folds import cross_validate
from framelift.training.imresize import imresize
from framelift.training.lpips import BACKBONES, LPIPS
from framelift.training.metrics import rgb_from_luma, y_from_rgb
from framelift.training.networks.carn import CARN
from framelift.training.photos import photo_paths, read_rgb
from framelift.training.recipe import Average, Optimiser, Recipe
from framelift.training.recognition import CLASSES, SIDE, drawn_case, read_cifar10, recognise
from framelift.training.schedules import Cosine
from framelift.training.scores import Scores, compressed_cases, looking_with, measure
from framelift.training.search import search
from framelift.training.table import table_of
from framelift.training.train import Watching, train
from framelift.training.upscaler import Planes, Upscaler, bicubic, upscaler_of
from hypothesis import given
from hypothesis import strategies as st

SMALL = Recipe("tiny-8", 2, steps=4, batch=2, crop=12, schedule=Cosine(warm_up=2), average=Average(begin=0.5))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("photos"), height=100, width=96)


# ---- scores


def test_scores_are_their_definitions(photos: Path) -> None:
    case = next(iter(clean_cases(photos, 2)))
    wrong = case.truth.copy()
    wrong[..., 1] ^= 4  # every green code off by four

    def give(_: Planes) -> Planes:
        return np.moveaxis(wrong, -1, 0)[None].astype(np.float32) / np.float32(255)

    scores = measure(iter([case]), Upscaler(2, 3, give))
    assert scores.mse_rgb == pytest.approx(16 / 3)
    assert scores.psnr_rgb == pytest.approx(10 * math.log10(255**2 / (16 / 3)))
    assert scores.mse_y == pytest.approx((4 * 128.553 / 255) ** 2)
    assert scores.psnr_y == pytest.approx(10 * math.log10(255**2 / scores.mse_y))
    assert scores.ssim_rgb < 1
    assert scores.lpips is None
    seen = measure(iter([case]), Upscaler(2, 3, give), lambda a, b: float(np.abs(a.astype(int) - b).max()))
    assert seen.lpips == 4.0


def test_lpips_looks_at_pictures_as_they_are(photos: Path) -> None:
    torch.manual_seed(0)
    lpips = LPIPS(next(iter(BACKBONES)))
    truth = read_rgb(photos / "0.png")
    other = np.ascontiguousarray(truth[::-1])
    a, b = (torch.from_numpy(p).permute(2, 0, 1)[None].float() / 255 for p in (other, truth))
    assert looking_with(lpips)(other, truth) == pytest.approx(float(lpips(a, b)))
    assert looking_with(lpips)(truth, truth) == 0
    with pytest.raises(DataError, match="31 pixels a side or more"):
        looking_with(lpips)(other[:30], truth[:30])


def test_bicubic_scores_as_the_protocol_has_it(photos: Path) -> None:
    for scale in (2, 3, 4):
        scores, known = measure(clean_cases(photos, scale), bicubic(scale)), evaluate_bicubic(photos, scale)
        assert (scores.pictures, scores.psnr_y, scores.ssim_y) == (3, known.psnr_y, known.ssim)


def test_streams_are_worse_the_harder_they_are_compressed(photos: Path) -> None:
    scores = [measure(compressed_cases(photos, 2, crf), bicubic(2)).psnr_y for crf in (18, 28, 38)]
    assert measure(clean_cases(photos, 2), bicubic(2)).psnr_y > scores[0] > scores[1] > scores[2]


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.floats(-3, 3))
def test_colour_keeps_its_hue_when_luma_changes(red: int, green: int, blue: int, by: float) -> None:
    colour = np.array([[[red, green, blue]]], np.uint8)
    wanted = y_from_rgb(colour) + by
    moved = rgb_from_luma(wanted, colour)
    if moved.min() > 0 and moved.max() < 255:
        assert abs(y_from_rgb(moved) - wanted).max() < 0.5
        assert len(set((moved.astype(int) - colour).ravel().tolist())) == 1


def test_a_luma_network_takes_colour_from_bicubic(photos: Path) -> None:
    low = imresize(read_rgb(photos / "0.png"), 0.5)

    def enlarge(x: Planes) -> Planes:
        return imresize((x[0, 0] * 255).round().astype(np.uint8), 2)[None, None].astype(np.float32) / np.float32(255)

    grey = Upscaler(2, 1, enlarge)
    apart = np.abs(grey.rgb(low).astype(int) - imresize(low, 2))
    assert np.percentile(apart, 90) <= 1  # they round at other places, and clip at others where edges ring


# ---- tables, curves, recognition


def test_a_table_has_a_row_a_model_and_no_empty_columns() -> None:
    scores = Scores(5, 30.0, 0.9, 65.0, 28.0, 0.8, 103.0)
    table = table_of({"Set5": {"a": scores, "b": replace(scores, psnr_y=31.234)}})
    assert table.splitlines()[3] == "| Set5 | b | 5 | 31.23 dB | 0.9000 | 65.00 | 28.00 dB | 0.8000 | 103.00 |"
    assert "LPIPS" not in table
    assert "| LPIPS |" in table_of({"Set5": {"a": replace(scores, lpips=0.1), "b": scores}})


def test_curves_are_drawn_from_logs(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="curves need the extra `bench`")
    train(SMALL, photos, tmp_path / "run", Watching(every=1, validation=photos))
    draw_curves({"run": tmp_path / "run"}, tmp_path / "curves.png")
    drawn = cv2.imread(str(tmp_path / "curves.png"))
    assert drawn.shape[0] > 200
    assert drawn.std() > 1
    (tmp_path / "run" / "log.jsonl").write_text("no log")
    with pytest.raises(DataError, match="not the log of a run"):
        read_log(tmp_path / "run" / "log.jsonl")


def test_small_digits_are_told_when_they_are_sharp() -> None:
    training, test = drawn_case(count=1_200)
    seen = recognise(training, test, bicubic(2), steps=100)
    assert seen.on_truth > 0.6
    assert seen.on_bicubic < seen.on_truth - 0.1
    assert seen.on_upscaled == seen.on_bicubic
    assert seen.recovery == seen.bicubic_recovery == seen.on_bicubic / seen.on_truth


def test_cifar10_is_read_as_it_is_published(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)
    records = [bytes([label]) + np.moveaxis(p, -1, 0).tobytes() for label, p in enumerate(pictures)]
    (tmp_path / "data_batch_1.bin").write_bytes(records[0] + records[1])
    (tmp_path / "data_batch_2.bin").write_bytes(records[2])
    (tmp_path / "test_batch.bin").write_bytes(records[3])
    training, test = read_cifar10(tmp_path)
    assert training.labels.tolist() == [0, 1, 2]
    assert np.array_equal(training.pictures, pictures[:3])
    assert np.array_equal(test.pictures, pictures[3:])
    (tmp_path / "test_batch.bin").write_bytes(bytes([CLASSES]) + records[3][1:])
    with pytest.raises(DataError, match="has the label 10"):
        read_cifar10(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(records[3][:-1])
    with pytest.raises(DataError, match="no whole number of records"):
        read_cifar10(tmp_path)
    with pytest.raises(DataError, match="no CIFAR-10"):
        read_cifar10(tmp_path / "nowhere")


# ---- cross-validation and search


def test_every_photograph_is_held_out_once(photos: Path, tmp_path: Path) -> None:
    folds = cross_validate(SMALL, photos, tmp_path / "folds", 3)
    held_out = [sorted(p.name for p in photo_paths(tmp_path / "folds" / f"fold-{n}" / "test")) for n in range(3)]
    assert sorted(name for part in held_out for name in part) == ["0.png", "1.png", "2.png"]
    for number, part in enumerate(held_out):
        rest = [p.name for p in photo_paths(tmp_path / "folds" / f"fold-{number}" / "train")]
        assert sorted(part + rest) == ["0.png", "1.png", "2.png"]
    assert [fold["psnr_y"] for fold in json.loads((tmp_path / "folds" / "folds.json").read_text())] == [
        fold.psnr_y for fold in folds
    ]
    (tmp_path / "folds" / "fold-0" / "log.jsonl").unlink()  # as when it was cut off before its last line
    assert cross_validate(SMALL, photos, tmp_path / "folds", 3) == folds
    with pytest.raises(SettingError, match="4 folds of 3"):
        cross_validate(SMALL, photos, tmp_path / "folds", 4)


def test_a_search_returns_the_best_of_its_trials(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="a search needs the extra `search`")
    watching = Watching(every=4, validation=photos)
    best = search(replace(SMALL, steps=8), photos, tmp_path, 3, watching)
    logs = {path.parent: json.loads(path.read_text().splitlines()[-1]) for path in tmp_path.glob("trial-*/log.jsonl")}
    whole = {folder: entry["psnr_y"] for folder, entry in logs.items() if entry["step"] == 8}
    final = train(best, photos, tmp_path / "again", Watching(every=8, validation=photos))
    again = json.loads((final.parent / "log.jsonl").read_text().splitlines()[-1])["psnr_y"]
    assert again == max(whole.values())
    search(replace(SMALL, steps=8), photos, tmp_path, 1, watching)  # goes on, with something new
    tried = [checkpoint.load(path)[1].settings for path in tmp_path.glob("trial-*/last.safetensors")]
    assert len({str(settings["optimiser"]) for settings in tried}) == 4


# ---- commands


def test_from_photographs_to_scores_by_three_commands(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, report = tmp_path / "run", tmp_path / "scores.json"
    arguments = ["--steps", "3", "--batch", "2", "--crop", "12", "--every", "2"]
    assert exit_code_of(["train", str(photos), str(run), "--recipe", "tiny-8", *arguments]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(run / "last.safetensors")
    assert "step 2 of 3: loss 0." in told.err
    model = str(tmp_path / "mine.onnx")
    assert exit_code_of(["export", str(run / "last.safetensors"), model]) == 0
    capsys.readouterr()
    models = [str(run / "last.safetensors"), model]
    extra = ["--json", str(report), "--markdown", str(tmp_path / "t.md"), "--pictures", str(tmp_path / "compared")]
    assert exit_code_of(["evaluate", *models, "--on", str(photos), "--crf", "28", *extra]) == 0
    table = capsys.readouterr().out
    assert table == (tmp_path / "t.md").read_text()
    scores = json.loads(report.read_text())[f"{photos.name} x2"]
    assert set(scores) == {"bicubic x2", "last.safetensors", "mine.onnx"}
    assert scores["last.safetensors"]["psnr_y"] == pytest.approx(scores["mine.onnx"]["psnr_y"], abs=0.01)
    assert len(list((tmp_path / "compared").glob("*.png"))) == 3


def test_checkpoints_of_one_name_have_a_row_each(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = {rate: replace(SMALL, optimiser=Optimiser(learning_rate=rate)) for rate in (1e-3, 0.1)}
    last = [train(recipe, photos, tmp_path / str(rate)) for rate, recipe in rates.items()]
    report = tmp_path / "scores.json"
    assert exit_code_of(["evaluate", *map(str, last), "--on", str(photos), "--json", str(report)]) == 0
    capsys.readouterr()
    scores = json.loads(report.read_text())[f"{photos.name} x2"]
    assert set(scores) == {"bicubic x2", *map(str, last)}
    assert scores[str(last[0])] != scores[str(last[1])]


def test_what_is_too_small_to_train_on_is_counted(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = shutil.copytree(photos, tmp_path / "pictures")
    write_shapes(pictures / "small", count=2, height=20, width=90)
    options = ["--recipe", "tiny-8", "--steps", "1", "--batch", "1", "--crop", "12"]
    assert exit_code_of(["train", str(pictures), str(tmp_path / "run"), *options]) == 0
    assert "2 pictures are smaller than a crop and left out" in capsys.readouterr().err


def test_two_pictures_are_never_written_to_one_name(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = shutil.copytree(photos, tmp_path / "pictures")
    assert cv2.imwrite(str(pictures / "0.jpg"), np.zeros((20, 20, 3), np.uint8))
    assert exit_code_of(["infer", "bicubic", str(pictures), str(tmp_path / "out"), "--scale", "2"]) == 2
    assert "would both become" in capsys.readouterr().err


def test_infer_writes_each_picture_enlarged(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["infer", "bicubic", str(photos), str(tmp_path), "--scale", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert np.array_equal(read_rgb(tmp_path / "1.png"), imresize(read_rgb(photos / "1.png"), 3))


def test_published_weights_are_evaluated_at_the_scale_that_is_asked_for(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    path = tmp_path / "carn.pth"
    state = CARN(2, features=16, mobile=True).state_dict()
    torch.save(_as_published(state), path)
    assert published.load(path, 3).scale == 3
    assert exit_code_of(["evaluate", str(path), "--on", str(photos), "--scale", "3"]) == 0
    assert "carn.pth" in capsys.readouterr().out
    network = upscaler_of(published.load(path, 3))
    assert measure(iter([Case("a", *(2 * [np.zeros((33, 33, 3), np.uint8)]))]), bicubic(1)).mse_y == 0
    assert network.rgb(np.zeros((4, 5, 3), np.uint8)).shape == (12, 15, 3)


def _as_published(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our own names are recognised too."""
    return {name: value for name, value in state.items() if name != "mean"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["evaluate", "tiny-8"], 2, "nothing to measure on"),
        (["evaluate", "bicubic", "--on", "PHOTOS"], 2, "none was chosen"),
        (["evaluate", "tiny-8-x2", "--on", "PHOTOS", "--scale", "3"], 2, "enlarges by 2, not 3"),
        (["evaluate", "nothing.pth", "--on", "PHOTOS"], 3, "no file nothing.pth"),
        (["evaluate", "tiny-8", "--on", "PHOTOS", "--lpips", "a.pth"], 2, "--backbone"),
        (["evaluate", "tiny-8", "--on", "PHOTOS", "--curves", "a.png"], 2, "only checkpoints of runs"),
        (["train", "PHOTOS", "OUT", "--recipe", "nobody"], 2, "no recipe is named 'nobody'"),
        (["train", "PHOTOS", "OUT", "--precision", "fp16"], 2, "fp16 is not allowed on cpu"),
        (["train", "PHOTOS", "OUT", "--folds", "2", "--trials", "2"], 2, "exclude each other"),
        (["train", "PHOTOS", "OUT", "--trials", "2"], 2, "--validation"),
        (["train", "NOTHING", "OUT"], 3, "no picture lies below"),
        (["infer", "tiny-8-x2", "NOTHING.png", "OUT"], 2, "there is no NOTHING.png"),
        (["infer", "tiny-8-x2", "PHOTOS", "PHOTOS"], 2, "is one of the pictures"),
        (["evaluate", "bicubic", "--scale", "0", "--on", "PHOTOS"], 2, "--scale"),
        (["evaluate", "bicubic", "--scale", "2", "--on", "PHOTOS", "--crf", "52"], 2, "--crf"),
        (["evaluate", "bicubic", "--scale", "2", "--on", "PHOTOS", "--on", "PHOTOS"], 2, "one name"),
        (["evaluate", "bicubic", "--scale", "2", "--on", "SMALL"], 3, "14 x 14 are left, allowed: 15 or more"),
        (["evaluate", "tiny-8-x2", "--recognition", "drawn", "--crf", "28"], 2, "no pictures to measure on"),
        (["train", "PHOTOS", "OUT", "--learning-rate", "-1"], 2, "learning rate is -1"),
        (["train", "PHOTOS", "OUT", "--vgg-sha256", "dcbb9e9d"], 2, "no weights of VGG19"),
        (["train", "PHOTOS", "OUT", "--samples", "2"], 2, "2 samples of no pictures"),
        (["train", "PHOTOS", "OUT", "--validation", "NOTHING"], 3, "no picture lies below"),
        (["train", "PHOTOS", "OUT", "--validation", "SMALL"], 3, "14 x 14 are left"),
        (["train", "PHOTOS", "OUT", "--folds", "2", "--validation", "PHOTOS"], 2, "what they hold out"),
        (["train", "PHOTOS", "OUT", "--folds", "2", "--device", "cuda"], 2, "device cuda is not there"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], code: int, words: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = write_shapes(tmp_path / "small", count=1, height=14, width=14)
    places = {
        "PHOTOS": str(photos), "OUT": str(tmp_path / "out"), "NOTHING": str(tmp_path / "none"), "SMALL": str(small)
    }  # fmt: skip
    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert exit_code_of([places.get(argument, argument) for argument in arguments]) == code
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out" / "last.safetensors").exists()
