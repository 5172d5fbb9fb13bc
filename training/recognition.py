"""What upscaling is worth to a classifier: its accuracy on enlarged pictures beside that on the true ones.

A small network is trained on full-size pictures; then it is shown others three ways: as they are (HR), reduced and
enlarged by bicubic (LR), reduced and enlarged by the model (SR). Performance recovery is the ratio of its accuracies.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from .errors import DataError
from .imresize import imresize
from .upscaler import Upscaler, bicubic

SIDE, CLASSES = 32, 10
_RECORD = 1 + 3 * SIDE * SIDE  # a label, then the red, green and blue planes
_BATCH, _SEED = 64, 1


@dataclass(frozen=True)
class Labelled:
    """RGB pictures [N, 32, 32, 3] and what they show, 0..9 [N]."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Recognition:
    """Accuracies, 0..1, of one classifier; LR is enlarged by bicubic."""

    on_truth: float
    on_bicubic: float
    on_upscaled: float

    @property
    def recovery(self) -> float:
        """The share of the accuracy on true pictures that upscaled ones keep."""
        return self.on_upscaled / self.on_truth

    @property
    def bicubic_recovery(self) -> float:
        """The same of bicubic."""
        return self.on_bicubic / self.on_truth


def read_cifar10(folder: Path) -> tuple[Labelled, Labelled]:
    """(training, test) pictures of CIFAR-10's binary version: data_batch_*.bin and test_batch.bin. Raises DataError."""
    training = sorted(folder.glob("data_batch_*.bin"))
    test = folder / "test_batch.bin"
    if not training or not test.is_file():
        raise DataError(f"{folder} holds no CIFAR-10 in its binary version", "give data_batch_*.bin and test_batch.bin")
    return _read(training), _read([test])


def drawn_case(count: int = 1_600, seed: int = _SEED) -> tuple[Labelled, Labelled]:
    """(training, test) pictures of small digits in changing colours and places: a case that needs no data."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=count)
    pictures = np.stack([_digit(int(label), rng) for label in labels])
    cut = count * 3 // 4
    return Labelled(pictures[:cut], labels[:cut]), Labelled(pictures[cut:], labels[cut:])


def recognise(training: Labelled, test: Labelled, upscaler: Upscaler, steps: int = 150) -> Recognition:
    """Train the classifier for so many steps of 64 pictures, and show it the test pictures in all three ways."""
    classifier = _trained(training, steps)

    def accuracy(pictures: NDArray[np.uint8]) -> float:
        with torch.no_grad():
            said = classifier(_as_tensor(pictures)).argmax(dim=1).numpy()
        return float(np.mean(said == test.labels))

    reduced = [imresize(picture, 1 / upscaler.scale) for picture in test.pictures]
    enlarged = {each: [_fitted(each.rgb(low)) for low in reduced] for each in (bicubic(upscaler.scale), upscaler)}
    by_bicubic, by_model = (accuracy(np.stack(pictures)) for pictures in enlarged.values())
    return Recognition(accuracy(test.pictures), by_bicubic, by_model)


def _trained(training: Labelled, steps: int) -> nn.Module:
    torch.manual_seed(_SEED)
    rng = np.random.default_rng(_SEED)
    classifier = _classifier()
    optimiser = torch.optim.Adam(classifier.parameters(), 1e-3)
    for _ in range(steps):
        chosen = rng.integers(len(training.labels), size=_BATCH)
        said = classifier(_as_tensor(training.pictures[chosen]))
        loss = F.cross_entropy(said, torch.from_numpy(training.labels[chosen]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return classifier.eval()


def _classifier() -> nn.Module:
    """[N, 3, 32, 32] in -1..1 -> scores [N, 10]: four convolutions, of which three halve."""
    layers: list[nn.Module] = []
    for inputs, outputs, stride in ((3, 16, 1), (16, 32, 2), (32, 32, 2), (32, 64, 2)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * (SIDE // 8) ** 2, CLASSES))


def _as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.moveaxis(pictures, -1, 1).astype(np.float32)) / 127.5 - 1.0


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut to the classifier's size: a reduction by 3 rounds up."""
    return picture[:SIDE, :SIDE]


def _read(paths: list[Path]) -> Labelled:
    pictures, labels = [], []
    for path in paths:
        codes = np.frombuffer(path.read_bytes(), np.uint8)
        if codes.size == 0 or codes.size % _RECORD:
            raise DataError(f"{path} is no whole number of records of {_RECORD} bytes", "give it as it was published")
        records = codes.reshape(-1, _RECORD)
        if int(records[:, 0].max()) >= CLASSES:
            raise DataError(f"{path} has the label {records[:, 0].max()}, allowed: 0..9", "give CIFAR-10, not another")
        labels.append(records[:, 0].astype(np.int64))
        pictures.append(np.moveaxis(records[:, 1:].reshape(-1, 3, SIDE, SIDE), 1, -1))
    return Labelled(np.concatenate(pictures), np.concatenate(labels))


def _digit(label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A digit of about 13 pixels: easily told at full size, hard to tell at half of it."""
    ground, ink = rng.integers(0, 90, 3), rng.integers(150, 256, 3)
    picture = np.full((SIDE, SIDE, 3), ground, np.uint8)
    place = int(rng.integers(4, 14)), int(rng.integers(18, 28))  # of its lower left corner
    cv2.putText(picture, str(label), place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink.tolist(), 1, cv2.LINE_AA)
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
