"""The processes that train one network together, as `torchrun` starts them: one a GPU, or several on CPUs.

Each computes the gradient of its share of a step's crops; what all apply is the mean. That mean is taken by hand, in
one message a step, where torch's DistributedDataParallel would wrap the network: it forbids what adversarial training
does (several calls before a gradient, parts of a network unused), and our networks' gradients are small.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import nn

from .errors import SettingError


@dataclass(frozen=True)
class Processes:
    """One of `count` processes: number `number`."""

    number: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes and measures."""
        return self.number == 0

    def share(self, batch: int) -> tuple[int, int]:
        """(crops, first crop) of this process. Raises SettingError for a batch that cannot be shared evenly."""
        if batch % self.count:
            raise SettingError(f"a batch of {batch} cannot be shared by {self.count} processes", "choose a multiple")
        size = batch // self.count
        return size, self.number * size

    def average_gradients(self, network: nn.Module) -> None:
        """Replace every gradient by the mean over the processes."""
        if self.count == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.count
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def any(self, condition: bool) -> bool:
        """Whether it holds in any process; all learn the same."""
        if self.count == 1:
            return condition
        flag = torch.tensor(float(condition), device=self.device)
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag.item())

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            dist.barrier()


@contextmanager
def together(device: str) -> Iterator[Processes]:
    """The processes that `torchrun` has started, or this one alone.

    `device` is auto, cpu or cuda: auto takes a GPU where there is one. Raises SettingError where there is no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingError("device cuda is not there", "choose cpu")
    local = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = device != "cpu" and torch.cuda.is_available()
    place = torch.device("cuda", local) if on_gpu else torch.device("cpu")
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes(device=place)
        return
    dist.init_process_group("nccl" if on_gpu else "gloo", device_id=place if on_gpu else None)
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), place)
    finally:
        dist.destroy_process_group()
