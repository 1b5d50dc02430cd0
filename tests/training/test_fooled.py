"""Learning against being fooled: pictures optimised for the score of the model that learns, and their labels."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import CPU, same_tensors, short_recipe
from torch import nn

from iqa_cli.models.base import FullReference
from iqa_cli.training import checkpoint, fooled, loop
from iqa_cli.training.batches import Batch
from iqa_cli.training.fooled import PENALTY, OptimisedPairs, optimise
from iqa_cli.training.gather import Data
from iqa_cli.training.objective import Objective
from iqa_cli.training.parallel import Process
from iqa_cli.training.recipe_parts import Fooled, Stage
from iqa_cli.training.teachers import Teachers

NONE = np.zeros(0)
KEYS = Fooled(pairs=6, kept=12)
# What a fake metric says: minus the mean error of an image, from 5 where there is none to 1 at 0.2.
TEACHERS = Teachers(("error",), NONE, NONE, NONE, NONE, ((np.array([-0.2, 0.0]), np.array([1.0, 5.0])),))


def error(reference, distorted, metrics):
    return -(reference - distorted).abs().mean((1, 2, 3), keepdim=True)[..., 0, 0].double().numpy()


@pytest.fixture(autouse=True, scope="module")
def fake_metric():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fooled, "measure", error)
        yield


class Small(FullReference):
    """A pair's score from the differences of a few features and of their size, averaged over the image."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Conv2d(3, 16, 3, 2)
        self.head = nn.Sequential(nn.BatchNorm1d(32), nn.Linear(32, 32), nn.GELU(), nn.Linear(32, 1))

    def encode(self, images):
        return self.backbone(images).relu()

    def compare(self, reference, distorted):
        seen = torch.cat([reference - distorted, (reference**2 - distorted**2)], dim=1).mean((2, 3))
        return self.head(seen)[:, 0] * 4 + 1


def noisy_batches(photo):
    """`noisy(step)`: a batch of three photographs in four versions with noise, and what the metric says of each."""
    pieces = torch.from_numpy(np.stack([photo(48, 48, n) for n in range(3)])).permute(0, 3, 1, 2)

    def batch(step):
        generator = torch.Generator().manual_seed(step)
        strength = 80 * torch.rand(12, 1, 1, 1, generator=generator)
        reference = pieces.repeat_interleave(4, dim=0)
        noise = torch.randn(reference.shape, generator=generator)
        distorted = (reference + strength * noise).clamp(0, 255).byte()
        said = [TEACHERS.consensus(v) for v in error(reference / 255, distorted / 255, ())]
        return Batch(distorted, torch.tensor(said), reference=pieces, total=12)

    return batch


@pytest.fixture
def noisy(photo):
    """See `noisy_batches`."""
    return noisy_batches(photo)


def learnt(noisy, steps, keys=None, model=None):
    """A small model after so many steps on noisy pairs, and on optimised ones where there are keys."""
    torch.manual_seed(0)
    model = model or Small()
    objective, pairs = Objective(model), OptimisedPairs(TEACHERS, seed=0)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        batches = [noisy(step)]
        if keys:
            batches.append(pairs.next(keys, model, batches[0], step, CPU))
        model.train()
        optimiser.zero_grad()
        for batch in batches:
            objective(batch, CPU).backward()
        optimiser.step()
    return model.eval()


def begun(batch, sign=1.0):
    """The pairs of a batch as they lie in store before their first step."""
    image = batch.distorted / 255
    reference = batch.reference.repeat_interleave(4, dim=0)
    numbers = {"sign": torch.full((12,), sign), "rate": torch.full((12,), 0.01), "steps": torch.zeros(12)}
    moments = {name: torch.zeros_like(image) for name in ("mean", "square")}
    return {"reference": reference, "image": image, **moments, **numbers}


def rise(model, batch, steps=12, sign=1.0):
    """How far so many steps raise the model's score of each pair of a batch."""
    pairs = begun(batch, sign)
    before = pairs["image"]
    optimise(pairs, model, steps, CPU)
    with torch.no_grad():
        after, first = (model(pairs["reference"] / 255, image) for image in (pairs["image"], before))
    return after - first


@pytest.fixture(scope="module")
def plain(photo):
    """A small model that learnt from noisy pairs alone."""
    return learnt(noisy_batches(photo), 60)


# The store


def test_steps_up_raise_the_models_score_and_steps_down_lower_it(plain, noisy):
    batch = noisy(1000)
    assert (rise(plain, batch) > 0.5).all()
    assert (rise(plain, batch, sign=-1.0) < -0.5).all()


def test_three_steps_at_a_time_are_the_steps_of_adam(plain, noisy):
    pairs = begun(noisy(0))
    image = pairs["image"].clone().requires_grad_()
    adam = torch.optim.Adam([image], lr=0.01)
    for _ in range(6):
        adam.zero_grad()
        (-plain(pairs["reference"] / 255, image).sum()).backward()
        adam.step()
        image.data.clamp_(0, 1)
    for _ in range(2):
        optimise(pairs, plain, 3, CPU)
    torch.testing.assert_close(pairs["image"], image.detach(), rtol=0, atol=2e-4)
    assert all(parameter.grad is None for parameter in Small().parameters())


