"""Data that will not do are told before training starts."""

import layouts
import pytest
from gathered import KADID10K, SYNTHETIC, file_names, gathered, held_out_names
from miniature import HOLDOUT, TOML, pairs, short_recipe

from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.training.gather import gather
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Photographs, Rated, Stage


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
