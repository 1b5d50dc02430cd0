"""What a run learns from: labels, splits, manifests, and bad data, told before training starts."""

import csv
import math
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import layouts
import pytest
import torch
from miniature import HOLDOUT, TOML, pairs, short_recipe

from iqa_cli.__main__ import main
from iqa_cli.datasets import load
from iqa_cli.errors import UsageError
from iqa_cli.training.data import gather
from iqa_cli.training.labels import level_distribution
from iqa_cli.training.pictures import is_held_out
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.training.sources import Photographs, Rated

KADID10K = '[[rated]]\ndataset = "kadid10k"'
WHOLE = Stage("rated", epochs=1, crop=0, batch=2)
SYNTHETIC = Stage("synthetic", steps=3, crop=64, batch=1)


def silent(message):
    pass


def gathered(recipe, paths, **how):
    return gather(recipe, paths, **{"report": silent, **how})


def alone(*rated, **changed):
    """A recipe for images without references."""
    return Recipe("triq", (WHOLE,), rated=rated, holdout=HOLDOUT, **changed)


def in_order(examples):
    return sorted(examples, key=lambda example: example.image.path)


def file_names(examples):
    return {example.image.path.name for example in examples}


def table(root, rows, name="list.csv"):
    """A manifest of single images, which it makes: rows of (image, mos[, std])."""
    for number, (image, *_) in enumerate(rows):
        layouts.save_picture(root / image, 40, number)
    layouts.write_csv(root / name, ["image", "mos", "std"][: len(rows[0])], rows)
    return root / name


def held_out_names(learnt, held_out):
    """File names, so many on either side of the split by name."""
    for out, how_many in ((False, learnt), (True, held_out)):
        chosen = (name for n in count() if is_held_out(Path(name := f"p{n}.png"), HOLDOUT) == out)
        yield from islice(chosen, how_many)


# Labels


def test_labels_are_mapped_from_their_scale_to_1_to_5_and_cut_off_at_its_ends(tmp_path):
    rows = [[f"{n}.png", mos] for n, mos in enumerate((0, 50, 100, 103, -2))]
    data = gathered(alone(Rated("mine", low=0, high=100)), {"mine": table(tmp_path, rows)})
    assert [e.score for e in in_order(data.rated + data.rated_held_out)] == pytest.approx([1, 3, 5, 5, 1])


def test_elo_scores_of_pipal_run_from_1_for_the_lowest_to_5_for_the_highest(tmp_path):
    layouts.write_pipal(tmp_path, size=72, groups=2, variants=1)
    data = gathered(replace(short_recipe(), rated=(Rated("pipal", split="reference"),)), {"pipal": tmp_path})
    for example in data.rated + data.rated_held_out:
        group = int(example.image.path.stem.split("_")[1])
        assert example.score == pytest.approx(1 + 4 * (1800 - 100 * group - 916.7136) / (1835.9856 - 916.7136))
        assert example.reference.path.name == f"{example.image.path.name[:5]}.bmp"
        assert example.type == f"{group:02d}"


def test_the_votes_of_koniq_are_its_label_distributions(tmp_path):
    layouts.write_koniq(tmp_path, images=6)
    items = {item.image: item for item in load("koniq10k", tmp_path)}
    data = gathered(alone(Rated("koniq10k")), {"koniq10k": tmp_path})
    for example in data.rated + data.rated_held_out:
        votes = torch.tensor(items[example.image.path].votes)
        torch.testing.assert_close(example.distribution, (votes / 100).float())
        assert example.score == pytest.approx(float(votes @ torch.arange(1.0, 6.0) / 100))


def test_a_mean_and_a_deviation_make_a_distribution_on_the_same_scale(tmp_path):
    layouts.write_live_wild(tmp_path, images=8)
    items = {item.image: item for item in load("live-wild", tmp_path)}
    data = gathered(alone(Rated("live-wild")), {"live-wild": tmp_path})
    for example in data.rated + data.rated_held_out:
        item = items[example.image.path]
        assert example.score == pytest.approx(1 + item.mos / 25)
        expected = level_distribution(torch.tensor([1 + item.mos / 25]), item.std / 25)[0]
        torch.testing.assert_close(example.distribution, expected)


