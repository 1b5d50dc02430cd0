"""Training: recipes, data, batches, schedule, and whole runs in miniature."""

import json
import math
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from iqa_cli.errors import UsageError
from iqa_cli.models.base import FullReference
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, objective
from iqa_cli.training.batches import PRISTINE_SCORE, Batch, Batches, to_tensor
from iqa_cli.training.data import Data, gather
from iqa_cli.training.finish import figures, train_and_save
from iqa_cli.training.loop import initialise, train
from iqa_cli.training.optimiser import make_optimiser, parameter_groups, set_learning_rate
from iqa_cli.training.pictures import is_held_out, read_labels
from iqa_cli.training.recipe import Photographs, Rated, Recipe, Stage, load_recipe, names
from iqa_cli.weights import load_trained

CPU = torch.device("cpu")
HOLDOUT = 0.5  # so that a handful of pictures has some on either side
SYNTHETIC = Stage("synthetic", steps=3, crop=64, references=1, versions=2, lr=1e-3, warmup=1)


def named(prefix, learnt, held_out):
    """File names, so many on either side of the split."""
    for out, how_many in ((False, learnt), (True, held_out)):
        chosen = (path for number in count() if is_held_out(path := Path(f"{prefix}{number}.png"), HOLDOUT) == out)
        yield from islice(chosen, how_many)


@pytest.fixture
def folders(photo, saved, tmp_path):
    """A folder of photographs and a miniature BIQ2021, of which one photograph to distort is held out."""
    for number, name in enumerate(named("p", 3, 0)):
        saved(f"photos/{name}", photo(80, 96, number))
    rows = ["image,mos"]
    for number, name in enumerate([*named("ss03_", 3, 1), *named("other", 0, 1)]):
        saved(f"biq2021/images/{name}", photo(144, 144, number))
        rows.append(f"{name},{number / 5}")
    (tmp_path / "biq2021" / "mos.csv").write_text("\n".join(rows) + "\n")
    return {name: tmp_path / name for name in ("photos", "biq2021")}


def small(stage):
    return replace(stage, steps=1, crop=min(stage.crop, 64), references=2, versions=min(stage.versions, 2), warmup=1)


def miniature(name):
    """A shipped recipe with all its stages, a step each."""
    shipped = load_recipe(name)
    return replace(shipped, stages=tuple(map(small, shipped.stages)), holdout=HOLDOUT, save_every=1)


def run(what, folders, out, **how):
    told = []
    path = train_and_save(what, folders, out, device=CPU, workers=0, report=told.append, **how)
    return path, told


# Whole runs


