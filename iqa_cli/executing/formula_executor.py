"""A classical model at work with NumPy: what `Executor` is to a module of torch, which is not imported for it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any

import numpy as np

from iqa_cli.errors import ImageError
from iqa_cli.executing.cores import compute_threads
from iqa_cli.executing.device import BATCH_PIXELS
from iqa_cli.executing.pieces import Sample, check_size
from iqa_cli.executing.scores import Timed, failed, no_memory, score_of
from iqa_cli.ground.pixels import to_floats
from iqa_cli.meaning import meaning
from iqa_cli.models.formula import Formula
from iqa_cli.records import Score
from iqa_cli.registry import Spec

WORTH_THREADS = 2**20  # px; a smaller image is done before threads have shared it


class FormulaExecutor(Timed):
    """A formula over whole images, one after the other; large ones in strips, by threads.

    Attributes:
        spec: the model, as the registry declares it.
        formula: the same with its configuration.
        threads: that work on an image; None for one a core: see `iqa_cli.executing.cores`.
        range: where its scores lie.
        full_batch: pixels that are worth being taken at once.
    """

    full_batch = BATCH_PIXELS["cpu"]
    alone = True  # it is a pair at a time anyway
    explainer = None  # a formula has no features in which flaws could be found

    def __init__(self, spec: Spec, formula: Formula, threads: int | None = None):
        self.spec, self.formula, self.threads, self.range = spec, formula, threads, spec.range

    def _scores(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        height, width = sample.image.shape[:2]
        try:
            check_size(self.spec, self.formula, height, width)
            threads = compute_threads(self.threads) if height * width >= WORTH_THREADS else 1
            return score_of(self._value(sample, threads), {}, sample, self.formula.mask_holds, self.meaning)
        except ImageError as error:
            return failed(str(error))
        except MemoryError:
            return no_memory(self.spec.name, sample.image)

    def _value(self, sample: Sample, threads: int) -> float:
        formula = copy(self.formula)  # `spread` below is of this call: others may compute beside it
        images = [formula.encode(_batch(image)) for image in (sample.reference, sample.image)]
        mask = [] if sample.mask is None else [sample.mask[None, None]]
        with np.errstate(divide="ignore", invalid="ignore"):  # of masks that hold nothing comes NaN
            if threads == 1:
                return float(formula.compare(*images, *mask)[0])
            with ThreadPoolExecutor(threads, thread_name_prefix="strips") as pool:
                formula.spread = pool.map
                return float(formula.compare(*images, *mask)[0])

    def meaning(self, value: float) -> dict[str, Any]:
        """What a finite score means: see `iqa_cli.meaning.meaning`."""
        return meaning(value, self.range, self.spec.full_reference, None)


def _batch(image: np.ndarray | None) -> np.ndarray:
    """H x W x 3 as 1 x 3 x H x W: a view."""
    assert image is not None, "a formula compares"
    return to_floats(image)[None].transpose(0, 3, 1, 2)
