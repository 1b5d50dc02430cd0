"""The answer in words: who is best, how sure that is, and where it stands."""

from math import inf, nan

import numpy as np
import pytest
from compared import DISTANCE, LPIPS, PSNR, comparison

from iqa_cli.comparison.answer import answer
from iqa_cli.comparison.method_grids import summary_grids

RNG = np.random.default_rng(0)
APART = np.array([[30.0], [29.0], [20.0]]) + RNG.normal(0, 0.1, (3, 20))
ALIKE = np.array([[30.0], [30.0], [20.0]]) + np.array([[0.001], [0.0], [0.0]]) + RNG.normal(0, 1, (3, 20))


def test_a_method_better_than_all_is_best_surely_and_the_nearest_is_named():
    (told,) = answer(comparison({"psnr": APART}, [PSNR]))
    assert told.startswith("psnr: a is best with ") and "surely: next is b -" in told and "p <0.001" in told


def test_a_lead_that_chance_can_explain_is_called_so():
    (told,) = answer(comparison({"psnr": ALIKE}, [PSNR]))
    assert "leads with" in told and "not surely: " in told and "p = " in told
    assert "; c" not in told  # which is far behind


def test_models_that_agree_are_told_in_the_last_sentence_and_with_how_sure_it_is():
    *_, last = answer(comparison({"psnr": APART, "distance": 1 / APART}, [PSNR, DISTANCE]))
    assert last == "Best: a, by both models, psnr and distance, surely"
    *_, last = answer(comparison({"psnr": APART, "distance": 1 / ALIKE[[0, 1, 2]]}, [PSNR, DISTANCE]))
    assert last in ("Best: a, by both models, psnr and distance, surely by psnr", *disagreeing("a", "b"))


def disagreeing(first, second):
    return (f"The models disagree: {first} by psnr; {second} by distance",)


def test_models_that_disagree_are_told_each_with_its_best():
    *_, last = answer(comparison({"psnr": APART, "distance": APART / 100}, [PSNR, DISTANCE]))
    assert (last,) == disagreeing("a", "c")


@pytest.mark.parametrize(
    ("images", "told"),
    [(3, "p is 0.500 at best"), (5, "p is 0.125 at best"), (6, "p is 0.062 at best"), (7, "")],
)
def test_so_few_images_that_no_p_can_be_small_are_said_to_prove_nothing(images, told):
    sentences = answer(comparison({"psnr": APART[:, :images]}, [PSNR]))
    assert [told] * bool(told) == [s.partition("prove nothing: ")[2] for s in sentences if "prove nothing" in s]


def test_of_one_image_the_best_candidate_and_the_next_are_named_with_their_scores():
    found = comparison({"psnr": np.array([[20.0], [30.0], [25.0]])}, [PSNR], single=True)
    assert answer(found)[-1] == "psnr: b is best with 30.00, then c with 25.00"
    found = comparison({"distance": np.array([[0.2], [0.3], [0.25]])}, [DISTANCE], single=True)
    assert answer(found)[-1] == "distance: a is best with 0.2000, then c with 0.2500"


def test_distances_without_an_upper_end_are_told_apart_as_those_with_one_are():
    table = np.array([[0.0512], [0.0549], [0.09]])
    said = "lpips: a is best with 0.0512, then b with 0.0549"
    assert answer(comparison({"lpips": table}, [LPIPS], single=True))[-1] == said
    (told,) = answer(comparison({"lpips": np.tile(table, 20)}, [LPIPS]))
    assert told.startswith("lpips: a is best with 0.0512 ") and "next is b +0.0037" in told


def test_candidates_equal_as_shown_are_best_together():
    found = comparison({"psnr": np.array([[30.001], [30.002], [25.0]])}, [PSNR], single=True)
    assert answer(found)[-1] == "psnr: a and b are equal and best with 30.00, then c with 25.00"


def test_methods_with_one_mean_are_equal_and_best_and_the_others_are_told_after_them():
    tied = APART[[0, 0, 2]]
    assert answer(comparison({"psnr": tied[:2]}, [PSNR])) == [equal_with(tied)]
    (told,) = answer(comparison({"psnr": tied}, [PSNR]))
    assert told.startswith(f"{equal_with(tied)}, surely: next is c -")
    (told,) = answer(comparison({"psnr": ALIKE[[0, 0, 1]]}, [PSNR]))
    assert told.startswith(equal_with(ALIKE)) and ", not surely: c " in told and "; b" not in told


