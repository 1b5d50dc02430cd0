"""What a model is asked to minimise: label distributions, and the loss of a batch and of its parts."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from miniature import CPU
from scipy import stats
from torch import nn

from iqa_cli.models.base import FullReference
from iqa_cli.registry import find_model
from iqa_cli.training import objective
from iqa_cli.training.batches import Batch
from iqa_cli.training.examples import LEVELS, from_votes, level_distribution
from iqa_cli.training.synthesis import to_tensor


class Mean(FullReference):
    """Tells how bright the distorted image is."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def encode(self, images):
        return images

    def compare(self, reference, distorted):
        return distorted.mean(dim=(1, 2, 3)) * self.factor


@pytest.mark.parametrize("spread", [0.3, 0.7, 1.4])
def test_a_label_distribution_sums_to_one_and_has_the_score_as_its_mean(spread):
    scores = torch.linspace(1.1, 4.9, 39)
    found = level_distribution(scores, spread)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(39))
    torch.testing.assert_close(found @ LEVELS, scores, rtol=0, atol=2e-3)
    torch.testing.assert_close(found, level_distribution(6 - scores, spread).flip(1))  # symmetric about 3


def test_at_the_ends_of_the_scale_a_distribution_stays_a_tenth_inside():
    found = level_distribution(torch.tensor([1.0, 5.0]), 0.7)
    assert (found @ LEVELS).tolist() == pytest.approx([1.1, 4.9], abs=2e-3)
    assert found[0].argmax() == 0 and found[1].argmax() == 4 and (found >= 0).all()


def test_in_the_middle_a_label_distribution_is_the_renormalised_gaussian():
    density = [math.exp(-((level - 3) ** 2) / (2 * 0.7**2)) for level in range(1, 6)]
    found = level_distribution(torch.tensor([3.0]), 0.7)[0].tolist()
    assert found == pytest.approx([d / sum(density) for d in density], abs=1e-6)


def test_each_score_may_have_a_spread_of_its_own_but_none_below_a_third():
    scores, spreads = torch.tensor([2.2, 3.7, 3.7]), torch.tensor([0.5, 1.0, 0.0])
    found = level_distribution(scores, spreads)
    for row, score, spread in zip(found, scores, (0.5, 1.0, 0.3), strict=True):
        torch.testing.assert_close(row, level_distribution(score[None], spread)[0])


def test_counts_and_shares_of_votes_give_the_same_distribution():
    counts = (0, 5, 20, 60, 15)
    assert from_votes(counts).tolist() == pytest.approx([0, 0.05, 0.2, 0.6, 0.15])
    torch.testing.assert_close(from_votes(counts), from_votes([c / 100 for c in counts]))


@torch.no_grad()
def test_the_loss_of_a_score_is_the_squared_error_on_a_scale_of_one(untrained):
    scores = torch.tensor([1.5, 4.0])
    batch = Batch(None, scores, total=2)
    found = objective.loss(untrained("iqt-c").model, scores + torch.tensor([0.4, -0.8]), batch, CPU)
    assert found.tolist() == pytest.approx([0.01, 0.04])


@torch.no_grad()
def test_the_loss_of_a_distribution_is_least_at_the_label(untrained):
    target = level_distribution(torch.tensor([1.5, 4.0]), 0.7)
    batch = Batch(None, torch.tensor([1.5, 4.0]), target, total=2)
    found = objective.loss(untrained("triq").model, target.log() + 3, batch, CPU)
    entropy = -(target * target.log()).sum(dim=1)
    torch.testing.assert_close(found, entropy)
    assert (objective.loss(untrained("triq").model, torch.zeros(2, 5), batch, CPU) > entropy).all()


@torch.no_grad()
def test_a_prediction_compares_each_version_with_its_own_reference(untrained, photo):
    model = untrained("iqt-c").model
    pieces = [photo(64, 64, number) for number in range(2)]
    versions = [piece // part for piece in pieces for part in (1, 2, 3)]
    found = objective.predict(model, Batch(to_tensor(versions), torch.zeros(6), None, to_tensor(pieces)), CPU)
    unit = [
        (to_tensor([a]) / 255, to_tensor([b]) / 255)
        for a, b in zip(np.repeat(pieces, 3, axis=0), versions, strict=True)
    ]
    torch.testing.assert_close(found, torch.cat([model(*pair) for pair in unit]), rtol=0, atol=1e-4)


def test_a_part_of_a_batch_gives_its_share_of_the_mean_loss():
    images, scores = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8), torch.tensor([1.0, 2, 3, 4])
    batch = Batch(images, scores, None, images, total=4)
    asked = objective.Objective(Mean())
    whole = asked(batch, CPU)
    assert whole.item() == pytest.approx((((images.float().mean((1, 2, 3)) / 255 - scores) / 4) ** 2).mean().item())
    torch.testing.assert_close(sum(asked(batch.part(n, 3), CPU) for n in range(3)), whole)


