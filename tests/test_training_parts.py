"""The parts of a training run, each alone: objective, labels, optimiser, schedule, checkpoint, log, card, judging."""

import math
import signal
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.image import imread
from miniature import CPU, short_recipe
from scipy import stats
from torch import nn

from iqa_cli.errors import MissingExtraError
from iqa_cli.models.base import FullReference
from iqa_cli.registry import find_model
from iqa_cli.training import card, checkpoint, curves, labels, objective, validation
from iqa_cli.training import log as training_log
from iqa_cli.training.batches import Batch
from iqa_cli.training.data import Data
from iqa_cli.training.evaluation import evaluate, evenly
from iqa_cli.training.examples import Example
from iqa_cli.training.finish import figures
from iqa_cli.training.interrupt import listening
from iqa_cli.training.log import Log, read_log
from iqa_cli.training.optimiser import make_optimiser, parameter_groups, set_learning_rate
from iqa_cli.training.pictures import Picture
from iqa_cli.training.progress import Position
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.training.recipe_files import load_recipe
from iqa_cli.training.run import initialise
from iqa_cli.training.synthesis import to_tensor

STAGE = Stage("synthetic", steps=3, crop=64, batch=1, versions=2, lr=1e-3)
NOTHING = Data([], [], [], [])


class Mean(FullReference):
    """Tells how bright the distorted image is."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def encode(self, images):
        return images

    def compare(self, reference, distorted):
        return distorted.mean(dim=(1, 2, 3)) * self.factor


# Labels


@pytest.mark.parametrize("spread", [0.3, 0.7, 1.4])
def test_a_label_distribution_sums_to_one_and_has_the_score_as_its_mean(spread):
    scores = torch.linspace(1.1, 4.9, 39)
    found = labels.level_distribution(scores, spread)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(39))
    torch.testing.assert_close(found @ labels.LEVELS, scores, rtol=0, atol=2e-3)
    torch.testing.assert_close(found, labels.level_distribution(6 - scores, spread).flip(1))  # symmetric about 3


def test_at_the_ends_of_the_scale_a_distribution_stays_a_tenth_inside():
    found = labels.level_distribution(torch.tensor([1.0, 5.0]), 0.7)
    assert (found @ labels.LEVELS).tolist() == pytest.approx([1.1, 4.9], abs=2e-3)
    assert found[0].argmax() == 0 and found[1].argmax() == 4 and (found >= 0).all()


def test_in_the_middle_a_label_distribution_is_the_renormalised_gaussian():
    density = [math.exp(-((level - 3) ** 2) / (2 * 0.7**2)) for level in range(1, 6)]
    found = labels.level_distribution(torch.tensor([3.0]), 0.7)[0].tolist()
    assert found == pytest.approx([d / sum(density) for d in density], abs=1e-6)


def test_each_score_may_have_a_spread_of_its_own_but_none_below_a_third():
    scores, spreads = torch.tensor([2.2, 3.7, 3.7]), torch.tensor([0.5, 1.0, 0.0])
    found = labels.level_distribution(scores, spreads)
    for row, score, spread in zip(found, scores, (0.5, 1.0, 0.3), strict=True):
        torch.testing.assert_close(row, labels.level_distribution(score[None], spread)[0])


def test_counts_and_shares_of_votes_give_the_same_distribution():
    counts = (0, 5, 20, 60, 15)
    assert labels.from_votes(counts).tolist() == pytest.approx([0, 0.05, 0.2, 0.6, 0.15])
    torch.testing.assert_close(labels.from_votes(counts), labels.from_votes([c / 100 for c in counts]))


# Objective


@torch.no_grad()
def test_the_loss_of_a_score_is_the_squared_error_on_a_scale_of_one(untrained):
    scores = torch.tensor([1.5, 4.0])
    batch = Batch(None, scores, total=2)
    found = objective.loss(untrained("iqt-c").model, scores + torch.tensor([0.4, -0.8]), batch, CPU)
    assert found.tolist() == pytest.approx([0.01, 0.04])


@torch.no_grad()
def test_the_loss_of_a_distribution_is_least_at_the_label(untrained):
    target = labels.level_distribution(torch.tensor([1.5, 4.0]), 0.7)
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


# Optimiser and schedule


def built(name):
    """Without memory: only names and shapes are asked for."""
    with torch.device("meta"):
        return find_model(name).build()


def test_matrices_decay_and_biases_norms_and_tokens_do_not():
    model = built("iqt-c")
    groups = parameter_groups(model, 0.05)
    where = {id(p): (group["weight_decay"], group["backbone"]) for group in groups for p in group["params"]}
    assert len(where) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        undecayed = name.endswith("bias") or "norm" in name or ".bn." in name or "tokens" in name
        assert where[id(parameter)] == (0.0 if undecayed else 0.05, name.startswith("backbone.")), name


def test_tokens_of_timm_do_not_decay_and_its_trunk_is_a_backbone():
    model = built("vit-iqa")
    for group in parameter_groups(model, 0.05):
        for parameter in group["params"]:
            name = next(n for n, p in model.named_parameters() if p is parameter)
            assert group["backbone"] == name.startswith("trunk.")
            assert not (group["weight_decay"] and name in ("trunk.cls_token", "trunk.pos_embed"))


def test_what_is_frozen_is_not_optimised_and_adam_has_no_decay():
    model = built("iqt-c")
    model.backbone.requires_grad_(False)
    optimiser = make_optimiser(model, short_recipe(optimiser="adam", weight_decay=0.05))
    assert type(optimiser) is torch.optim.Adam
    assert {(g["weight_decay"], g["backbone"]) for g in optimiser.param_groups} == {(0.0, False)}
    assert type(make_optimiser(model, short_recipe())) is torch.optim.AdamW


@pytest.mark.parametrize("backbone_lr", [None, 1e-4])
def test_the_learning_rate_warms_up_and_follows_a_cosine_to_its_end(backbone_lr):
    model = nn.ModuleDict({"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    optimiser = make_optimiser(model, short_recipe())
    stage = replace(STAGE, steps=110, warmup=10, lr=1e-3, backbone_lr=backbone_lr)
    expected = {0: 0.1, 4: 0.5, 9: 1, 10: 1, 60: 0.505, 109: 0.01}
    for step, share in expected.items():
        assert set_learning_rate(optimiser, stage, step) == pytest.approx(1e-3 * share, rel=0.03)
        for group in optimiser.param_groups:
            full = backbone_lr if group["backbone"] and backbone_lr else 1e-3
            assert group["lr"] == pytest.approx(full * share, rel=0.03)


def test_a_stage_may_hold_its_rate_keep_it_or_lay_its_cosine_over_more_steps():
    held = replace(STAGE, steps=130, warmup=10, hold=20, final=0)
    assert [held.rate(step) for step in (9, 20, 30)] == pytest.approx([1, 1, 1])
    assert held.rate(80) == pytest.approx(0.5) and held.rate(130) == pytest.approx(0)
    constant = replace(STAGE, steps=50, final=1)
    assert {constant.rate(step) for step in range(50)} == {1}
    longer = replace(STAGE, steps=50, schedule=100, final=0)
    assert longer.rate(50) == pytest.approx(0.5)


# Checkpoints and averages


def test_the_average_follows_the_weights_with_a_decay_that_grows_to_its_own():
    model = nn.Linear(1, 1, bias=False)
    average = checkpoint.Average(model, decay=0.3)
    expected = model.weight.item()
    for update in range(1, 8):
        with torch.no_grad():
            model.weight.fill_(update)
        average.update(model)
        decay = min(0.3, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * update
    assert average.state["weight"].item() == pytest.approx(expected)
    restored = checkpoint.Average(nn.Linear(1, 1, bias=False), decay=0.3)
    restored.load_state_dict(average.state_dict())
    restored.copy_to(model)
    assert model.weight.item() == pytest.approx(expected) and restored.updates == 7


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    checkpoint.save(tmp_path / "last.pt", {"step": 1})

    def killed(state, path):
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(tmp_path / "last.pt", {"step": 2})
    assert checkpoint.load(tmp_path / "last.pt") == {"step": 1}


def test_a_position_counts_validations_since_the_best_and_never_takes_nan():
    position = Position()
    assert [position.validated(srocc) for srocc in (0.5, 0.4, math.nan, 0.6)] == [True, False, False, True]
    position.validated(0.1)
    (again := Position()).load_state_dict(position.state_dict())
    assert (again.best, again.since) == (0.6, 1)


def test_a_run_may_start_from_another_models_fitting_tensors(tmp_path):
    torch.manual_seed(0)
    source, target = (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, width)) for width in (2, 3))
    torch.save(source.state_dict(), tmp_path / "w.pt")
    before = target[1].weight.clone()
    assert initialise(target, tmp_path / "w.pt") == f"2 of 4 tensors taken from {tmp_path / 'w.pt'}"
    assert torch.equal(target[0].weight, source[0].weight)
    assert torch.equal(target[1].weight, before)


def test_parts_that_begin_afresh_are_not_taken_from_another_model(tmp_path):
    torch.manual_seed(0)
    source, target = (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)) for _ in range(2))
    torch.save(source.state_dict(), tmp_path / "w.pt")
    before = target[1].weight.clone()
    assert initialise(target, tmp_path / "w.pt", fresh=("1",)).startswith("2 of 4 tensors")
    assert torch.equal(target[0].weight, source[0].weight) and torch.equal(target[1].weight, before)


# Signals


def test_the_first_signal_is_noted_the_second_ends_at_once_and_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with listening() as interrupt:
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


# Log and curves


def agreement_of(srocc_sign=1):
    values = np.arange(4.0)
    return validation.Agreement(values * srocc_sign, values, np.zeros(4, int))


def test_the_log_tells_what_a_person_watches_and_keeps_it_as_csv(tmp_path):
    told = []
    log = Log(tmp_path, 100, 0, report=told.append)
    for done in range(1, 51):
        log.step(done, loss=done / 50, lr=1e-3, images=16)
    log.validated(50, agreement_of(-1))
    assert len(told) == 2
    for part in ("step 50/100", "loss 0.5100", "lr 1.00e-03", "images/s", "min left"):
        assert part in told[0]
    assert "held out: SROCC -1.0000 PLCC -1.0000" in told[1]
    (row,) = read_log(tmp_path)
    assert row.pop("images_per_second") > 0
    assert row == {"step": 50, "loss": 0.51, "lr": 0.001, "srocc": -1, "plcc": -1}


def test_a_resumed_run_drops_the_rows_after_its_checkpoint(tmp_path):
    log = Log(tmp_path, 9, 0, report=lambda message: None)
    for done in (2, 4, 6):
        log.step(done, 0.5, 1e-3, 1)
        log.validated(done, agreement_of())
    Log(tmp_path, 9, 4, report=lambda message: None)
    assert [row["step"] for row in read_log(tmp_path)] == [2, 4]


def test_tensorboard_gets_every_step_where_it_is_asked_for(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = Log(tmp_path, 3, 0, report=lambda message: None, tensorboard=True)
    for done in (1, 2, 3):
        log.step(done, loss=1 / done, lr=1e-3, images=1)
    log.validated(3, agreement_of())
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3]
    assert [event.value for event in events.Scalars("loss")] == pytest.approx([1, 1 / 2, 1 / 3])
    assert [e.value for e in events.Scalars("held out/SROCC")] == [1]


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[train\]"):
        Log(tmp_path, 3, 0, tensorboard=True)


def test_the_curves_are_a_picture_of_the_log(tmp_path):
    training_log._keep_rows(tmp_path / "log.csv", 0)
    drawn = []
    for rows in ("1,0.5,0.001,nan,nan,9\n", "2,0.4,0.002,0.1,0.2,9\n"):
        with (tmp_path / "log.csv").open("a") as file:
            file.write(rows)
        pixels = imread(curves.draw(tmp_path, "a run"))
        drawn.append(pixels)
    assert drawn[0].shape == drawn[1].shape and (drawn[0] != drawn[1]).any()


# Judging


def test_agreement_is_that_of_scipy_over_all_and_within_groups():
    rng = np.random.default_rng(0)
    label, group = rng.uniform(1, 5, 60), np.repeat([1, 2, 3], 20)
    predicted = label + rng.normal(0, 0.5, 60)
    found = validation.Agreement(predicted, label, group)
    assert found.srocc() == pytest.approx(stats.spearmanr(predicted, label).statistic)
    assert found.plcc() == pytest.approx(stats.pearsonr(predicted, label).statistic)
    assert found.rmse() == pytest.approx(math.sqrt(((predicted - label) ** 2).mean()))
    assert found.srocc_by_group()[2] == pytest.approx(stats.spearmanr(predicted[20:40], label[20:40]).statistic)


def test_figures_are_valid_json_where_a_model_answers_always_the_same(photo, saved, monkeypatch):
    monkeypatch.setattr(validation, "LEVELS", (1, 5))
    held_out = [Picture(saved("p.png", photo(64, 64)), size=(64, 64))]
    told = figures(
        Recipe("iqt-c", (STAGE,), precision="fp32"), Mean(0.0), replace(NOTHING, photographs_held_out=held_out)
    )
    assert told["srocc"] is None and set(told["srocc_by_type"].values()) == {None} and told["images"] == 50


def pair(saved, photo, size, score, number):
    images = [Picture(saved(f"{n}{number}.png", photo(*size, number) // (n + 1)), size=size[::-1]) for n in range(2)]
    return Example(images[1], images[0], score, labels.level_distribution(torch.tensor([score]), 0.7)[0])


def test_a_held_out_pair_is_judged_by_the_mean_of_its_crops_and_a_small_one_mirrored(saved, photo):
    examples = [pair(saved, photo, (200, 250), 2.0, 0), pair(saved, photo, (150, 160), 4.0, 1)]
    seen = [batch for batch, _ in validation.rated_images(examples, 192, 5)]
    assert [batch.distorted.shape[-2:] for batch in seen] == [(192, 192)] * 2
    small = examples[1].image.read()
    mirrored = np.pad(small, ((0, 42), (0, 32), (0, 0)), mode="reflect")
    assert np.array_equal(seen[1].distorted[0].permute(1, 2, 0), mirrored)
    found = evaluate(
        Mean(), None, replace(STAGE, kind="rated"), replace(NOTHING, rated_held_out=examples), short_recipe()
    )
    expected = [batch.distorted.float().mean().item() / 255 for batch in seen]
    assert found.predicted.tolist() == pytest.approx(expected, rel=1e-4) and found.label.tolist() == [2, 4]


def test_the_average_is_judged_and_the_model_stays_as_it_is(saved, photo):
    model = Mean(1.0)
    average = checkpoint.Average(Mean(2.0), 0.9)
    data = replace(NOTHING, rated_held_out=[pair(saved, photo, (192, 192), 2.0, 0)])
    stage = replace(STAGE, kind="rated")
    own, averaged = (evaluate(model, a, stage, data, short_recipe()).predicted for a in (None, average))
    assert averaged == pytest.approx(2 * own) and model.factor.item() == 1


def test_a_glance_takes_pictures_evenly():
    assert evenly(list(range(10)), None) == list(range(10))
    assert evenly(list(range(10)), 3) == [0, 3, 6]
    assert evenly(list(range(2)), 5) == [0, 1]


# Card


def test_the_entry_is_toml_and_the_card_tells_data_recipe_figures_and_limits(tmp_path):
    (path := tmp_path / "w.safetensors").write_bytes(b"weights")
    recipe = load_recipe("triq-koniq-livewild")
    told = {"kind": "rated", "images": 3, "srocc": 0.5, "plcc": None, "rmse": 1.0}
    (entry,) = tomllib.loads(card.entry(recipe, path, told))["weight"]
    assert entry["size"] == 7 and entry["model"] == "triq" and (entry["low"], entry["high"]) == (1, 5)
    assert entry["results"][0]["command"].startswith("iqa train triq-koniq-livewild --data koniq10k=PATH --data")
    (tmp_path / "before.safetensors").write_bytes(b"weights")
    text = card.card(recipe, NOTHING, told, [tmp_path / "before.safetensors"])
    assert "Starts from before.safetensors (sha256 9a129038d9a0)" in text
    for part in (
        "## Trained on",
        "KonIQ-10k",
        "120 epochs of 32 rated pictures",
        "SROCC 0.5",
        "## Limits",
        "optimistic",
    ):
        assert part in text


def test_a_card_of_synthetic_labels_has_figures_by_type_and_names_the_weakest():
    told = {"kind": "synthetic", "images": 3, "srocc": 0.5, "plcc": 0.5, "rmse": 1.0,
            "srocc_by_type": {"lens blur": 0.9, "JPEG": 0.1, "jitter": None}}  # fmt: skip
    text = card.card(Recipe("iqt-c", (STAGE,), name="mine"), NOTHING, told)
    assert "| lens blur | 0.9 |" in text and "Weakest: JPEG (0.1), lens blur (0.9)." in text
    assert "not people's opinions of these images" in text


@pytest.mark.parametrize("name", ["iqt-c", "triq"])
def test_every_parameter_that_learns_gets_a_gradient_as_parallel_training_demands(name, photo):
    torch.manual_seed(0)
    model = find_model(name).build()
    images = to_tensor([photo(64, 64, n) for n in range(2)])
    batch = Batch(images, torch.tensor([2.0, 3.0]), torch.full((2, 5), 0.2), images.flip(3), total=2)
    objective.Objective(model)(batch, CPU).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None] == []
