"""Cells of crops on one grid over an image."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from iqa_cli.explaining.evidence import Evidence, EvidenceConfig
from iqa_cli.explaining.explainers import Explainer
from iqa_cli.explaining.stitching import grid_of, stitched
from iqa_cli.output.map_files import flaw_maps

RNG = np.random.default_rng(0)


def test_a_crop_that_is_the_image_is_its_own_grid():
    cells = RNG.random((3, 8, 8))
    assert np.allclose(stitched([((0, 0), cells)], 256, 256, 256), cells)


def test_crops_side_by_side_make_one_grid():
    whole = RNG.random((2, 8, 16))
    pieces = [((0, 0), whole[..., :8]), ((0, 256), whole[..., 8:])]
    assert np.allclose(stitched(pieces, 256, 256, 512), whole)


def test_where_crops_lie_over_each_other_their_mean_counts():
    pieces = [((0, 0), np.zeros((1, 8, 8))), ((0, 128), np.ones((1, 8, 8)))]
    (row, *_), *_ = stitched(pieces, 256, 256, 384)
    assert np.allclose(row, [0] * 4 + [0.5] * 4 + [1] * 4)


def test_a_cell_is_the_mean_of_what_it_shares_with_crops_as_pixels_would_have_it():
    height, width, size = 300, 410, 256
    corners = [(0, 0), (44, 154), (20, 77)]
    pieces = [(corner, RNG.random((1, 8, 8))) for corner in corners]
    sums, counts = np.zeros((height, width)), np.zeros((height, width))
    for (top, left), (cells,) in pieces:
        sums[top : top + size, left : left + size] += np.kron(cells, np.ones((32, 32)))
        counts[top : top + size, left : left + size] += 1
    (found,) = stitched(pieces, size, height, width)
    rows, columns = found.shape
    assert (rows, columns) == grid_of(height, width) == (9, 12)
    # The first cell ends between two pixels: its share of the pixels that it cuts.
    tall, wide = height / rows, width / columns
    down, right = np.clip(tall - np.arange(height), 0, 1), np.clip(wide - np.arange(width), 0, 1)
    assert found[0, 0] == pytest.approx((down @ sums @ right) / (down @ counts @ right))


def test_where_no_crop_lies_nothing_is_said():
    found = stitched([((0, 0), np.ones((1, 8, 8)))], 256, 256, 1024)
    assert np.isfinite(found[..., :8]).all() and np.isnan(found[..., 8:]).all()


def test_what_a_small_image_was_extended_by_is_left_out():
    cells = np.zeros((1, 8, 8))
    cells[..., 4:] = 1
    found = stitched([((0, 0), cells)], 256, 256, 128)
    assert found.shape == (1, 8, 4)
    assert not found.any()


@pytest.mark.parametrize("shape", [(32, 32), (31, 9000), (512, 512), (3000, 4000), (20000, 64)])
def test_a_large_image_has_at_most_256_cells(shape):
    rows, columns = grid_of(*shape)
    assert 1 <= rows * columns <= 256


@pytest.fixture
def explainer():
    torch.manual_seed(0)
    head = Evidence(EvidenceConfig(features=12, dim=8, rooted=True)).eval()
    return Explainer(head, SimpleNamespace(name="x", sha256="0"))


@torch.no_grad()
def test_an_image_is_judged_once_by_the_cells_of_all_its_crops(explainer):
    cells = torch.randn(2, 12, 8, 8)
    traces = explainer.traces(cells)
    told = explainer.explanation([((0, 0), traces[0]), ((0, 256), traces[1])], 256, (256, 512))
    image, _ = explainer.head(torch.cat(list(cells), dim=1)[None])
    assert list(told["probabilities"].values()) == pytest.approx(image[0].sigmoid().tolist(), abs=1e-4)


@torch.no_grad()
def test_small_differences_count_beside_large_ones_where_roots_are_taken(explainer):
    assert torch.equal(explainer.head.taken(torch.tensor([-4.0, 0.0, 9.0])), torch.tensor([-2.0, 0.0, 3.0]))


def test_a_map_says_nothing_where_no_crop_lies():
    details = {"explanation": {"where": {"blur": [[0.5, 0.5, None, None]] * 2}}}
    drawn = flaw_maps(details, 64, 128)["flaw-blur"]
    assert drawn.shape == (64, 128) and drawn.dtype == np.float32
    assert np.allclose(drawn[:, :60], 0.5) and np.isnan(drawn[:, 70:]).all()
