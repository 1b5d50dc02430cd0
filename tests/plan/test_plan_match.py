"""How a distorted file is called for its reference: said for all folders, for one, or found by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import complaint, full, images, pairs, touch

from iqa_cli.plan import Inputs
from iqa_cli.plan.matching import found_template, reference_stem
from iqa_cli.plan.methods import plan_methods

STEMS = st.text(st.sampled_from("abc019_- é"), min_size=1, max_size=5)


def found(references, distorted):
    return found_template({(".", stem) for stem in references}, [(".", stem) for stem in distorted])


@pytest.mark.parametrize(
    ("distorted", "template"),
    [
        (["0001_x4", "0002_x4"], "{stem}_x4"),
        (["0001x4", "0002x4"], "{stem}x4"),
        (["sr-0001", "sr-0002"], "sr-{stem}"),
        (["ours_0001_out", "ours_0002_out"], "ours_{stem}_out"),
        (["0002_x4"], "{stem}_x4"),
    ],
)
def test_one_suffix_or_prefix_that_fits_all_names_is_found(distorted, template):
    assert found(["0001", "0002", "0003"], distorted) == template


@pytest.mark.parametrize(
    ("references", "distorted"),
    [
        (["0001", "0002"], ["0001_x4", "0002_x2"]),  # two rules
        (["1", "2"], ["10", "20"]),  # parts of numbers
        (["a", "a_a"], ["a_a_a"]),  # several rules fit
        (["cat"], ["catalogue"]),  # a word of its own
        (["0001"], ["0005_x4"]),  # none
    ],
)
def test_what_is_ambiguous_is_never_guessed(references, distorted):
    assert found(references, distorted) is None


@given(stems=st.sets(STEMS, min_size=1, max_size=6), before=STEMS, after=STEMS)
def test_what_is_found_gives_every_name_the_reference_it_was_made_of_or_nothing_is_found(stems, before, after):
    made = {f"{before}{stem}{after}": stem for stem in stems}
    template = found(stems, list(made))
    if template is not None and all(reference_stem(name, f"{before}{{stem}}{after}") == made[name] for name in made):
        assert {reference_stem(name, template) for name in made} <= stems


def test_a_folder_whose_names_end_alike_is_paired_by_itself_and_it_is_said(here):
    touch("ref/a/1.png", "ref/a/2.png", "x4/a/1_x4.png", "x4/a/2_x4.png", "plain/a/1.png", "plain/a/2.png")
    plan = full("ref", "x4", "plain", recursive=True)
    assert images(plan) == ["x4/a/1_x4.png", "x4/a/2_x4.png", "plain/a/1.png", "plain/a/2.png"]
    assert plan.messages == ("x4: paired by '{stem}_x4', which fits all its files",)


def test_a_name_that_is_a_reference_s_leaves_nothing_to_be_found(here):
    touch("ref/1.png", "ref/2.png", "d/1.png", "d/2_x4.png")
    assert "d: 1 image without a partner in ref (2_x4.png)" in complaint(full, "ref", "d")


def test_the_bare_stem_as_template_finds_nothing_else(here):
    touch("ref/1.png", "d/1_x4.png")
    assert "without a partner" in complaint(full, "ref", "d", match=("{stem}",))


def test_a_template_may_be_for_one_folder_called_by_its_path_or_its_name(here):
    touch("ref/1.png", "runs/a/1.png", "runs/b/1_out.png", "runs/c/best-1.png")
    match = ("b={stem}_out", "./runs/c/=best-{stem}", "{stem}")
    assert images(full("ref", "runs/a", "runs/b", "runs/c", match=match)) == [
        "runs/a/1.png",
        "runs/b/1_out.png",
        "runs/c/best-1.png",
    ]


def test_a_template_for_a_folder_that_is_not_named_is_an_error(here):
    touch("ref/1.png", "d/1.png")
    assert complaint(full, "ref", "d", match=("b={stem}_out",)) == "--match b={stem}_out: no folder b is named"


def test_an_equal_sign_after_the_stem_is_part_of_the_template(here):
    touch("ref/1.png", "d/1_q=5.png")
    assert pairs(full("ref", "d", match=("{stem}_q=5",))) == [("ref/1.png", "d/1_q=5.png")]


def test_a_rule_that_fits_some_names_is_proposed_with_how_many_it_fits(here):
    touch(*(f"ref/{i}.png" for i in range(5)), *(f"d/{i}_x4.png" for i in range(4)), "d/thumb.png")
    assert "; --match '{stem}_x4' would pair 4 of 5" in complaint(full, "ref", "d")
    assert "; --match '{stem}_x4' would pair 4 of 5" in complaint(full, "ref", "d", match=("{stem}_x2",))
    touch(*(f"more/{i}.png" for i in range(5)))
    assert "; --match d='{stem}_x4' would pair 4 of 5" in complaint(full, "ref", "more", "d")


def test_names_that_have_nothing_in_common_get_no_proposal(here):
    touch("ref/a.png", "d/x.png")
    assert "--match" not in complaint(full, "ref", "d")


def test_methods_compared_with_each_other_may_have_a_rule_each(here):
    touch("a/1.png", "a/2.png", "b/1_out.png", "b/2_out.png")
    plan = plan_methods(Inputs(("a", "b"), match=("b={stem}_out",)))
    assert plan.images == ("1", "2") and [job.image for job in plan.jobs][:2] == ["a/1.png", "b/1_out.png"]
    assert "it needs --ref" in complaint(plan_methods, Inputs(("a", "b"), match=("{stem}_out",)))
    plan = plan_methods(Inputs(("b", "a"), match=("b={stem}_out",)))
    assert plan.images == ("1", "2")
