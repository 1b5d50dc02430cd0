"""Distillation: what a student is to see and to say, the batches for it, and recipes that ask for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import CPU, examples, same_tensors
from torch import nn

from iqa_cli.errors import UsageError
from iqa_cli.models import backbones
from iqa_cli.models.triq import NORMALISATIONS
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, loop
from iqa_cli.training.batches import Batches
from iqa_cli.training.distillation import FARTHEST, SHARES, Distillation
from iqa_cli.training.finish import card
from iqa_cli.training.gather import Data, gather
from iqa_cli.training.objective import Objective, to_unit
from iqa_cli.training.parallel import Process
from iqa_cli.training.picture_files import Picture
from iqa_cli.training.recipe import Recipe, load_recipe
from iqa_cli.training.recipe_parts import Photographs, Stage
from iqa_cli.training.synthesis import unlabelled
from iqa_cli.weights import default_weight, load_trained

MEAN, STD = (torch.tensor(values).view(3, 1, 1) for values in NORMALISATIONS["imagenet"])
FACTS = {"distil": 1.0, "steps": 2, "crop": 64, "batch": 2, "versions": 2, "lr": 1e-3, "shrink": 0.5, "degraded": 0.5}
DISTILLED = Stage("distilled", **FACTS)


@pytest.fixture
def student(monkeypatch):
    """TRIQ with one block a stage."""
    monkeypatch.setattr(backbones.ResNet50, "COUNTS", (1, 1, 1, 1))
    torch.manual_seed(0)
    return find_model("triq").build()


@pytest.fixture
def images():
    """Three random images."""
    return torch.rand(3, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def test_a_student_tells_its_maps_of_four_strides_and_the_logits_it_gives_otherwise(images):
    model = find_model("triq").build().eval()
    maps, logits = model.maps_and_logits(images)
    torch.testing.assert_close(logits, model.logits(images))
    assert [tuple(one.shape) for one in maps] == [
        (3, c, 64 // s, 96 // s) for c, s in zip(model.MAPS, (4, 8, 16, 32), strict=True)
    ]
    torch.testing.assert_close(maps[-1], model.backbone((images - MEAN) / STD))


@torch.no_grad()
def test_hints_are_the_stages_of_the_backbone_and_the_standardised_cells(images):
    model = load_trained(find_model("triq-lite")).model
    hints, logits = model.hints_and_logits(images)
    torch.testing.assert_close(logits, model.logits(images))
    stages = list(model.backbone(images))
    torch.testing.assert_close(hints[0], stages[2])
    torch.testing.assert_close(hints[1], stages[3])
    torch.testing.assert_close(hints[2], torch.cat([stages[4], stages[5]], dim=1))
    norm = model.standardise
    cells = (model.cells(images) - norm.running_mean[:, None, None]) / (norm.running_var + norm.eps).sqrt()[
        :, None, None
    ]
    torch.testing.assert_close(hints[3], cells.clamp(-6, 6), rtol=1e-4, atol=1e-4)
    assert tuple(hint.shape[1] for hint in hints) == model.HINTS


def test_who_tells_nothing_misses_the_variance_of_the_hints_and_who_says_the_same_diverges_by_nothing(student, images):
    lesson = Distillation("triq-lite", student)
    for regress in lesson.regressors:
        nn.init.zeros_(regress.weight), nn.init.zeros_(regress.bias)
    hints, opinions = lesson.given(images)
    maps, _ = student.maps_and_logits(images)
    missed = lesson(images, maps, opinions.log())
    variance = sum(share * (hint**2).mean() for share, hint in zip(SHARES, hints, strict=True))
    assert missed.shape == (3,) and missed.mean().item() == pytest.approx(variance.item(), rel=1e-5)
    sure = torch.tensor([[9.0, 0, 0, 0, 0]]).repeat(3, 1)
    divergence = (opinions * (opinions.log() - sure.log_softmax(-1))).sum(-1)
    torch.testing.assert_close(lesson(images, maps, sure) - missed, divergence, rtol=1e-4, atol=1e-5)


def test_who_tells_the_hints_misses_nothing(student, images):
    lesson = Distillation("triq-lite", student)
    lesson.regressors = nn.ModuleList(nn.Identity() for _ in lesson.regressors)
    hints, opinions = lesson.given(images)
    torch.testing.assert_close(lesson(images, hints, opinions.log()), torch.zeros(3), rtol=0, atol=1e-5)


def test_the_student_and_what_reads_its_maps_learn_and_the_model_it_learns_from_does_not(student, material):
    lesson = Distillation("triq-lite", student)
    recipe = Recipe("triq", (DISTILLED,), distilled_from="triq-lite")
    before = {name: value.clone() for name, value in lesson.guide[0].state_dict().items()}
    batch = Batches(recipe, material)[0]
    Objective(student, 1.0, 1.0, lesson)(batch, CPU).backward()
    assert all(p.grad is not None for part in (student.backbone, lesson.regressors) for p in part.parameters())
    assert not any(p.requires_grad for p in lesson.guide[0].parameters())
    same_tensors(before, lesson.guide[0].state_dict())
    assert not any("guide" in name for name in lesson.state_dict())


def test_no_activation_far_out_is_all_that_is_learnt(student):
    lesson, images = Distillation("triq-lite", student), torch.full((64, 3, 64, 64), 0.5)
    images[0] = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))  # one picture unlike all others
    assert max(hint.abs().max() for hint in lesson.given(images)[0]) == FARTHEST


def test_pictures_without_labels_are_asked_for_nothing_but_the_others_opinion(student, material):
    """Neither cross-entropy nor correlation and order of scores that nobody gave."""
    lesson = Distillation("triq-lite", student)
    batch = Batches(Recipe("triq", (DISTILLED,), distilled_from="triq-lite"), material)[0]
    student.eval()
    found = Objective(student, 1.0, 1.0, lesson)(batch, CPU)
    images = to_unit(batch.distorted, CPU)
    torch.testing.assert_close(found, lesson(images, *student.maps_and_logits(images)).mean())


def test_rated_images_are_asked_for_people_s_scores_and_by_its_weight_for_the_other_s_opinion(student, material):
    lesson = Distillation("triq-lite", student)
    rated = Stage("rated", steps=1, crop=64, batch=4, distil=0.25)
    batch = Batches(Recipe("triq", (rated,), distilled_from="triq-lite"), material)[0]
    student.eval()
    images = to_unit(batch.distorted, CPU)
    distilled = lesson(images, *student.maps_and_logits(images)).mean()
    labels = Objective(student, 1.0, 1.0)(batch, CPU)
    torch.testing.assert_close(Objective(student, 1.0, 1.0, lesson)(batch, CPU), labels + 0.25 * distilled)


def test_a_distilled_batch_is_made_of_photographs_and_rated_images_and_of_its_step_alone(saved):
    dark, light = (
        [Picture(Path(saved(f"{value}.png", np.full((80, 80, 3), value, np.uint8))), size=(80, 80))]
        for value in (40, 200)
    )
    data = Data(dark, [], examples(light), [])
    stage = replace(DISTILLED, batch=12, degraded=0.0)
    recipe = Recipe("triq", (stage,), distilled_from="triq-lite")
    first, again, next_one = (Batches(recipe, data)[step] for step in (0, 0, 1))
    assert first.distorted.shape == (24, 3, 64, 64) and first.total == 24 and not first.labelled
    assert set(first.distorted.unique().tolist()) == {40, 200}
    assert torch.equal(first.distorted, again.distorted) and not torch.equal(first.distorted, next_one.distorted)
    halves = [Batches(recipe, data, rank, 2)[0].distorted for rank in (0, 1)]
    assert [len(half) for half in halves] == [12, 12]
    joined = torch.cat([half.unflatten(0, (6, 2)) for half in halves], dim=1).flatten(0, 1)
    assert torch.equal(joined, first.distorted)


def test_a_share_of_unlabelled_crops_is_distorted():
    flat = np.full((64, 64, 3), 120, np.uint8)
    stage = Stage("distilled", **FACTS | {"shrink": 1.0, "degraded": 0.5, "degraded_types": (11,)})
    changed = [not (unlabelled(flat, stage, np.random.default_rng(seed)) == flat).all() for seed in range(60)]
    assert 20 < sum(changed) < 40
    assert (unlabelled(flat, replace(stage, degraded=0.0), np.random.default_rng(0)) == flat).all()


def test_an_unlabelled_crop_is_a_window_of_the_picture_or_of_the_picture_reduced():
    ramp = np.zeros((200, 200, 3), np.uint8) + np.arange(200, dtype=np.uint8)[:, None]
    steps = []
    for seed in range(40):
        stage = Stage("distilled", **FACTS | {"shrink": 0.4, "degraded": 0.0})
        crop = unlabelled(ramp, stage, np.random.default_rng(seed))
        assert crop.shape == (64, 64, 3)
        steps.append(
            abs(np.diff(crop[:, 20:44, 0].astype(float), axis=1).mean())
        )  # px of the picture to one of the crop
    assert min(steps) >= 0.99 and 2.0 < max(steps) < 2.6
    whole = unlabelled(ramp, Stage("distilled", **FACTS | {"shrink": 1.0, "degraded": 0.0}), np.random.default_rng(0))
    assert abs(np.diff(whole[..., 0].astype(int), axis=1)).max() == 1


def test_a_recipe_that_distils_is_trained_to_weights_and_goes_on_after_a_stop(material, tmp_path, student, monkeypatch):
    stages = (DISTILLED, Stage("rated", steps=1, crop=64, batch=4, distil=0.5))
    recipe = Recipe("triq", stages, distilled_from="triq-lite", precision="fp32", validate_every=9, save_every=1)
    photographs = [replace(picture, path=Path(picture.path)) for picture in material.photographs]
    rated = examples(photographs)
    data = Data(photographs, [], rated, rated[:3])

    def trained(out, **how):
        return loop.train(recipe, data, tmp_path / out, device=CPU, workers=0, report=lambda message: None, **how)

    unbroken = trained("unbroken")
    save = loop.Run.save

    def save_and_die(run):
        save(run)
        if run.position.step == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop.Run, "save", save_and_die)
        trained("stopped")
    with monkeypatch.context() as patch, pytest.raises(UsageError, match="by another guide"):
        patch.setattr(checkpoint, "told_of_guide", lambda name: "another guide")
        trained("stopped", resume=True)
    same_tensors(unbroken.state_dict(), trained("stopped", resume=True).state_dict())


def test_the_best_weights_come_back_with_what_reads_their_maps(material, tmp_path, student):
    rated = examples(material.photographs)
    recipe = Recipe("triq", (DISTILLED,), distilled_from="triq-lite")
    run = checkpoint.Run(recipe, Data(material.photographs, [], rated, rated[:3]), tmp_path, CPU, Process())
    parts = {"model": run.model, "distillation": run.distillation}
    best = {name: {key: value.clone() for key, value in part.state_dict().items()} for name, part in parts.items()}
    run.save_best()
    for part in parts.values():
        nn.init.zeros_(next(part.parameters()))
    run.restore_best()
    for name, part in parts.items():
        same_tensors(best[name], part.state_dict())


STAGE = "[[stage]]\nkind = '{kind}'\nsteps = 1\ncrop = {crop}\nbatch = 1\n"
FROM = "distilled_from = 'triq-lite'\n"
CAN = "triq can be distilled, from triq-lite"


@pytest.mark.parametrize(
    ("head", "kind", "crop", "more", "complaint"),
    [
        ("", "distilled", 64, "distil = 1.0", "with distilled_from every stage needs distil"),
        (FROM, "rated", 64, "", "with distilled_from every stage needs distil"),
        (FROM, "distilled", 64, "distil = 0.0", "with distilled_from every stage needs distil"),
        (FROM, "distilled", 0, "distil = 1.0", "a distilled stage needs a crop"),
        (FROM, "distilled", 64, "distil = 1.0\nshrink = 1.5", "shrink of a distilled stage is a factor"),
        (FROM, "distilled", 64, "distil = 1.0\ndistorted = 5", "neither distorted nor grid"),
        (FROM, "distilled", 64, "distil = 1.0\ndegraded = 2.0", "degraded and beyond are shares"),
        (FROM, "rated", 64, "distil = 1.0\nshrink = 0.5", "no other stage has one"),
        (FROM, "synthetic", 64, "distil = 1.0", "distil is for rated and distilled stages"),
        (FROM, "taught", 64, "", "kind is synthetic, rated or distilled, not 'taught'"),
        ("distilled_from = 'triq-light'\n", "distilled", 64, "distil = 1.0", "triq-lite"),
        ("distilled_from = 'iqt-lite'\n", "distilled", 64, "distil = 1.0", CAN),
        ("distilled_from = 'psnr'\n", "distilled", 64, "distil = 1.0", CAN),
        ("distilled_from = 3\n", "distilled", 64, "distil = 1.0", "distilled_from is the name of a model, not 3"),
    ],
)
def test_what_cannot_be_distilled_is_refused_when_the_recipe_is_read(tmp_path, head, kind, crop, more, complaint):
    path = tmp_path / "own.toml"
    path.write_text(f"model = 'triq'\n{head}{STAGE.format(kind=kind, crop=crop)}{more}\n")
    with pytest.raises(UsageError, match=complaint):
        load_recipe(str(path))


def test_a_card_names_the_guide_and_its_weights(material):
    recipe = load_recipe("triq-default")
    figures = {"kind": "rated", "images": 3, "srocc": 0.5, "plcc": 0.5, "rmse": 0.5}
    told = card(recipe, material, figures)
    weights = default_weight("triq-lite")
    assert f"Distilled from triq-lite ({weights.name}, sha256 {weights.sha256[:12]})." in told
    assert "distillation with weight 0.5" in told


def test_a_model_without_maps_cannot_be_distilled():
    with pytest.raises(ValueError, match=CAN):
        Recipe("triq-lite", (DISTILLED,), distilled_from="triq-lite")


def test_a_distilled_stage_is_judged_by_rated_images(pictures, tmp_path):
    folder = Path(pictures((80, 80), (80, 80))[0].path).parent
    recipe = Recipe("triq", (DISTILLED,), (Photographs("photos"),), distilled_from="triq-lite")
    with pytest.raises(UsageError, match=r"needs rated images held out, to be judged by: name some as \[\[rated\]\]"):
        gather(recipe, {"photos": folder}, report=lambda message: None)


def test_a_picture_smaller_than_its_reduced_window_is_taken_whole(pictures):
    stage = Stage("distilled", **FACTS | {"shrink": 0.4, "degraded": 0.0})
    picture: Picture = pictures((70, 90))[0]
    for seed in range(5):
        assert unlabelled(picture.read(), stage, np.random.default_rng(seed)).shape == (64, 64, 3)