def test_where_no_deviation_is_known_the_recipes_spread_is_taken(tmp_path):
    listed = table(tmp_path, [["0.png", 2, 1.1], ["1.png", 2, ""], ["2.png", 2, 0], ["3.png", 3, 0.5]])
    data = gathered(alone(Rated("mine", spread=0.9)), {"mine": listed})
    found = [e.distribution for e in in_order(data.rated + data.rated_held_out)]
    for distribution, spread in zip(found, (1.1, 0.9, 0.9), strict=False):
        torch.testing.assert_close(distribution, level_distribution(torch.tensor([2.0]), spread)[0])


# Splits


def test_whether_a_picture_is_held_out_follows_from_its_name_alone(tmp_path):
    paths = [tmp_path / f"{number}.jpg" for number in range(4000)]
    held_out = [is_held_out(path, 0.1) for path in paths]
    assert held_out == [is_held_out(tmp_path / "elsewhere" / f"{path.stem}.png", 0.1) for path in paths]
    assert sum(held_out) / 4000 == pytest.approx(0.1, abs=4 * math.sqrt(0.1 * 0.9 / 4000))
    assert not any(is_held_out(path, 0) for path in paths) and all(is_held_out(path, 1) for path in paths)
    # A larger share holds out the same and more.
    assert all(is_held_out(path, 0.2) for path, out in zip(paths, held_out, strict=True) if out)


def test_a_split_by_reference_leaves_no_reference_on_both_sides(tmp_path):
    layouts.write_kadid10k(tmp_path, references=5, size=72, types=2, levels=2)
    recipe = short_recipe(rated=(Rated("kadid10k", split="reference", holdout=0.4),))
    data = gathered(recipe, {"kadid10k": tmp_path})
    learnt, held_out = ({e.reference.path.name for e in side} for side in (data.rated, data.rated_held_out))
    assert (len(learnt), len(held_out), learnt & held_out) == (3, 2, set())
    assert len(data.rated) == 12 and len(data.rated_held_out) == 8
    assert {e.type for e in data.rated} == {"gaussian blur", "lens blur"}


def test_images_of_one_name_in_different_folders_are_split_apart(tmp_path):
    rows = []
    for reference in "abcd":
        layouts.save_picture(tmp_path / f"{reference}.png", 72, ord(reference))
        for name in ("jpeg.png", "blur.png"):
            layouts.save_picture(tmp_path / reference / name, 72, ord(reference), 0.1)
            rows.append([f"{reference}.png", f"{reference}/{name}", 3])
    layouts.write_csv(tmp_path / "pairs.csv", ["reference", "distorted", "mos"], rows)
    data = gathered(short_recipe(), {"mine": tmp_path / "pairs.csv"})
    assert (len(data.rated), len(data.rated_held_out)) == (6, 2)
    assert not {e.reference for e in data.rated} & {e.reference for e in data.rated_held_out}


def test_half_size_copies_are_held_out_where_the_originals_are(tmp_path):
    for folder in ("1024x768", "512x384"):
        layouts.write_koniq(tmp_path, images=20, folder=folder)
    sources = (Rated("koniq10k", split="stratified"), Rated("koniq10k-512", follows="koniq10k"))
    paths = {"koniq10k": tmp_path, "koniq10k-512": tmp_path}
    data = gathered(alone(*sources), paths)
    for side in (data.rated, data.rated_held_out):
        names = [example.image.path.name for example in side]
        assert len(names) == 2 * len(set(names)) > 0
    other = gathered(alone(*sources, seed=1), paths)
    assert file_names(other.rated_held_out) != file_names(data.rated_held_out)
    with pytest.raises(UsageError, match="must name before it"):
        gathered(alone(*sources[::-1]), paths)


def test_the_lists_of_a_data_set_take_the_place_of_the_recipes_split(tmp_path):
    layouts.write_koniq(tmp_path, images=9, fractions=True)
    layouts.write_koniq(tmp_path, images=9, folder="512x384", fractions=True)
    official = tmp_path / "koniq10k_distributions_sets.csv"
    with official.open() as file:
        tested = {row["image_name"] for row in csv.DictReader(file) if row["set"] == "test"}
    sources = (Rated("koniq10k", split="stratified"), Rated("koniq10k-512", follows="koniq10k"))
    paths = {"koniq10k": tmp_path, "koniq10k-512": tmp_path}
    data = gathered(alone(*sources), paths, test_lists={"koniq10k": official})
    assert file_names(data.rated_held_out) == tested and not file_names(data.rated) & tested

    (tmp_path / "mine.txt").write_text("\n".join(sorted(tested)[:1]))
    data = gathered(alone(*sources), paths, test_lists={"koniq10k": tmp_path / "mine.txt"})
    assert file_names(data.rated_held_out) == {min(tested)}
    with pytest.raises(UsageError, match=r"--test-list koniq=.*: this recipe rates no images by that name"):
        gathered(alone(*sources), paths, test_lists={"koniq": official})


