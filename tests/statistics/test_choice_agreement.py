"""Agreement with choices between two images, against closed forms and other ways to compute them."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from iqa_cli.statistics.bradley_terry import image_scores, linked, slope_of
from iqa_cli.statistics.choice_agreement import Choices, Scale, agree, people


def pairs_of(*rows):
    """(a, b, share, asked) by row."""
    a, b, share, asked = (np.array(column) for column in zip(*rows, strict=True))
    return Choices(a, b, share.astype(float), asked.astype(float))


def row(scores, choices, group=None, **options):
    scores = np.asarray(scores, dtype=float)
    return agree(scores, choices, Scale.of(choices, scores.size), group, **{"resamples": 0} | options)


def tournament(quality, asked, seed=None):
    """All pairs; people follow Bradley and Terry's model, in expectation or by `seed`."""
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(len(quality), 1)
    chance = expit(quality[b] - quality[a])
    share = chance if seed is None else rng.binomial(asked, chance) / asked
    return Choices(a, b, share, np.full(a.size, float(asked)))


def test_2afc_is_the_share_of_people_a_model_sides_with_and_half_at_equal_scores():
    choices = pairs_of((0, 1, 0.8, 5), (2, 3, 0.4, 5), (4, 5, 1.0, 5))
    found = row([1, 2, 1, 2, 3, 3], choices).value
    assert found.twoafc == pytest.approx((0.8 + 0.4 + 0.5) / 3)


def test_accuracy_leaves_out_pairs_that_part_people_evenly_and_gives_half_for_equal_scores():
    choices = pairs_of((0, 1, 0.8, 5), (2, 3, 0.4, 5), (4, 5, 1.0, 5), (6, 7, 0.5, 4))
    assert row([1, 2, 1, 2, 3, 3, 0, 9], choices).value.accuracy == pytest.approx((1 + 0 + 0.5) / 3)
    assert people(choices, Scale.of(choices, 8)).undecided == 1


def test_a_model_that_always_sides_with_most_people_reaches_the_ceiling_and_no_model_passes_it():
    rng = np.random.default_rng(0)
    choices = Choices(np.arange(0, 80, 2), np.arange(1, 80, 2), rng.integers(0, 6, 40) / 5, np.full(40, 5.0))
    scores = np.zeros(80)
    scores[choices.b] = choices.share - 0.5
    best, ceiling = row(scores, choices).value, people(choices, Scale.of(choices, 80)).ceiling
    assert best.twoafc == pytest.approx(ceiling)
    assert (best.accuracy, best.of_ceiling) == (1, pytest.approx(1))
    assert row(-scores, choices).value.of_ceiling == pytest.approx(-1)
    assert all(row(rng.normal(size=80), choices).value.twoafc <= ceiling for _ in range(20))


def test_one_person_agrees_with_the_others_by_the_square_of_the_shares():
    choices = pairs_of((0, 1, 0.8, 5), (2, 3, 0.5, 4))
    assert people(choices, Scale.of(choices, 4)).person == pytest.approx((0.8**2 + 0.2**2 + 0.5) / 2)


def test_bradley_terry_scores_of_a_tournament_are_the_quality_behind_it():
    quality = np.array([-1.0, -0.2, 0.1, 1.1])
    found = image_scores(*tournament(quality, 1000), 4)
    assert found - found.mean() == pytest.approx(quality - quality.mean(), abs=1e-3)


def test_bradley_terry_scores_are_those_of_the_classical_iteration():
    # Zermelo's fixed point (Hunter, Annals of Statistics 32(1), 2004), without a prior.
    choices = tournament(np.random.default_rng(1).normal(size=6), 40, seed=1)
    strength = np.ones(6)
    for _ in range(5000):
        wins, games = np.zeros(6), np.zeros(6)
        for a, b, share, asked in zip(*choices, strict=True):
            wins[a] += asked * (1 - share)
            wins[b] += asked * share
            games[[a, b]] += asked / (strength[a] + strength[b])
        strength = wins / games
        strength /= strength.sum()
    expected = np.log(strength) - np.log(strength).mean()
    found = image_scores(*choices, 6)
    assert found - found.mean() == pytest.approx(expected, abs=0.01)


def test_an_image_that_always_wins_has_a_finite_score():
    found = image_scores(*pairs_of((0, 1, 1.0, 5), (0, 2, 1.0, 5), (1, 2, 0.6, 5)), 3)
    assert np.isfinite(found).all()
    assert found[0] < found[1] < found[2]