@pytest.mark.parametrize("name", names())
def test_a_shipped_recipe_ends_with_weights_that_score_and_figures(name, folders, tmp_path, photo):
    what = miniature(name)
    path, told = run(what, folders, tmp_path / "out")
    spec = find_model(what.model)
    loaded = load_trained(spec, path)
    assert loaded.model.config == spec.default_config()
    image = torch.from_numpy(photo(64, 64).astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        score = loaded.model(*(1 + spec.full_reference) * [image])
    assert score.isfinite().all()

    written = json.loads((tmp_path / "out" / "figures.json").read_text(), parse_constant=pytest.fail)
    assert written["kind"] == what.stages[-1].kind
    assert -1 <= written["srocc"] <= 1
    if written["kind"] == "synthetic":
        assert written["images"] == 25 * 5 and len(written["srocc_by_type"]) == 25
    else:
        assert written["images"] == 2
    log = (tmp_path / "out" / "log.csv").read_text().splitlines()
    assert log[0].startswith("step,loss,lr,srocc") and log[-1].startswith(f"{what.steps},")
    assert any("held out: SROCC" in line for line in told)


@pytest.fixture
def short_run():
    """IQT-C, three steps on few pictures: the quickest there is."""
    pictures = (Photographs("biq2021", "images/ss03_*", scale=0.5),)
    return Recipe("iqt-c", (SYNTHETIC,), pictures, holdout=HOLDOUT, precision="fp32", save_every=1)


def stopped_after(step, monkeypatch):
    """A kill, right after the checkpoint of `step`."""
    save = checkpoint.save

    def save_and_die(path, state):
        save(path, state)
        if state["step"] == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", save_and_die)


def test_a_run_that_was_killed_resumes_to_the_same_weights(short_run, folders, tmp_path, monkeypatch):
    how = {"device": CPU, "workers": 0, "report": (told := []).append}
    data = gather(short_run, folders)
    train(short_run, data, tmp_path / "unbroken", **how)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(1, patch)
        train(short_run, data, tmp_path / "broken", **how)
    train(short_run, data, tmp_path / "broken", resume=True, **how)
    assert "steps 1 to 3" in told

    unbroken, broken = (checkpoint.load(tmp_path / name / "last.pt") for name in ("unbroken", "broken"))
    assert unbroken["step"] == broken["step"] == 3
    for part in ("model", "average"):
        states = [saved[part].get("state", saved[part]) for saved in (unbroken, broken)]
        for name, value in states[0].items():
            torch.testing.assert_close(states[1][name], value, rtol=0, atol=1e-6, msg=f"{part} {name}")


def test_a_run_is_not_begun_over_another_one(short_run, folders, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "last.pt").touch()
    with pytest.raises(UsageError, match=r"last.pt is there already: add --resume"):
        run(short_run, folders, tmp_path / "out")


def test_a_run_may_start_from_another_models_fitting_tensors(tmp_path):
    torch.manual_seed(0)
    source, target = (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, width)) for width in (2, 3))
    torch.save(source.state_dict(), tmp_path / "w.pt")
    before = target[1].weight.clone()
    assert initialise(target, tmp_path / "w.pt") == f"2 of 4 tensors taken from {tmp_path / 'w.pt'}"
    assert torch.equal(target[0].weight, source[0].weight)
    assert torch.equal(target[1].weight, before)


def test_figures_are_valid_json_where_a_model_answers_always_the_same(photo):
    class Constant(FullReference):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def encode(self, images):
            return images

        def compare(self, reference, distorted):
            return distorted.mean(dim=(1, 2, 3)) * self.weight

    data = gather_nothing(photographs_held_out=[photo(64, 64)])
    told = figures(Recipe("iqt-c", (SYNTHETIC,), precision="fp32"), Constant(), data)
    assert told["srocc"] is None and set(told["srocc_by_type"].values()) == {None}


# Recipes


@pytest.mark.parametrize("name", names())
def test_a_shipped_recipe_names_a_model_and_says_what_it_is(name):
    found = load_recipe(name)
    assert find_model(found.model).trained
    assert name == f"{found.model}-default"
    assert found.stages and found.about
    assert found.steps == sum(stage.steps for stage in found.stages)
    assert any(stage.kind == "rated" for stage in found.stages) == (found.rated is not None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("model = 'iqt'\nepochs = 3", "unknown key epochs in recipe"),
        ("model = 'iqt'\n[[stage]]\nkind = 'rated'\nsteps = 1\ncrop = 0\nreferences = 1\nrate = 1", "rate in stage"),
        ("model = 'iqt'\n[rated]\ndata = 'a'\nmos = 'b'", "unknown key mos in rated"),
        ("model = 'iqt'\n[[photographs]]\nfolder = 'a'", "unknown key folder in photographs"),
        ("model = 'iqt'\n[[stage]]\nkind = 'real'\nsteps = 1\ncrop = 0\nreferences = 1", "synthetic or rated"),
        ("model = 'iqt'\n[[stage]]\nkind = 'rated'", "steps"),
        ("[[stage]]", "kind"),
        ("model = ", "Invalid value"),
    ],
)
def test_a_recipe_that_will_not_do_is_refused_with_its_file(tmp_path, text, complaint):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint) as refused:
        load_recipe(str(path))
    assert str(refused.value).startswith(f"{path}: ")


