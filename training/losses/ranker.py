"""Losses by a ranker, a network that scores how good a picture looks (RankSRGAN: Zhang et al., ICCV 2019).

A ranker maps pictures [N, C, H, W] to scores [N, 1] and stands in for a measure that has no gradient (NIQE, Ma, PI):
it learns from pairs of results which of two that measure prefers, then trains a network. Lower is better here.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MARGIN = 0.5
"""By how much the scores of two pictures should differ, as published."""


def ranking_loss(first: Tensor, second: Tensor, worse: Tensor) -> Tensor:
    """Trains a ranker: mean of max(0, MARGIN - worse * (first - second)).

    `first` and `second` are scores [N, 1]; `worse` [N, 1] is 1 where the first picture is the worse one, so that its
    score should be the higher one, and -1 where the second is.
    """
    return F.relu(MARGIN - worse * (first - second)).mean()


def rank_content_loss(scores: Tensor) -> Tensor:
    """Trains a network by a ranker's scores of its results: their mean sigmoid, 0..1.

    The published weight of 0.03 was for the sum over a batch of 8: 0.24 of this mean.
    """
    return torch.sigmoid(scores).mean()
