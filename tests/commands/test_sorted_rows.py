"""`iqa score --sort`: all outputs of a run in one order, which the scores or the names give."""

from pathlib import Path

import numpy as np
import pytest
from command_line import noise, save, strict_json, truncate

from iqa_cli.ground.filenames import natural
from iqa_cli.output.arranging import sorting
from iqa_cli.output.target import Target
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

COMMAND = ("score", "ref/a.png", "worse", "-m", "psnr")


@pytest.fixture(autouse=True)
def worse(folder):
    """Versions of ref/a.png with the more noise the higher their number, and one that cannot be read."""
    reference = noise(0).astype(int)
    for strength in (10, 2, 40):
        save(f"worse/{strength}.png", np.clip(reference + strength, 0, 255).astype(np.uint8))
    save("worse/9.png", noise(9))
    truncate("worse/9.png")


def stems(rows):
    return [Path(row["distorted"]).stem for row in rows]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("best", ["2", "10", "40", "9"]), ("worst", ["40", "10", "2", "9"]), ("name", ["2", "9", "10", "40"])],
)
def test_rows_come_by_score_or_by_name_with_what_failed_last_of_scores(iqa, order, expected):
    done = iqa(*COMMAND, "--sort", order)
    assert (done.code, stems(done.rows)) == (1, expected)


def test_every_output_of_a_run_has_the_same_order(iqa):
    outputs = ("rows.csv", "rows.json", "rows.jsonl", "rows.txt")
    iqa(*COMMAND, "--sort", "best", *(word for name in outputs for word in ("-o", name)))
    document, lines = strict_json(Path("rows.json").read_text()), Path("rows.jsonl").read_text().splitlines()
    assert stems(document["rows"]) == stems(map(strict_json, lines)) == ["2", "10", "40", "9"]
    assert document["means"][0]["rows"] == 3 + 1
    table = Path("rows.txt").read_text()
    assert sorted(stems(document["rows"]), key=lambda stem: table.index(f" {stem}.png")) == ["2", "10", "40", "9"]
    assert Path("rows.csv").read_text().splitlines()[1].split(",")[1] == "worse/2.png"


def test_rows_that_were_kept_are_sorted_with_the_new_ones(iqa):
    Path("worse/2.png").rename("2.png")
    iqa(*COMMAND, "--sort", "best", "-o", "rows.csv")
    Path("2.png").rename("worse/2.png")
    iqa(*COMMAND, "--sort", "best", "-o", "rows.csv", "--resume")
    rows = Path("rows.csv").read_text().splitlines()[1:]
    assert [Path(row.split(",")[1]).stem for row in rows] == ["2", "10", "40", "9"]


def test_an_order_that_there_is_not_is_refused_before_anything_is_scored(iqa):
    done = iqa(*COMMAND, "--sort", "score")
    assert (done.code, done.out) == (2, "")
    assert "best, worst or name" in done.err


def test_of_a_model_whose_lower_scores_are_better_the_lowest_is_the_best():
    model = ModelInfo("gmsd", ScoreRange(0, None, higher_is_better=False))
    records = [Record(Job(str(score)), {"gmsd": Score(score)}) for score in (0.3, 0.1, 0.2)]
    assert [record.job.image for record in sorting("best", [model])(records, Target("csv"))] == ["0.1", "0.2", "0.3"]
    assert [record.job.image for record in sorting("worst", [model])(records, Target("csv"))] == ["0.3", "0.2", "0.1"]


def test_equal_scores_stay_in_the_order_they_came():
    model = ModelInfo("triq", ScoreRange(1, 5))
    records = [Record(Job(name), {"triq": Score(3.0)}) for name in "bac"]
    for order in ("best", "worst"):
        assert [record.job.image for record in sorting(order, [model])(records, Target("csv"))] == ["b", "a", "c"]


def test_numbers_in_names_count_as_numbers():
    assert sorted(["IMG_10.jpg", "IMG_9.jpg", "A/2.jpg", "A/10.jpg"], key=natural) == [
        "A/2.jpg",
        "A/10.jpg",
        "IMG_9.jpg",
        "IMG_10.jpg",
    ]