def test_an_unknown_recipe_is_answered_with_the_shipped_ones():
    with pytest.raises(UsageError, match=r"no recipe 'iqt-best'.*iqt-c-default, iqt-default, triq-default"):
        load_recipe("iqt-best")


def test_a_step_falls_into_its_stage():
    stages = (replace(SYNTHETIC, steps=3), replace(SYNTHETIC, steps=2, lr=1))
    found = Recipe("iqt", stages)
    assert [found.stage_at(step) for step in range(5)] == [
        (stages[s], n) for s, n in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))
    ]
    with pytest.raises(IndexError):
        found.stage_at(5)


# Pictures


def test_whether_a_picture_is_held_out_follows_from_its_name_alone(tmp_path):
    paths = [tmp_path / f"{number}.jpg" for number in range(4000)]
    held_out = [is_held_out(path, 0.1) for path in paths]
    assert held_out == [is_held_out(tmp_path / "elsewhere" / f"{path.stem}.png", 0.1) for path in paths]
    assert sum(held_out) / 4000 == pytest.approx(0.1, abs=4 * math.sqrt(0.1 * 0.9 / 4000))
    assert not any(is_held_out(path, 0) for path in paths) and all(is_held_out(path, 1) for path in paths)
    # A larger share holds out the same and more.
    assert all(is_held_out(path, 0.2) for path, out in zip(paths, held_out, strict=True) if out)


def test_pictures_are_read_once_on_their_side_of_the_split(folders):
    data = gather(miniature("triq-default"), folders)
    assert (len(data.photographs), len(data.photographs_held_out)) == (6, 1)
    assert (len(data.rated), len(data.rated_held_out)) == (3, 2)
    assert sorted({image.shape for image in data.photographs}) == [(72, 72, 3), (80, 96, 3)]  # BIQ2021's are halved
    assert {image.shape for image in data.rated} == {(144, 144, 3)}
    assert data.scores == pytest.approx([1, 1.8, 2.6]) and data.scores_held_out == pytest.approx([3.4, 4.2])


def test_labels_are_mapped_from_their_scale_to_1_to_5(tmp_path):
    (tmp_path / "list.csv").write_text("image,mos\na.png,0\nb.png,50\nc.png,100\n")
    labels = read_labels(Rated("d", labels="list.csv", images="pictures", high=100), {"d": tmp_path})
    assert labels == [
        (tmp_path / "pictures" / f"{name}.png", score) for name, score in zip("abc", (1, 3, 5), strict=True)
    ]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folders: folders.pop("photos"), "needs --data photos=DIR"),
        (lambda folders: folders.update(photos=folders["photos"] / "no"), "--data photos=.*no: no such folder"),
        (lambda folders: [p.unlink() for p in folders["photos"].iterdir()], "no picture matches"),
        (lambda folders: (folders["biq2021"] / "mos.csv").unlink(), "mos.csv: no such file; --data biq2021"),
        (lambda folders: (folders["biq2021"] / "mos.csv").write_text("a,b\n1,2\n"), "needs columns image and mos"),
        (lambda folders: cut(folders["biq2021"] / "mos.csv", 2), "needs 2 pictures .* there are 1 and 0"),
    ],
    ids=["no --data", "no folder", "no picture", "no labels", "other columns", "too few rated"],
)
def test_data_that_will_not_do_is_refused_in_one_line(folders, tmp_path, spoil, complaint):
    spoil(folders)
    with pytest.raises(UsageError, match=complaint) as refused:
        run(miniature("triq-default"), folders, tmp_path / "out")
    assert "\n" not in str(refused.value)


def cut(path, lines):
    path.write_text("\n".join(path.read_text().splitlines()[:lines]) + "\n")


def test_a_picture_smaller_than_the_crops_is_refused_by_name(folders, tmp_path, saved, photo):
    saved("photos/icon.png", photo(63, 200))
    with pytest.raises(UsageError, match=r"icon.png: too small.* crops of 64 px"):
        run(miniature("iqt-c-default"), folders, tmp_path / "out")