def test_a_picture_comes_with_the_one_it_began_as_whose_label_stays(plain, noisy):
    batch = noisy(0)
    found = OptimisedPairs(TEACHERS, 0).next(KEYS, plain, batch, 0, CPU)
    assert found.distorted.dtype == torch.uint8 and len(found.score) == found.total == 12 and len(found.reference) == 6
    labels = {
        image.numpy().tobytes(): score for image, score in zip(batch.distorted, batch.score.tolist(), strict=True)
    }
    for image, score in zip(found.distorted[1::2], found.score[1::2].tolist(), strict=True):
        assert labels[image.contiguous().numpy().tobytes()] == score
    moved = (found.distorted[::2].float() - found.distorted[1::2].float()).abs()
    assert ((moved > 0).any(dim=1).float().mean((1, 2)) > 0.5).all() and moved.max() <= 3 * 0.013 * 255 * 1.1


def test_the_label_of_an_optimised_picture_moves_by_what_metrics_say_less_a_little(plain, noisy):
    pairs = OptimisedPairs(TEACHERS, 0)
    batch = noisy(0)
    pairs.next(KEYS, plain, batch, 0, CPU)
    store = pairs.store
    store["score"] -= 0.5  # people's opinion need not be the metrics'
    better, worse = (store["distorted"].float().lerp(store["reference"].float(), share) for share in (0.5, -0.2))
    for image in (better, worse):
        shown = image.clamp(0, 255).byte()
        said = [TEACHERS.consensus(v) for v in error(store["reference"] / 255, shown / 255, ())]
        expected = store["score"] + torch.tensor(said) - store["said"] - PENALTY * store["steps"] * (store["sign"] > 0)
        torch.testing.assert_close(pairs.label(store, shown), expected.clamp(1, 4.8).float())
    assert (pairs.label(store, better.byte()) > pairs.label(store, store["distorted"])).float().mean() > 0.8


def test_pairs_go_on_until_the_longest_and_then_make_room_for_the_batch_at_hand(plain, noisy):
    keys = replace(KEYS, pairs=12, steps=2, longest=4)
    pairs = OptimisedPairs(TEACHERS, 0)
    seen = [pairs.next(keys, plain, noisy(step), step, CPU).distorted[1::2].sum().item() for step in range(4)]
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert (pairs.store["steps"] == fooled.EMPTY).all()
    pairs.next(replace(keys, pairs=5), plain, noisy(4), 4, CPU)
    assert sorted(pairs.store["steps"].tolist()) == 7 * [0] + 5 * [2]


def test_every_process_takes_pairs_of_its_own_and_its_part_of_the_mean(plain, noisy, monkeypatch):
    monkeypatch.setattr(Process, "share_buffers", lambda self, module: None)  # there is but one process here
    one, other = (OptimisedPairs(TEACHERS, 0, Process(rank, 2)).next(KEYS, plain, noisy(0), 0, CPU) for rank in (0, 1))
    assert one.total == 24 and not torch.equal(one.distorted[1::2], other.distorted[1::2])


# Training


def test_learning_against_being_fooled_lowers_how_far_steps_raise_the_score(plain, noisy):
    batch = noisy(1000)
    before = rise(plain, batch).mean()
    unaware = rise(learnt(noisy, 30, None, deepcopy(plain)), batch).mean()
    model = learnt(noisy, 30, KEYS, deepcopy(plain))
    assert rise(model, batch).mean() < 0.6 * min(before, unaware)
    with torch.no_grad():
        told = model.predict(batch.distorted / 255, batch.reference / 255)
    assert torch.corrcoef(torch.stack([told, batch.score]))[0, 1] > 0.85


@pytest.fixture
def recipe_and_data(pictures):
    """IQT-C on synthetic pairs, three steps against being fooled and one more stage, and its photographs."""
    stage = Stage("synthetic", steps=3, crop=64, batch=2, versions=2, lr=1e-3, fooled=Fooled(pairs=2, kept=4))
    recipe = short_recipe(rated=(), stages=(stage, replace(stage, steps=1)), validate_every=10, frozen=("backbone",))
    found = [replace(picture, path=Path(picture.path)) for picture in pictures(*[(80, 80)] * 4)]
    return recipe, Data(found, found[:1], [], [], teachers=TEACHERS)


def trained(recipe, data, out, **how):
    return loop.train(recipe, data, out, device=CPU, workers=0, report=lambda message: None, **how)


def test_a_run_that_was_stopped_goes_on_with_the_pictures_it_had(recipe_and_data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_validate", lambda *_: None)
    recipe, data = recipe_and_data
    unbroken = trained(recipe, data, tmp_path / "unbroken").state_dict()
    save = checkpoint.save_state

    def save_and_die(path, state):
        save(path, state)
        if state["position"]["step"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint, "save_state", save_and_die)
        trained(recipe, data, tmp_path / "stopped")
    assert (tmp_path / "stopped" / "last.pt").is_file()
    same_tensors(unbroken, trained(recipe, data, tmp_path / "stopped", resume=True).state_dict())
    stores = [checkpoint.load_state(tmp_path / name / "last.pt")["optimised"][0] for name in ("unbroken", "stopped")]
    same_tensors(*stores)


def test_the_backbone_that_is_frozen_gets_no_gradient_from_optimised_pictures(recipe_and_data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_validate", lambda *_: None)
    recipe, data = recipe_and_data
    with_it = trained(recipe, data, tmp_path / "with")
    assert all(parameter.grad is None for parameter in with_it.backbone.parameters())
    plain_stages = tuple(replace(stage, fooled=None) for stage in recipe.stages)
    without = trained(replace(recipe, stages=plain_stages), data, tmp_path / "without")
    assert not torch.equal(with_it.head.first.weight, without.head.first.weight)