def equal_with(table):
    (alone,) = answer(comparison({"psnr": table[:1]}, [PSNR]))
    return alone.replace("a scores", "a and b are equal and best with").partition(" on ")[0]


def test_the_last_sentence_is_sure_of_those_that_are_best_together_and_not_of_one_of_them():
    tied = APART[[0, 0, 2]]
    *_, last = answer(comparison({"psnr": tied, "distance": 1 / tied}, [PSNR, DISTANCE]))
    assert last == "Best: a and b, by both models, psnr and distance, surely"
    *_, last = answer(comparison({"psnr": tied, "distance": 1 / APART}, [PSNR, DISTANCE]))
    assert last == "Best: a, by both models, psnr and distance, surely by distance"
    *_, last = answer(comparison({"psnr": tied[:2], "distance": 1 / tied[:2]}, [PSNR, DISTANCE]))
    assert last == "Best: a and b, by both models, psnr and distance"


def test_a_method_that_equals_the_reference_is_best_without_a_number():
    sentences = answer(comparison({"psnr": np.array([[inf, inf, inf], [30, 32, 31], [28, 29, 27.0]])}, [PSNR]))
    assert sentences[-1] == "psnr: a is best, equal to the reference on every image"


def test_a_method_that_equals_the_reference_is_surely_best_where_so_many_images_can_prove_it():
    finite = RNG.normal(30, 1, (2, 20))
    table = np.vstack([np.full(20, inf), finite])
    for images, told in ((20, ", surely"), (2, ", surely by none")):
        *_, last = answer(comparison({"psnr": table[:, :images], "distance": 1 / APART[:, :images]}, [PSNR, DISTANCE]))
        assert last == f"Best: a, by both models, psnr and distance{told}"
    nearly = np.where(np.arange(20) < 19, inf, 45.0)
    *_, last = answer(comparison({"psnr": np.vstack([table[0], nearly]), "distance": 1 / APART[:2]}, [PSNR, DISTANCE]))
    assert last == "Best: a, by both models, psnr and distance, surely by distance"
    *_, last = answer(comparison({"psnr": table[:, :6], "distance": 1 / APART[:, :6]}, [PSNR, DISTANCE]))
    assert last == "Best: a, by both models, psnr and distance, surely by none"  # two others: p is 0.031 twice
    both = np.vstack([np.full((2, 20), inf), finite[0]])
    *_, last = answer(comparison({"psnr": both, "distance": 1 / APART}, [PSNR, DISTANCE]))
    assert last == "Best: a, by both models, psnr and distance, surely by distance"


def test_where_images_were_left_out_every_sentence_says_on_how_many_it_holds_and_who_lacks_scores():
    table = np.array([[20.0, 21, 22, 23], [inf, nan, nan, nan]])
    found = comparison({"psnr": table, "distance": 1 / np.where(np.isinf(table), 90, table)}, [PSNR, DISTANCE])
    sentences = answer(found)
    assert "This holds for the 1 of 4 images compared, for b has no score on 3" in sentences
    assert "psnr: b is best, equal to the reference on the 1 of 4 images compared" in sentences
    assert any(note.startswith("b: equal to the reference on the 1 of 4 images compared") for note in found.notes)
    assert sentences[-1].endswith("on the 1 of 4 images compared")
    assert all("of 4 images" in told for told in sentences if "is best" in told or "leads" in told)
    assert any("leads with" in told and "on the 3 of 4" in told for told in answer(lacking(ALIKE[:, :4])))


def lacking(table):
    return comparison({"psnr": np.where(np.arange(table.size).reshape(table.shape) == 1, nan, table)}, [PSNR])


def test_without_a_finite_mean_there_is_no_answer():
    sentences = answer(comparison({"psnr": np.array([[inf, 30], [30, inf]])}, [PSNR]))
    assert sentences[-1] == "psnr: no answer, for no mean of it is finite"


def test_a_single_method_is_told_with_its_mean():
    assert answer(comparison({"psnr": APART[:1]}, [PSNR]))[0].startswith("psnr: a scores ")


def test_wins_have_decimals_only_where_a_tie_is_shared():
    def wins(table):
        (grid,) = summary_grids(comparison({"psnr": np.array(table)}, [PSNR]))
        place = [column.name for column in grid.columns].index("Wins")
        return [row[place].text for row in grid.rows]

    assert wins([[30.0, 31, 32], [29, 28, 27]]) == ["3", "0"]
    assert wins([[30.0, 31, 32], [30, 28, 27]]) == ["2.5", "0.5"]