# Sources


def test_photographs_are_read_on_their_side_of_the_split_and_scaled(tmp_path):
    for name in held_out_names(3, 2):
        layouts.save_picture(tmp_path / "photos" / name, (160, 140))
    layouts.save_picture(tmp_path / "photos" / "deeper" / "more.png", 200)
    recipe = Recipe("triq", (SYNTHETIC,), (Photographs("photos", "*.png", scale=0.5),), holdout=HOLDOUT)
    data = gathered(recipe, {"photos": tmp_path / "photos"})
    assert (len(data.photographs), len(data.photographs_held_out)) == (3, 2)
    assert {p.size for p in data.photographs} == {(80, 70)}
    assert data.photographs[0].read().shape == (70, 80, 3)


def test_a_manifest_of_pairs_is_relative_to_its_own_folder(tmp_path, monkeypatch):
    listed = pairs(tmp_path / "deep" / "folder")
    monkeypatch.chdir(tmp_path)
    data = gathered(short_recipe(), {"mine": listed.relative_to(tmp_path)})
    assert len(data.rated) == 6 and len(data.rated_held_out) == 2
    assert {e.image.size for e in data.rated} == {e.reference.size for e in data.rated} == {(72, 72)}


def test_a_model_without_reference_may_learn_from_images_of_pairs(tmp_path):
    data = gathered(alone(Rated("mine")), {"mine": pairs(tmp_path)})
    assert all(example.reference is None for example in data.rated + data.rated_held_out)


@pytest.mark.parametrize(("old", "new"), [("4.5", "4.4"), ("r1_1.png", "other.png")], ids=["score", "picture"])
def test_another_score_or_picture_makes_other_data(tmp_path, old, new):
    listed = pairs(tmp_path)
    layouts.save_picture(tmp_path / "other.png", 72)
    first, again = (gathered(short_recipe(), {"mine": listed}).fingerprint() for _ in range(2))
    listed.write_text(listed.read_text().replace(old, new, 1))
    assert gathered(short_recipe(), {"mine": listed}).fingerprint() != first == again


# What will not do


@pytest.fixture
def spoilt(tmp_path):
    """KADID-10k in miniature with one of every fault; gives its folder and how often each is to be told."""
    layouts.write_kadid10k(tmp_path, references=6, size=72, types=2, levels=2)
    images, labels = tmp_path / "images", (tmp_path / "dmos.csv").read_text()
    (images / "I01_01_01.png").write_bytes(b"not an image")
    (images / "I01_01_02.png").unlink()
    (images / "I02.png").unlink()  # the reference of four images
    (images / "I03.png").write_bytes((images / "I03.png").read_bytes()[:100])
    layouts.save_picture(images / "I04_01_01.png", 30)
    layouts.save_picture(images / "I04_01_02.png", 80)
    labels = labels.replace("I05_01_01.png,I05.png,4.4", "I05_01_01.png,I05.png,44")
    labels = labels.replace("I05_01_02.png,I05.png,3.6", "I05_01_02.png,I05.png,")
    (tmp_path / "dmos.csv").write_text(labels + "I06_01_01.png,I06.png,4.4,0.496\n")
    counts = {"missing image": 1, "missing reference": 4, "unreadable image": 2, "too small": 1, "NaN label": 1,
              "label out of range": 1, "duplicate image": 1, "size is not its reference's": 2}  # fmt: skip
    return tmp_path, counts


