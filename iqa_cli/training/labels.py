"""Label distributions over the five levels of quality, from votes or from a mean and a deviation."""

from collections.abc import Sequence

import torch
from torch import Tensor

LEVELS = torch.arange(1.0, 6.0)


def from_votes(votes: Sequence[float]) -> Tensor:
    """Label distribution (5,) from the counts, or shares, of the votes for the levels 1 to 5."""
    counts = torch.tensor([float(v) for v in votes])
    return counts / counts.sum()


def level_distribution(scores: Tensor, spread: Tensor | float) -> Tensor:
    """Label distributions (N, 5): a Gaussian at the levels 1..5, renormalised, whose mean is the score.

    A Gaussian cut off at the ends of the scale has its mean drawn towards the middle (for a spread of 0.7:
    1.29 where it is centred on 1), so its centre is moved out until the mean fits. Scores nearer than 0.1 to
    an end are taken as that far from it. (TRIQ's code takes the Gaussian without renormalising.)

    Args:
        scores: (N,) in 1..5.
        spread: standard deviation in levels, one for all or (N,); at least 0.3 is taken.
    """
    levels = LEVELS.to(scores.device)
    spread = torch.as_tensor(spread, device=scores.device).clamp_min(0.3).expand(len(scores))[:, None]
    wanted = scores.clamp(1.1, 4.9)
    centre = wanted.clone()
    for _ in range(20):  # Newton: the mean grows with the centre by variance / spread squared
        p = _gaussian(centre, levels, spread)
        mean = p @ levels
        variance = (p @ levels**2 - mean**2).clamp_min(0.02)
        centre = centre + ((wanted - mean) * spread[:, 0] ** 2 / variance).clamp(-1, 1)
    return _gaussian(centre, levels, spread)


def _gaussian(centre: Tensor, levels: Tensor, spread: Tensor) -> Tensor:
    return torch.softmax(-0.5 * ((levels - centre[:, None]) / spread) ** 2, dim=-1)