# Batches


def gather_nothing(**parts):
    empty = dict.fromkeys(
        ("photographs", "photographs_held_out", "rated", "scores", "rated_held_out", "scores_held_out"), ()
    )
    return Data(**{**empty, **parts})


def same(a, b):
    return all(
        (x is None and y is None) or (x.shape == y.shape and torch.equal(x, y))
        for x, y in ((a.distorted, b.distorted), (a.score, b.score), (a.reference, b.reference))
    )


@pytest.fixture
def batches(photo):
    stages = (replace(SYNTHETIC, references=3, versions=4), Stage("rated", steps=4, crop=48, references=2))
    pictures = [photo(80, 80, number) for number in range(3)]
    return Batches(Recipe("triq", stages, seed=7), pictures, pictures, [1.0, 2.0, 3.0])


def test_a_batch_is_a_function_of_its_step_and_the_seed(batches):
    for step in (0, 5):
        assert same(batches[step], batches[step])
        assert not same(batches[step], batches[step + 1])
    other_seed = Batches(replace(batches.recipe, seed=8), batches.photographs, batches.rated, batches.scores)
    assert not same(batches[0], other_seed[0])
    assert len(batches) == 7


def test_a_synthetic_batch_holds_versions_of_each_reference_in_turn(batches):
    batch = batches[1]
    assert batch.distorted.shape == (12, 3, 64, 64) and batch.reference.shape == (3, 3, 64, 64)
    assert batch.distorted.dtype == batch.reference.dtype == torch.uint8
    assert ((batch.score >= 1) & (batch.score <= 5)).all()


def test_an_undistorted_version_has_the_score_of_one(batches, monkeypatch):
    monkeypatch.setattr("iqa_cli.training.batches.PRISTINE_SHARE", 1.0)
    batch = batches[0]
    assert torch.equal(batch.distorted, batch.reference.repeat_interleave(4, dim=0))
    assert batch.score.tolist() == pytest.approx(12 * [PRISTINE_SCORE])


def test_a_rated_batch_holds_different_photographs_with_their_scores(batches):
    batch = batches[4]
    assert batch.distorted.shape == (2, 3, 48, 48) and batch.reference is None
    assert len(set(batch.score.tolist())) == 2 and set(batch.score.tolist()) <= {1.0, 2.0, 3.0}


# Objective


def test_a_label_distribution_sums_to_one_and_a_centred_score_is_its_mean():
    scores = torch.linspace(1, 5, 41)
    found = objective.level_distribution(scores, spread=0.7)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(41))
    mean, spread = (found * objective.LEVELS).sum(dim=1), 0.7
    assert mean[20] == pytest.approx(3, abs=1e-6)
    torch.testing.assert_close(mean + mean.flip(0), torch.full((41,), 6.0))  # symmetric about 3
    assert (mean.diff() > 0).all()
    density = [math.exp(-((level - 2.5) ** 2) / (2 * spread**2)) for level in range(1, 6)]
    assert found[15].tolist() == pytest.approx([d / sum(density) for d in density], abs=1e-6)


@torch.no_grad()
def test_the_loss_is_least_where_the_prediction_is_the_label(untrained):
    iqt, triq, scores = untrained("iqt-c").model, untrained("triq").model, torch.tensor([1.5, 4.0])
    assert objective.loss(iqt, scores, scores, 0.7) == 0
    assert objective.loss(iqt, scores + 0.4, scores, 0.7) == pytest.approx(0.01)
    target = objective.level_distribution(scores, 0.7)
    entropy = -(target * target.log()).sum(dim=1).mean()
    assert objective.loss(triq, target.log() + 3, scores, 0.7) == pytest.approx(entropy)