def test_a_part_of_the_loss_may_be_what_the_correlation_within_the_batch_lacks():
    images = torch.tensor([10, 200, 90, 30], dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 3, 8, 8)
    scores = torch.tensor([1.0, 4.0, 2.0, 3.0])
    batch = Batch(images, scores, None, images, total=4)
    plain, correlated = (objective.Objective(Mean(), plcc)(batch, CPU).item() for plcc in (0.0, 0.5))
    plcc = stats.pearsonr([10, 200, 90, 30], scores).statistic
    assert correlated - plain == pytest.approx(0.5 * (1 - plcc), rel=1e-4)


@pytest.mark.parametrize("equal", ["scores", "predictions"])
def test_a_source_whose_scores_are_all_equal_has_no_correlation_to_learn(equal):
    images = torch.tensor([10, 200, 90, 7, 7, 7], dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 8, 8).clone()
    scores = torch.tensor([1.0, 4.0, 2.0, 4.8, 4.8, 4.8])
    if equal == "scores":
        images[4] = 60
    else:
        scores[4] = 3
    gradients = []
    for source in ([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 2, 3]):  # of one image nothing is asked
        model = Mean(5.0)
        batch = Batch(images, scores, None, images, torch.tensor(source), total=6)
        objective.Objective(model, plcc=0.5)(batch, CPU).backward()
        gradients.append(model.factor.grad)
    assert gradients[0].isfinite()
    torch.testing.assert_close(*gradients)


def probability_above(scores, spreads, first, second):
    return stats.norm.cdf((scores[first] - scores[second]) / math.hypot(spreads[first], spreads[second]))


def test_the_fidelity_loss_is_that_of_the_bhattacharyya_coefficient_of_each_pair():
    said, people, spreads = [1.0, 3.0, 2.0], [2.0, 2.5, 4.0], [0.7, 0.5, 0.4]
    expected = []
    for pair in ((0, 1), (0, 2), (1, 2)):
        p, q = (probability_above(scores, spreads, *pair) for scores in (people, said))
        expected.append(1 - math.sqrt(p * q) - math.sqrt((1 - p) * (1 - q)))
    given = [torch.tensor(values) for values in (said, people, spreads)]
    assert objective.fidelity(*given).item() == pytest.approx(np.mean(expected), abs=1e-5)
    assert objective.fidelity(given[1], *given[1:]).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("wrong", [(4.0, 2.0), (5.0, 1.0), (3.0, 3.0)])
def test_the_fidelity_loss_puts_a_pair_into_order_and_stays_finite_far_from_it(wrong):
    scores = torch.tensor(wrong, requires_grad=True)
    found = objective.fidelity(scores, torch.tensor([1.0, 5.0]), torch.tensor([0.3, 0.3]))
    found.backward()
    assert 0 < found.item() <= 1 and scores.grad.isfinite().all()
    assert scores.grad[0] >= 0 >= scores.grad[1]
    assert wrong == (5.0, 1.0) or scores.grad[0] > 0


def test_the_spread_of_opinions_is_that_of_the_label_distribution():
    shares = [[0.1, 0.2, 0.4, 0.2, 0.1], [0.0, 0.0, 0.1, 0.3, 0.6]]
    batch = Batch(None, torch.tensor([3.0, 4.5]), torch.tensor(shares))
    expected = [stats.rv_discrete(values=(range(1, 6), row)).std() for row in shares]
    assert objective.spreads(batch).tolist() == pytest.approx(expected, abs=1e-5)
    assert objective.spreads(replace(batch, distribution=None)).tolist() == pytest.approx([0.7, 0.7])


@pytest.mark.parametrize("term", ["plcc", "fidelity"])
def test_correlation_and_order_are_learnt_within_a_source_not_between_sources(term):
    brightness = [0, 255, 51, 204, 102, 153, 0, 255]
    images = torch.tensor(brightness, dtype=torch.uint8).view(8, 1, 1, 1).expand(8, 3, 8, 8)
    scores = torch.tensor([1.0, 4, 2, 3, 5, 4.5, 2, 2.5])
    source = torch.tensor([0, 0, 0, 0, 1, 1, 1, 7])
    batch = Batch(images, scores, None, images, source, total=8)
    plain, more = (objective.Objective(Mean(5.0), **given)(batch, CPU).item() for given in ({}, {term: 0.5}))
    expected = 0.0
    for rows in ([0, 1, 2, 3], [4, 5, 6]):  # the last source has one image
        said = [brightness[n] / 51 for n in rows]
        if term == "plcc":
            lacking = 1 - stats.pearsonr(said, scores[rows]).statistic
        else:
            lacking = objective.fidelity(torch.tensor(said), scores[rows], torch.full((len(rows),), 0.7)).item()
        expected += 0.5 * len(rows) * lacking / 8
    assert more - plain == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["iqt-c", "iqt-lite", "triq", "triq-lite"])
def test_every_parameter_that_learns_gets_a_gradient_as_parallel_training_demands(name, photo):
    torch.manual_seed(0)
    model = find_model(name).build()
    images = to_tensor([photo(64, 64, n) for n in range(2)])
    batch = Batch(images, torch.tensor([2.0, 3.0]), torch.full((2, 5), 0.2), images.flip(3), total=2)
    objective.Objective(model)(batch, CPU).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None] == []