def test_everything_bad_is_told_at_once_with_counts_before_training_starts(spoilt, tmp_path, capsys):
    folder, counts = spoilt
    (recipe := tmp_path / "own.toml").write_text(TOML.format(steps=1, batch=2).replace("[[rated]]", KADID10K))
    with pytest.raises(SystemExit) as left:
        main(["train", str(recipe), "--data", f"mine={folder}", "--out", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert not (tmp_path / "out").exists()
    lines = told.splitlines()
    found = {line.strip().split(": ")[0]: int(line.split(": ")[1].split()[0]) for line in lines[1:-1]}
    assert lines[0].startswith(f"error: {sum(found.values())} problems in the data")
    assert found == counts
    assert lines[-1].endswith("--skip-bad")


def test_skip_bad_goes_on_with_the_rest(spoilt):
    folder, _ = spoilt
    told = []
    recipe = short_recipe(rated=(Rated("kadid10k", split="reference", holdout=0.3),))
    data = gather(recipe, {"kadid10k": folder}, skip_bad=True, report=told.append)
    left = file_names(data.rated + data.rated_held_out)
    spared = {f"I{r:02d}_{t:02d}_{level:02d}.png" for r in (1, 4, 5, 6) for t in (1, 2) for level in (1, 2)}
    assert left == spared - {f"I{r:02d}_01_{level:02d}.png" for r in (1, 4, 5) for level in (1, 2)}
    assert len(data.rated) + len(data.rated_held_out) == len(left)
    assert told[0].startswith("skipped: ") and "missing reference: 4" in told[0]


def test_a_photograph_smaller_than_the_crops_or_broken_is_refused_by_name(tmp_path):
    layouts.save_picture(tmp_path / "icon.png", (200, 63))
    (tmp_path / "broken.png").write_bytes(b"no")
    for name in held_out_names(2, 2):
        layouts.save_picture(tmp_path / name, 80)
    recipe = Recipe("triq", (SYNTHETIC,), (Photographs("photos"),), holdout=HOLDOUT)
    with pytest.raises(UsageError, match=r"icon.png has 200x63 px, crops are 64 px") as refused:
        gathered(recipe, {"photos": tmp_path})
    assert "too small: 1" in str(refused.value) and "unreadable image: 1" in str(refused.value)
    data = gathered(recipe, {"photos": tmp_path}, skip_bad=True)
    assert (len(data.photographs), len(data.photographs_held_out)) == (2, 2)


@pytest.mark.parametrize(
    ("paths", "complaint"),
    [
        ({}, "this recipe needs --data kadid10k=PATH"),
        ({"kadid10k": "absent"}, r"--data kadid10k=.*absent: no such folder.*https://database.mmsp-kn.de/kadid"),
        ({"kadid10k": "."}, r"this is not KADID-10k \(looked for dmos.csv; images\).*https://database.mmsp-kn.de/"),
    ],
    ids=["no --data", "no folder", "another folder"],
)
def test_data_that_are_not_there_are_told_in_one_line_with_their_page(tmp_path, capsys, paths, complaint):
    given = [f"--data={name}={tmp_path / path}" for name, path in paths.items()]
    with pytest.raises(SystemExit) as left:
        main(["train", "iqt-kadid10k", *given, "--out", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert left.value.code == 2 and told.count("\n") == 1
    with pytest.raises(UsageError, match=complaint):
        raise UsageError(told)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda mine: mine.write_text("image,score\na.png,1\n"), "no column mos"),
        (lambda mine: mine.write_text("image,mos\nr0_0.png,3\n"), "have no references"),
        (lambda mine: cut(mine, 2), "leaves nothing to"),
    ],
    ids=["other columns", "no references", "one pair"],
)
def test_a_manifest_that_will_not_do_is_refused_in_one_line(tmp_path, spoil, complaint):
    listed = pairs(tmp_path)
    spoil(listed)
    with pytest.raises(UsageError, match=complaint) as refused:
        gathered(short_recipe(), {"mine": listed})
    assert "\n" not in str(refused.value)


def cut(path, lines):
    path.write_text("\n".join(path.read_text().splitlines()[:lines]) + "\n")


def test_a_stage_that_could_not_fill_a_batch_is_refused(tmp_path):
    stage = Stage("rated", steps=1, crop=64, batch=9)
    with pytest.raises(UsageError, match=r"needs 9 pictures of 64 px .* there are 6 and 2"):
        gathered(short_recipe(stages=(stage,)), {"mine": pairs(tmp_path)})


def test_a_data_set_whose_scores_are_secret_is_refused(tmp_path):
    layouts.write_pipal_unrated(tmp_path, size=72)
    with pytest.raises(UsageError, match="not public"):
        gathered(short_recipe(rated=(Rated("pipal-valid"),)), {"pipal-valid": tmp_path})


def test_an_empty_folder_of_photographs_is_told(tmp_path):
    recipe = Recipe("triq", (SYNTHETIC,), (Photographs("photos"),))
    with pytest.raises(UsageError, match=r"no picture matches '\*\*/\*'"):
        gathered(recipe, {"photos": tmp_path})
