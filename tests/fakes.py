"""Models that need no weights and tell what they were asked, for the tests of the engine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.base import FiveLevel, FullReference
from iqa_cli.records import ScoreRange
from iqa_cli.registry import Spec

FAKE = Spec("fake", "Fake", "full-reference", "", "", ScoreRange(0, 1), minimum=8, paper="")
CROPPED = replace(FAKE, crop=32)
ALONE = replace(FAKE, name="alone", kind="no-reference")


class Difference(FullReference):
    """One minus the mean difference; remembers how many images it encoded at a time, and when memory ran out."""

    def __init__(self, fits=lambda images: True):
        super().__init__()
        self.fits, self.encoded, self.refused = fits, [], 0

    def encode(self, images):
        if not self.fits(images):
            self.refused += 1
            raise torch.OutOfMemoryError("no room")
        self.encoded.append(len(images))
        return images

    def compare(self, reference, distorted):
        return 1 - (reference - distorted).abs().mean(dim=(1, 2, 3))


class Brightness(FiveLevel):
    """All of the probability between levels 1 and 2, by the mean of the image."""

    def logits(self, images):
        bright = images.mean(dim=(1, 2, 3)).clamp(1e-6, 1 - 1e-6)
        return torch.stack([(1 - bright).log(), bright.log(), *3 * [torch.full_like(bright, -1e9)]], dim=1)


def executor(model=None, spec=FAKE, **options):
    return Executor(spec, model or Difference(), device=torch.device("cpu"), **options)


def flat(value, height=24, width=24):
    """A sample whose score by `Difference` is 1 - value / 255."""
    image = np.full((height, width, 3), value / 255, np.float32)
    return Sample(image, np.zeros_like(image), f"black {height}x{width}")


def grey(value, height=24, width=24):
    return np.full((height, width, 3), value, np.uint8)


def score_of(value):
    return pytest.approx(1 - value / 255, abs=1e-6)
