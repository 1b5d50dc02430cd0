"""What a run learns from: labels, splits, folders and manifests."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import layouts
import pytest
import torch
from gathered import SYNTHETIC, alone, file_names, gathered, held_out_names, in_order, table
from miniature import HOLDOUT, pairs, short_recipe

from iqa_cli.datasets import load
from iqa_cli.errors import UsageError
from iqa_cli.training.examples import level_distribution
from iqa_cli.training.picture_files import is_held_out
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Photographs, Rated


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


def test_a_group_of_a_manifest_stays_on_one_side_and_is_not_drawn_image_by_image(tmp_path):
    for number in range(24):
        layouts.save_picture(tmp_path / f"{number}.png", 40, number)
    rows = [[f"{number}.png", 1 + number % 5, f"2021.{number // 2}"] for number in range(24)]
    layouts.write_csv(tmp_path / "list.csv", ["image", "mos", "group"], rows)
    data = gathered(alone(Rated("mine", holdout=0.3)), {"mine": tmp_path / "list.csv"})
    learnt, held_out = ({int(Path(name).stem) // 2 for name in file_names(side)}
                        for side in (data.rated, data.rated_held_out))  # fmt: skip
    assert learnt and held_out and not learnt & held_out
    with pytest.raises(UsageError, match=r'split = "stratified" parts single images.*take split = "reference"'):
        gathered(alone(Rated("mine", split="stratified")), {"mine": tmp_path / "list.csv"})


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


def test_photographs_are_read_on_their_side_of_the_split_and_scaled(tmp_path):
    for name in held_out_names(3, 2):
        layouts.save_picture(tmp_path / "photos" / name, (160, 140))
    layouts.save_picture(tmp_path / "photos" / "deeper" / "more.png", 200)
    recipe = Recipe("triq", (SYNTHETIC,), (Photographs("photos", "*.png", scale=0.5),), holdout=HOLDOUT)
    data = gathered(recipe, {"photos": tmp_path / "photos"})
    assert (len(data.photographs), len(data.photographs_held_out)) == (3, 2)
    assert {p.size for p in data.photographs} == {(80, 70)}
    assert data.photographs[0].read().shape == (70, 80, 3)


@pytest.mark.parametrize("spelt", ["the same", "by a link"])
def test_what_is_held_out_as_a_rated_image_is_not_learnt_from_as_a_photograph(tmp_path, spelt):
    layouts.write_biq2021(tmp_path / "biq2021", images=12, size=80)
    (tmp_path / "link").symlink_to(tmp_path / "biq2021")
    names = sorted(path.name for path in (tmp_path / "biq2021").rglob("*.jpg"))
    (tmp_path / "test.txt").write_text("\n".join(names[:5]))
    recipe = alone(Rated("biq2021"), photographs=(Photographs("photos", scale=0.9),))
    folder = tmp_path / ("biq2021" if spelt == "the same" else "link")
    lists = {"biq2021": tmp_path / "test.txt"}
    data = gathered(recipe, {"biq2021": tmp_path / "biq2021", "photos": folder}, test_lists=lists)
    assert file_names(data.rated_held_out) == set(names[:5])
    assert not file_names(data.rated_held_out) & {picture.path.name for picture in data.photographs}
    assert {picture.path.name for picture in (*data.photographs, *data.photographs_held_out)} == set(names)


def test_references_of_what_is_held_out_are_not_learnt_from_also_by_a_model_that_needs_none(tmp_path):
    listed = pairs(tmp_path / "data", references=12)
    recipe = alone(Rated("mine", split="reference", holdout=0.4), photographs=(Photographs("photos", "r[0-9]*.png"),))
    data = gathered(replace(recipe, seed=3), {"mine": listed, "photos": tmp_path / "data"})
    tested = {example.image.path.name.split("_")[0] for example in data.rated_held_out}
    learnt = {picture.path.stem for picture in data.photographs if "_" not in picture.path.stem}
    assert tested and learnt and not tested & learnt


def test_a_pattern_of_file_names_tells_the_sources_of_a_data_set_apart(tmp_path):
    layouts.write_biq2021(tmp_path / "biq", images=12, size=64)
    listed = table(tmp_path, [[name, 3] for name in held_out_names(3, 2)])
    sources = (Rated("biq2021", source="^ss.."), Rated("mine", source="^nothing like it"))
    data = gathered(alone(*sources), {"biq2021": tmp_path / "biq", "mine": listed})
    for example in data.rated + data.rated_held_out:
        name = example.image.path.name
        assert example.source == (f"biq2021 {name[:4]}" if name.startswith("ss") else "mine")
    with pytest.raises(ValueError, match="source is a regular expression"):
        Rated("biq2021", source="ss(")


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
