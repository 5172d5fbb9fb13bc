"""The loop: cut off and resumed with every option, several processes, full disks, what is written on the way."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="training needs the extra `train`")

import torch
from drawings import write_shapes
from framelift.training import checkpoint
from framelift.training.data import Degraded, Paired
from framelift.training.errors import DataError, ResultError, SettingError, WriteError
from framelift.training.losses.perceptual import PerceptualSettings
from framelift.training.losses.schedule import DiscriminatorSchedule
from framelift.training.losses.vgg19 import VGG19
from framelift.training.losses.weighted import WeightedLoss
from framelift.training.photos import listing_of, short_hash
from framelift.training.processes import Processes
from framelift.training.recipe import Average, Optimiser, Recipe, Rivalry
from framelift.training.run import CHECKPOINT, STATE, Run
from framelift.training.schedules import Cosine, Staircase
from framelift.training.train import Progress, Watching, train
from safetensors.torch import load_file, save_file

SMALL = Recipe("tiny-8", 2, steps=6, batch=2, crop=16, schedule=Cosine(warm_up=2), average=Average(begin=0.5))
AGAINST = DiscriminatorSchedule(start=1, lead=1)
WITH_ALL = {
    "clipped steps": replace(SMALL, optimiser=Optimiser(clip=0.01), schedule=Staircase(at=(0.5,))),
    "bf16 and AdamW": replace(SMALL, precision="bf16", optimiser=Optimiser("adamw", weight_decay=0.01)),
    "SGD, RGB, batch normalisation": Recipe(
        "srresnet", 2, channels=3, steps=4, batch=2, crop=8, optimiser=Optimiser("sgd", 1e-3)
    ),
    "several losses": replace(SMALL, loss=WeightedLoss(charbonnier=1.0, fft=0.05, ssim=0.1, total_variation=0.01)),
    "degraded as drawn": replace(SMALL, crop=8, data=Degraded("second-order")),
    "against a U-Net": replace(
        SMALL, loss=WeightedLoss(l1=1.0, adversarial=0.1), rivalry=Rivalry("unet", "vanilla", AGAINST, features=8)
    ),
    "against a penalised critic": replace(
        SMALL,
        loss=WeightedLoss(l1=1.0, adversarial=0.1),
        rivalry=Rivalry("unet", "wgan-gp", DiscriminatorSchedule(ratio=2.0), features=8),
    ),
    "against SRGAN's": replace(
        SMALL, loss=WeightedLoss(l1=1.0, adversarial=0.1), rivalry=Rivalry("srgan", "relativistic", features=4)
    ),
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("photos"))


def same(a: Path, b: Path) -> bool:
    """Whether two checkpoints hold the same bits."""
    ours, theirs = load_file(a), load_file(b)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


class CutOff(Exception):
    """The process dies."""


def cut_off_after(step: int) -> Watching:
    """Saves every step, and dies when that is done."""

    def say(progress: Progress) -> None:
        if progress.step == step:
            raise CutOff

    return Watching(every=1, say=say)


@pytest.mark.parametrize("name", WITH_ALL)
def test_a_run_that_was_cut_off_ends_as_an_unbroken_one(name: str, photos: Path, tmp_path: Path) -> None:
    recipe = WITH_ALL[name]
    unbroken = train(recipe, photos, tmp_path / "unbroken")
    for step in (1, 3):
        with pytest.raises(CutOff):
            train(recipe, photos, tmp_path / "broken", cut_off_after(step))
    assert same(unbroken, train(recipe, photos, tmp_path / "broken"))


def test_a_perceptual_run_is_resumed_too(photos: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = tmp_path / "vgg.safetensors"
    save_file(VGG19(("conv1_2",)).state_dict(), weights)
    settings = PerceptualSettings(str(weights), _sha256(weights), {"conv1_2": 1.0})
    recipe = replace(SMALL, loss=WeightedLoss(perceptual=1.0), perceptual=settings)
    unbroken = train(recipe, photos, tmp_path / "unbroken")
    with pytest.raises(CutOff):
        train(recipe, photos, tmp_path / "broken", cut_off_after(2))
    assert same(unbroken, train(recipe, photos, tmp_path / "broken"))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_discriminator_learns_and_is_heard_when_its_schedule_says(photos: Path, tmp_path: Path) -> None:
    entries: list[dict[str, float]] = []
    train(WITH_ALL["against a U-Net"], photos, tmp_path / "run", Watching(1, say=lambda p: entries.append(p.entry)))
    assert ["discriminator" in entry for entry in entries] == [False, True, True, True, True, True]
    assert ["adversarial" in entry for entry in entries] == [False, False, True, True, True, True]
    assert all(entry["loss"] >= entry["l1"] for entry in entries)


def test_a_run_is_not_resumed_on_other_pictures(photos: Path, tmp_path: Path) -> None:
    train(SMALL, photos, tmp_path / "run")
    other = write_shapes(tmp_path / "other", count=2)
    with pytest.raises(SettingError, match="has pictures"):
        train(SMALL, other, tmp_path / "run")


def test_what_is_no_state_is_refused(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / STATE).write_bytes(b"not a state")
    with pytest.raises(DataError, match="is not the state of a run"):
        train(SMALL, photos, tmp_path / "run")


def test_a_checkpoint_says_what_it_was_made_of(photos: Path, tmp_path: Path) -> None:
    _, info = checkpoint.load(train(SMALL, photos, tmp_path / "run"))
    assert (info.network, info.scale, info.channels, info.step) == ("tiny-8", 2, 1, 6)
    assert info.data == short_hash(listing_of(photos))
    assert info.settings["schedule"] == {"kind": "cosine", "warm_up": 2, "floor": 0.01}


def test_weights_that_are_not_finite_are_never_saved(photos: Path, tmp_path: Path) -> None:
    final = train(SMALL, photos, tmp_path / "run")
    before = final.read_bytes()
    run = Run(SMALL)
    run.average["head.bias"][0] = float("nan")
    with pytest.raises(ResultError, match="not finite at step 0"):
        run.save(tmp_path / "run")
    assert final.read_bytes() == before


def test_the_state_is_never_ahead_of_the_result(tmp_path: Path) -> None:
    """Or a run that was cut off between the two, after its last step, would end with an old result."""
    run = Run(SMALL)
    run.save(tmp_path / "run")
    (tmp_path / "run" / CHECKPOINT).unlink()
    (tmp_path / "run" / CHECKPOINT / "in the way").mkdir(parents=True)
    run.step = 3
    with pytest.raises(WriteError):
        run.save(tmp_path / "run")
    assert torch.load(tmp_path / "run" / STATE, weights_only=True)["step"] == 0


def test_a_run_is_not_resumed_on_other_reductions(tmp_path: Path) -> None:
    high, low = (
        write_shapes(tmp_path / "high", height=80, width=80),
        write_shapes(tmp_path / "low", height=40, width=40),
    )
    recipe = replace(SMALL, data=Paired(str(low)))
    train(recipe, high, tmp_path / "run")
    write_shapes(low, count=1, height=40, width=40)
    assert cv2.imwrite(str(low / "1.png"), cv2.imread(str(low / "0.png")))
    with pytest.raises(SettingError, match="has pictures"):
        train(recipe, high, tmp_path / "run")


# ---- what else a run writes


def test_samples_and_losses_are_written(photos: Path, tmp_path: Path) -> None:
    watching = Watching(every=3, validation=photos, samples=2)
    train(WITH_ALL["several losses"], photos, tmp_path / "run", watching)
    names = sorted(path.name for path in (tmp_path / "run" / "samples").iterdir())
    assert names == [f"{picture}-{step:07}.png" for picture in (0, 1) for step in (3, 6)]
    sample = cv2.imread(str(tmp_path / "run" / "samples" / names[0]))
    assert sample.shape[1] % 3 == 0  # bicubic, network, truth
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    for entry in log:
        parts = sum(entry[name] for name in ("charbonnier", "fft", "ssim", "total_variation"))
        assert entry["loss"] == pytest.approx(parts, rel=1e-5)


def test_tensorboard_has_what_the_log_has(photos: Path, tmp_path: Path) -> None:
    reading = "tensorboard.backend.event_processing.event_accumulator"
    reader = pytest.importorskip(reading, reason="events need the package tensorboard")
    train(SMALL, photos, tmp_path / "run", Watching(every=2, tensorboard=True))
    events = reader.EventAccumulator(str(tmp_path / "run" / "events")).Reload()
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    scalars = [(event.step, event.value) for event in events.Scalars("loss")]
    assert scalars == [(entry["step"], pytest.approx(entry["loss"])) for entry in log]


FULL = """
import resource, sys
from pathlib import Path
from framelift.training.errors import WriteError
from test_training_loop import SMALL, Progress, Watching, train

