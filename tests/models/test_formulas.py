"""The classical models as formulas: of NumPy arrays and of tensors alike, on one thread and on several."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
import torch

from iqa_cli.executing import formula_executor
from iqa_cli.executing.formula_executor import FormulaExecutor
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.luma import LUMA, ClassicConfig
from iqa_cli.models.windows import WINDOWS
from iqa_cli.registry import SPECS, find_model

FORMULAS = [spec for spec in SPECS if spec.formula]
ODD = (173, 195)  # odd at coarser scales, too


def pair(height, width):
    """Two float32 images B x 3 x H x W, as the engine lays them out: channels last in memory."""
    draw = np.random.default_rng(height)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([0.5 + 0.4 * np.sin(x / (5 + c)) * np.cos(y / (9 - c)) for c in range(3)], -1)
    worse = np.clip(waves + draw.normal(0, 0.07, waves.shape), 0, 1)
    return [image.astype(np.float32)[None].transpose(0, 3, 1, 2) for image in (waves, worse)]


def both(spec, config, images, *mask):
    """The score by the formula of arrays, and by the module of torch."""
    formula, module = spec.build_formula(config), spec.build(config)
    by_numpy = formula.compare(*map(formula.encode, images), *mask)
    tensors = [torch.from_numpy(array) for array in (*images, *mask)]
    with torch.inference_mode():
        by_torch = module.compare(*map(module.encode, tensors[:2]), *tensors[2:])
    return by_numpy, by_torch.numpy()


def settings(spec):
    windows = WINDOWS if spec.name == "ssim" else ["gaussian"]
    return [ClassicConfig(*each) for each in product(["rgb", *LUMA], [0, 4], windows)]


@pytest.mark.parametrize("spec", FORMULAS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_arrays_score_as_tensors_do_under_every_rule(spec, masked):
    images, mask = pair(*ODD), np.zeros((1, 1, *ODD), np.float32)
    mask[..., :, 3:] = 1
    mask[..., 60:64, 80] = 0.25
    for config in settings(spec):
        if masked and spec.name == "ms-ssim":
            config = ClassicConfig(config.luma)
        by_numpy, by_torch = both(spec, config, images, *([mask] if masked else []))
        assert np.isfinite(by_torch).all()
        np.testing.assert_allclose(by_numpy, by_torch, rtol=0, atol=1e-9, err_msg=str(config))


def test_a_large_image_is_scaled_down_alike_by_arrays_and_tensors():
    spec, config = find_model("ssim"), ClassicConfig("full", 0, "gaussian-downsample")
    for side in (390, 641):
        by_numpy, by_torch = both(spec, config, pair(side, side + 53))
        np.testing.assert_allclose(by_numpy, by_torch, rtol=0, atol=1e-9)


@pytest.mark.parametrize("spec", FORMULAS, ids=lambda spec: spec.name)
def test_threads_that_share_an_image_change_nothing(spec):
    formula, images = spec.build_formula(), pair(300, 211)
    alone = formula.compare(*images)
    with ThreadPoolExecutor(3) as pool:
        formula.spread = pool.map
        assert formula.compare(*images) == alone


@pytest.mark.parametrize("spec", FORMULAS, ids=lambda spec: spec.name)
def test_a_large_image_is_shared_by_the_threads_asked_for(spec, monkeypatch):
    pools = []

    class Watched(ThreadPoolExecutor):
        def __init__(self, threads, **options):
            pools.append(threads)
            super().__init__(threads, **options)

    monkeypatch.setattr(formula_executor, "ThreadPoolExecutor", Watched)
    monkeypatch.setattr(formula_executor, "WORTH_THREADS", 200 * 200)
    small, large = (Sample(*(image[0].transpose(1, 2, 0) for image in pair(side, 200))) for side in (199, 200))
    executor = FormulaExecutor(spec, spec.build_formula(), threads=3)
    scores = executor.score([small, large])
    assert [score.status for score in scores] == ["ok", "ok"] and pools == [3]
    alone = FormulaExecutor(spec, spec.build_formula(), threads=1).score([large])[0]
    with ThreadPoolExecutor(3) as callers:
        assert list(callers.map(lambda _: executor.score([large])[0], range(20))) == 20 * [alone]


def test_an_image_too_large_for_the_memory_costs_its_own_sample(monkeypatch):
    spec = find_model("psnr")
    executor = FormulaExecutor(spec, spec.build_formula())
    small, large = (Sample(*(image[0].transpose(1, 2, 0) for image in pair(side, 20))) for side in (20, 30))
    encode = executor.formula.encode

    def narrow(images):
        if images.shape[2] > 20:
            raise MemoryError
        return encode(images)

    monkeypatch.setattr(executor.formula, "encode", narrow)
    scores = executor.score([large, small])
    assert [score.status for score in scores] == ["error", "ok"]
    assert scores[0].details["reason"] == "out of memory at 20x30 px with psnr"