def test_images_are_linked_by_pairs_directly_or_by_others():
    choices = pairs_of((0, 1, 1, 1), (1, 2, 1, 1), (3, 4, 1, 1))
    component = linked(choices.a, choices.b, 6)
    assert component[0] == component[1] == component[2]
    assert len(set(component.tolist())) == 3
    assert np.isnan(Scale.of(choices, 6).scores[3:]).all()


def test_the_slope_of_a_single_difference_gives_peoples_share():
    slope = slope_of(np.array([0.5]), np.array([0.9]), np.array([10.0]))
    assert expit(0.5 * slope) == pytest.approx(0.9, abs=1e-4)
    assert slope == pytest.approx(logit(0.9) / 0.5, rel=1e-3)
    assert slope_of(np.array([0.5]), np.array([0.2]), np.array([10.0])) == 0


def test_scores_that_people_follow_explain_the_choices_and_a_constant_or_inverted_model_nothing():
    quality = np.random.default_rng(2).normal(size=8)
    choices = tournament(quality, 1000)
    followed = row(3 * quality + 7, choices).value
    assert followed.bt_fit == pytest.approx(1, abs=1e-4)
    assert followed.bt_srocc == pytest.approx(1)
    assert people(choices, Scale.of(choices, 8)).scale == pytest.approx(1, abs=1e-3)
    assert row(-quality, choices).value.bt_fit == 0
    assert row(-quality, choices).value.bt_srocc == pytest.approx(-1)
    assert row(np.ones(8), choices).value.bt_fit == 0
    assert np.isnan(row(np.ones(8), choices).value.bt_srocc)


def test_people_who_go_round_in_circles_have_no_scale():
    choices = pairs_of((0, 1, 0.9, 10), (1, 2, 0.9, 10), (2, 0, 0.9, 10))
    assert people(choices, Scale.of(choices, 3)).scale == pytest.approx(0, abs=1e-6)


def test_the_rank_correlation_is_within_each_reference_and_weighted_by_images():
    rng = np.random.default_rng(3)
    one, two = tournament(rng.normal(size=4), 20, seed=3), tournament(rng.normal(size=7), 20, seed=4)
    both = Choices(*(np.concatenate([x, y + shift]) for x, y, shift in zip(one, two, (4, 4, 0, 0), strict=True)))
    scores = rng.normal(size=11)
    expected = [
        stats.spearmanr(scores[some], image_scores(*of, some.size)).statistic
        for some, of in ((np.arange(4), one), (np.arange(4, 11), two))
    ]
    assert row(scores, both).value.bt_srocc == pytest.approx((4 * expected[0] + 7 * expected[1]) / 11)


def test_a_model_that_scores_linked_images_alike_has_no_rank_correlation_there_and_they_count():
    one = tournament(np.array([0.0, 1.0, 2.0]), 20, seed=3)
    both = Choices(*(np.concatenate([x, x + shift]) for x, shift in zip(one, (3, 3, 0, 0), strict=True)))
    of = {name: row(np.array([1.0, 2, 3, *own]), both).value.bt_srocc
          for name, own in (("right", (1, 2, 3)), ("alike", (1, 1, 1)), ("inverted", (3, 2, 1)))}  # fmt: skip
    assert of == pytest.approx({"right": 1, "alike": 0.5, "inverted": 0})


def test_intervals_draw_whole_references_as_a_plain_bootstrap_does():
    rng = np.random.default_rng(5)
    references = 12
    group = np.repeat(np.arange(references), 3)
    a, b = np.tile([0, 0, 1], references) + 3 * group, np.tile([1, 2, 2], references) + 3 * group
    choices = Choices(a, b, rng.integers(0, 6, group.size) / 5, np.full(group.size, 5.0))
    scores = rng.normal(size=3 * references)
    found = row(scores, choices, group, resamples=500)
    sided = np.where(scores[b] > scores[a], choices.share, 1 - choices.share)
    draws = [
        np.concatenate([sided[group == k] for k in np.random.default_rng(seed).integers(references, size=references)])
        for seed in range(500)
    ]
    expected = np.quantile([draw.mean() for draw in draws], [0.025, 0.975])
    assert found.interval.twoafc == pytest.approx(expected, abs=0.03)
    assert found.interval.bt_srocc[0] < found.value.bt_srocc < found.interval.bt_srocc[1]
    assert found.references == references


def test_linked_images_that_reach_over_what_is_drawn_together_have_no_interval_of_their_correlation():
    choices = tournament(np.random.default_rng(6).normal(size=5), 10, seed=6)
    found = row(np.arange(5), choices, resamples=100)
    assert np.isfinite(found.interval.twoafc).all()
    assert np.isnan(found.interval.bt_srocc).all()