def fill(progress):
    if progress.step == 2:  # from now on no file may grow beyond 100 kB, as when the disk is full
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

try:
    train(SMALL, Path(sys.argv[1]), Path(sys.argv[2]), Watching(every=2, say=fill))
except WriteError as error:
    print(error.message)
"""


def test_a_full_disk_keeps_the_last_good_checkpoint(photos: Path, tmp_path: Path) -> None:
    unbroken = train(SMALL, photos, tmp_path / "unbroken")
    said = run_python(["-c", FULL, str(photos), str(tmp_path / "full")])
    assert "cannot write" in said
    assert checkpoint.load(tmp_path / "full" / CHECKPOINT)[1].step == 2
    assert not list((tmp_path / "full").glob("*.partial"))
    assert same(unbroken, train(SMALL, photos, tmp_path / "full"))


def run_python(arguments: list[str]) -> str:
    paths = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- several processes

TOGETHER = """
import sys
from pathlib import Path
import torch
from test_training_loop import WITH_ALL, train

torch.set_num_threads(1)
train(WITH_ALL[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3]))
"""


@pytest.mark.parametrize("name", ["clipped steps", "against a U-Net"])
def test_two_processes_train_as_one_does(name: str, photos: Path, tmp_path: Path) -> None:
    script = tmp_path / "together.py"
    script.write_text(TOGETHER)
    alone = train(WITH_ALL[name], photos, tmp_path / "alone")
    folder = tmp_path / "two"
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    run_python([*launch, name, str(photos), str(folder)])
    ours, theirs = load_file(alone), load_file(folder / CHECKPOINT)
    start = Run(WITH_ALL[name]).average
    moved = max(float((ours[part] - start[part]).abs().max()) for part in ours)
    apart = max(float((ours[part] - theirs[part]).abs().max()) for part in ours)
    assert moved > 1e-4
    assert apart < moved / 100  # the mean of two halves is rounded in another order


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    assert Processes(1, 2).share(6) == (3, 3)
    with pytest.raises(SettingError, match="a batch of 5 cannot be shared by 2"):
        Processes(1, 2).share(5)
