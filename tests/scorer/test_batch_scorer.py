"""`iqa_cli.BatchScorer`: columns in, columns out, the scores of `iqa score`."""

import copy
import math
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from imagery import blurred, png

import iqa_cli
from iqa_cli import batch_scorer
from iqa_cli.batch_scorer import BatchScorer
from iqa_cli.errors import UsageError

KINDS = {
    "lists": dict,
    "arrays": lambda columns: {name: np.array(cells, object) for name, cells in columns.items()},
    "pandas": lambda columns: pd.DataFrame(columns, index=range(5, 5 + len(columns["key"]))),
    "table": lambda columns: pa.table(columns),
    "record batch": lambda columns: pa.RecordBatch.from_pydict(columns),
}


@pytest.fixture
def names(tmp_path, monkeypatch, saved, photo):
    """References and distorted images, two each, as files called so."""
    monkeypatch.chdir(tmp_path)
    for number, stem in enumerate("ab"):
        saved(f"{stem}.png", photo(48, 64, number))
        saved(f"{stem}-blur.png", blurred(photo(48, 64, number)))
    return {"key": [7, 8], "image": ["a-blur.png", "b-blur.png"], "gt": ["a.png", "b.png"]}


def lists(batch):
    """The columns of any batch, as lists in which what is no number is None."""
    columns = batch.to_pydict() if hasattr(batch, "to_pydict") else dict(batch)
    plain = {name: cells.tolist() if hasattr(cells, "tolist") else cells for name, cells in columns.items()}
    return {name: [None if cell != cell else cell for cell in cells] for name, cells in plain.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_any_kind_gives_one_of_that_kind_with_the_scores_of_iqa_score(kind, names):
    batch = KINDS[kind](names)
    scored = BatchScorer(["psnr", "ssim"], reference="gt")(batch)
    assert type(scored) is type(batch)
    told = iqa_cli.score(names["gt"], names["image"], models=["psnr", "ssim"])
    assert lists(scored) == {**names, "psnr": told["psnr"].tolist(), "ssim": told["ssim"].tolist(),
                             "status": ["ok", "ok"], "error": [None, None]}  # fmt: skip
    assert lists(batch) == names  # as it was


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_of_files_score_as_the_files_do(kind, names):
    held = {
        "key": names["key"],
        **{name: [Path(file).read_bytes() for file in names[name]] for name in ("image", "gt")},
    }
    by_name = BatchScorer("psnr", reference="gt")(names)
    assert lists(BatchScorer("psnr", reference="gt")(KINDS[kind](held)))["psnr"] == by_name["psnr"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_row_has_its_reason_and_costs_no_other(kind, names):
    names |= {"key": [1, 2, 3], "image": ["gone.png", None, "b-blur.png"], "gt": ["a.png", "a.png", "b.png"]}
    scored = lists(BatchScorer("psnr", reference="gt")(KINDS[kind](names)))
    assert scored["key"] == [1, 2, 3] and scored["status"] == ["error", "error", "ok"]
    assert scored["error"][0].startswith("gone.png: ") and scored["error"][2] is None
    assert scored["error"][1] == "column 'image' has nothing here: give the name of a file or its bytes"
    assert scored["psnr"][:2] == [None, None] and scored["psnr"][2] > 10


def test_damaged_bytes_and_cells_that_are_neither_are_told_in_their_rows(names):
    cells = [b"\x89PNG\r\n", b"", float("nan"), pd.NA, 3.5, ["a.png"], "a-blur.png"]
    scored = BatchScorer("triq-lite")({"image": cells})
    assert scored["status"] == 6 * ["error"] + ["ok"]
    damaged, *nothing, number, listed, fine = scored["error"]
    assert damaged.startswith("image of 6 bytes") and "cannot be read" in damaged
    assert {"column 'image' has nothing here: give the name of a file or its bytes"} == set(nothing)
    assert "has a float here" in number and "has a list here" in listed and fine is None


def test_rows_of_different_sizes_name_the_keyword_that_brings_them_together(names, photo):
    batch = {"image": [png(photo(48, 48))], "gt": ["a.png"]}
    assert "on_size_mismatch" in BatchScorer("psnr", reference="gt")(batch)["error"][0]
    assert BatchScorer("psnr", reference="gt", on_size_mismatch="crop")(batch)["status"] == ["ok"]


def test_models_with_and_without_a_reference_score_side_by_side(names):
    both = BatchScorer("psnr,triq-lite", reference="gt")(names)
    assert both["triq-lite"] == BatchScorer("triq-lite")(names)["triq-lite"]
    assert both["triq-lite"] == iqa_cli.score(names["image"], models="triq-lite")["triq-lite"].tolist()


def test_equal_images_have_an_infinite_psnr_in_every_kind(names):
    names["image"] = names["gt"]
    assert all(lists(BatchScorer("psnr", reference="gt")(make(names)))["psnr"] == [math.inf] * 2
               for make in KINDS.values())  # fmt: skip


def test_many_rows_keep_their_order(names):
    order = [number % 2 for number in range(50)]
    pick = {name: [cells[number] for number in order] for name, cells in names.items()}
    one, other = BatchScorer("psnr", reference="gt")(names)["psnr"]
    assert BatchScorer("psnr", reference="gt")(pick)["psnr"] == [(one, other)[number] for number in order]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_has_the_columns_and_opens_no_model(kind, monkeypatch):
    monkeypatch.setattr(batch_scorer, "_sessions", {})
    scored = BatchScorer("triq-lite")(KINDS[kind]({"key": [], "image": []}))
    assert lists(scored) == {name: [] for name in ("key", "image", "triq-lite", "status", "error")}
    assert not batch_scorer._sessions
    if hasattr(scored, "schema"):
        assert scored.schema.field("triq-lite").type == pa.float64()


def test_a_scorer_is_pickled_and_copied_without_its_models(names):
    scorer = BatchScorer("psnr", reference="gt", luma="bt601", weights={"iqt": "~/w.safetensors"})
    before = scorer(names)
    for again in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert again(names) == before and repr(again) == repr(scorer)
    assert len(pickle.dumps(scorer)) < 2000


def test_scorers_that_are_alike_share_the_models_of_a_process(names, monkeypatch):
    monkeypatch.setattr(batch_scorer, "_sessions", {})
    with ThreadPoolExecutor(4) as pool:
        scored = list(pool.map(lambda number: BatchScorer("psnr", reference="gt")(names)["psnr"], range(8)))
    assert len(batch_scorer._sessions) == 1 and scored == 8 * scored[:1]
    for luma in ("full", "bt601"):
        assert BatchScorer("psnr", reference="gt", luma=luma)(names)["psnr"] != scored[0]
    assert len(batch_scorer._sessions) == batch_scorer.KEPT


FORKING = """
import os, signal
from iqa_cli import BatchScorer, batch_scorer
batch, scorer = {"image": ["a-blur.png"], "gt": ["a.png"]}, BatchScorer("psnr", reference="gt")
expected = scorer(batch)
with batch_scorer._at_work:  # as a thread holds it that scores
    child = os.fork()
    if not child:
        signal.alarm(30)
        os._exit(0 if BatchScorer("psnr", reference="gt")(batch) == expected else 1)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_process_that_was_forked_while_a_batch_was_scored_scores_too(names, tmp_path):
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "0\n", done.stderr


def test_nothing_heavy_is_imported_before_the_first_call():
    program = (
        "import sys, pickle, iqa_cli; pickle.dumps(iqa_cli.BatchScorer('iqt-lite', reference='gt', crops=4)); "
        "print(sorted({'torch', 'timm', 'pandas', 'pyarrow', 'scipy', 'ray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"models": "pnsr"}, "did you mean 'psnr'"),
        ({"models": "psnr"}, "psnr compares: say which column has the references, reference=NAME"),
        ({"models": "triq-lite", "reference": "gt"}, "triq-lite judges each image alone: leave out reference"),
        ({"models": "triq-lite", "precision": "fp8"}, "precision='fp8'"),
        ({"models": "triq-lite", "frame": "all"}, "frame='all'|frame=all"),
    ],
)
def test_what_cannot_be_is_refused_when_the_scorer_is_made(asked, refusal):
    with pytest.raises(UsageError, match=refusal):
        BatchScorer(**asked)


def test_a_keyword_that_there_is_not_is_refused_when_the_scorer_is_made():
    for error in (UsageError, TypeError):
        with pytest.raises(error, match="no keyword 'crop': did you mean 'crops'"):
            BatchScorer("triq-lite", crop=3)
    with pytest.raises(UsageError, match="no keyword 'explain': there are colour, "):
        BatchScorer("triq-lite", explain=True)


def test_texts_of_a_frame_have_one_kind_of_column_in_every_batch(names):
    scorer = BatchScorer("psnr", reference="gt")
    whole = scorer(KINDS["pandas"](names))
    failed = scorer(KINDS["pandas"]({**names, "image": ["gone.png"] * 2}))
    empty = scorer(KINDS["pandas"]({name: [] for name in names}))
    for name in ("status", "error"):
        assert whole[name].dtype == failed[name].dtype == empty[name].dtype == pd.Series(["text"]).dtype


def test_without_a_model_the_first_of_the_kind_that_fits_is_taken():
    assert BatchScorer().models == ("triq-lite",) and BatchScorer(reference="gt").models == ("iqt-lite",)


def test_a_batch_that_will_not_do_is_refused_before_anything_is_scored(names):
    scorer = BatchScorer("psnr", reference="gt")
    for batch, refusal in (
        ({"image": []}, "no column 'gt', but 'image'"),
        ({**names, "status": [0, 0]}, "has a column 'status' already"),
        ({"image": np.zeros((2, 8, 8, 3), np.uint8), "gt": []}, r"arrays of shape \(8, 8, 3\)"),
        ({**names, "gt": ["a.png"]}, "there are 2 of 'image' and 1 of 'gt'"),
        ({**names, "key": [1]}, "there are 2 of 'image' and 1 of 'key'"),
        ([names], "list is no batch here"),
    ):
        with pytest.raises(UsageError, match=refusal):
            scorer(batch)