@torch.no_grad()
def test_a_prediction_compares_each_version_with_its_own_reference(untrained, photo):
    model = untrained("iqt-c").model
    pieces = [photo(64, 64, number) for number in range(2)]
    versions = [piece // part for piece in pieces for part in (1, 2, 3)]
    found = objective.predict(model, Batch(to_tensor(versions), torch.zeros(6), to_tensor(pieces)), CPU)
    unit = [
        (to_tensor([a]) / 255, to_tensor([b]) / 255)
        for a, b in zip(np.repeat(pieces, 3, axis=0), versions, strict=True)
    ]
    torch.testing.assert_close(found, torch.cat([model(*pair) for pair in unit]), rtol=0, atol=1e-4)


# Optimiser


def test_matrices_decay_and_biases_norms_and_tokens_do_not():
    with torch.device("meta"):
        model = find_model("iqt-c").build()
    groups = parameter_groups(model, Recipe("iqt-c", (SYNTHETIC,), weight_decay=0.05))
    where = {id(p): (group["weight_decay"], group["backbone"]) for group in groups for p in group["params"]}
    assert len(where) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        undecayed = name.endswith("bias") or "norm" in name or ".bn." in name or "tokens" in name
        assert where[id(parameter)] == (0.0 if undecayed else 0.05, name.startswith("backbone.")), name


@pytest.mark.parametrize("backbone_lr", [None, 1e-4])
def test_the_learning_rate_warms_up_and_follows_a_cosine_to_a_hundredth(backbone_lr):
    model = nn.ModuleDict({"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    optimiser = make_optimiser(model, Recipe("iqt", (SYNTHETIC,)))
    stage = replace(SYNTHETIC, steps=110, warmup=10, lr=1e-3, backbone_lr=backbone_lr)
    expected = {0: 0.1, 4: 0.5, 9: 1, 10: 1, 60: 0.505, 109: 0.01}
    for step, share in expected.items():
        assert set_learning_rate(optimiser, stage, step) == pytest.approx(1e-3 * share, rel=0.03)
        for group in optimiser.param_groups:
            full = backbone_lr if group["backbone"] and backbone_lr else 1e-3
            assert group["lr"] == pytest.approx(full * share, rel=0.03)


def test_each_stage_has_a_schedule_of_its_own():
    stages = (replace(SYNTHETIC, steps=10, lr=1e-3, warmup=2), replace(SYNTHETIC, steps=5, lr=1e-5, warmup=2))
    optimiser, whole = make_optimiser(nn.Linear(2, 2), Recipe("iqt", (SYNTHETIC,))), Recipe("iqt", stages)
    rates = [set_learning_rate(optimiser, *whole.stage_at(step)) for step in range(whole.steps)]
    assert rates[:2] == pytest.approx([5e-4, 1e-3]) and rates[10:12] == pytest.approx([5e-6, 1e-5])
    assert max(rates[10:]) < min(rates[:9])


# Checkpoints


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
    average.copy_to(model)
    assert model.weight.item() == pytest.approx(expected)


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    checkpoint.save(tmp_path / "last.pt", {"step": 1})

    def killed(state, path):
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(tmp_path / "last.pt", {"step": 2})
    assert checkpoint.load(tmp_path / "last.pt") == {"step": 1}


@pytest.mark.parametrize(
    ("model", "stage", "complaint"),
    [
        ("psnr", {}, "nothing to learn"),
        ("iqt-c", {"crop": 250}, "at most 192 px"),
        ("iqt-c", {"kind": "rated"}, "synthetic crops"),
        ("triq", {"steps": 0}, "number from 1"),
        ("triq", {"references": "many"}, "number from 1"),
    ],
)
def test_a_recipe_that_cannot_run_is_refused_before_it_does(model, stage, complaint):
    with pytest.raises(ValueError, match=complaint):
        Recipe(model, (replace(SYNTHETIC, **stage),))


def test_resuming_with_another_recipe_is_refused(tmp_path, folders, short_run):
    how = {"device": CPU, "workers": 0, "report": lambda message: None}
    data = gather(short_run, folders)
    train(short_run, data, tmp_path / "run", **how)
    with pytest.raises(UsageError, match="another recipe"):
        train(replace(short_run, seed=1), data, tmp_path / "run", resume=True, **how)
