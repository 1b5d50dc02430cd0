"""What lies beside rows: the facts of their run, which `--resume` holds against those of the next."""

import copy
import json

import pytest
from rows import COLUMNS, EQUAL, FAILED, GOOD

from iqa_cli.errors import UsageError
from iqa_cli.output import Tally
from iqa_cli.output.run_facts import check_facts, facts_of, generation
from iqa_cli.output.run_file import RunFile, read_run, run_file

META = {
    "iqa": "0.4.1",
    "torch": "2.6",
    "device": "cpu",
    "size_mismatch": "error",
    "models": {
        "iqt": {"kind": "full-reference", "weights": "iqt-default", "sha256": "1" * 64, "crops": "up to 20 on a grid",
                "precision": "fp32", "range": [1, 5]},
        "psnr": {"kind": "full-reference", "luma": "rgb", "crop_border": 0, "range": [0, float("inf")]},
    },
}  # fmt: skip


def changed(**facts):
    meta = copy.deepcopy(META)
    meta["models"]["iqt"] |= facts
    return meta


def tally(*records, kept=(), complete=True):
    found = Tally()
    found.begin(COLUMNS, kept, len(records))
    for record in records:
        found.see(record)
    found.end(complete)
    return found


def test_a_run_tells_its_facts_from_the_start_and_its_outcome_at_the_end(tmp_path):
    rows = tmp_path / "scores.csv"
    beside = RunFile(rows, META, None)
    begun = json.loads((tmp_path / "scores.csv.run.json").read_text())
    assert begun["summary"] is None and begun["runs"][0]["ended"] is None
    assert begun["facts"]["models"]["iqt"]["sha256"] == "1" * 64
    beside.end(tally(GOOD, EQUAL, FAILED))
    told = read_run(rows)
    assert (told["rows"], told["runs"][0]["rows"], told["runs"][0]["device"]) == ("scores.csv", 3, "cpu")
    assert told["runs"][0]["started"] <= told["runs"][0]["ended"] and told["runs"][0]["ended"].endswith("Z")
    assert told["summary"].pop("seconds") >= 0
    assert told["summary"] == {
        "complete": True, "rows": 3, "failed": 1,
        "means": [{"folder": None, "rows": 3, "failed": 1, "mean": {"iqt": 0.5, "psnr": 30.5},
                   "infinite": {"iqt": 0, "psnr": 1}}],
    }  # fmt: skip


def test_a_run_that_goes_on_is_told_after_the_one_before_and_a_part_has_no_means(tmp_path):
    rows = tmp_path / "scores.csv"
    RunFile(rows, META, None).end(tally(GOOD, complete=False))
    assert read_run(rows)["summary"]["means"] == [] and not read_run(rows)["summary"]["complete"]
    RunFile(rows, META, read_run(rows)).end(tally(EQUAL, kept=[GOOD]))
    assert [run["rows"] for run in read_run(rows)["runs"]] == [1, 1]
    assert read_run(rows)["summary"]["rows"] == 2


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (
            changed(weights="mine", sha256="2" * 64),
            "iqt weights iqt-default (sha256 111111111111), now mine (sha256 2222",
        ),
        (changed(crops="3 random, seed 1"), "iqt crops up to 20 on a grid, now 3 random, seed 1"),
        (changed(engine="onnx"), "iqt engine torch, now onnx"),
        (META | {"raw": "preview"}, "raw develop, now preview"),
        (changed(precision="bf16"), "iqt precision fp32, now bf16"),
        (META | {"size_mismatch": "crop"}, "size mismatch error, now crop"),
        (META | {"mask": "face"}, "mask not given, now face"),
        (META | {"iqa": "0.5.0"}, "iqa 0.4, now 0.5"),
    ],
)
def test_whatever_makes_a_score_and_differs_is_named_with_both_values(tmp_path, now, told):
    RunFile(tmp_path / "a.csv", META, None)
    with pytest.raises(UsageError) as refused:
        check_facts(tmp_path / "a.csv", read_run(tmp_path / "a.csv")["facts"], facts_of(now))
    assert told in str(refused.value) and "--overwrite" in str(refused.value) and "a.csv" in str(refused.value)


def test_what_was_asked_for_then_and_is_not_now_is_called_by_its_default(tmp_path):
    RunFile(tmp_path / "a.csv", changed(engine="onnx") | {"frame": "2"}, None)
    with pytest.raises(UsageError, match=r"frame 2, now first; iqt engine onnx, now torch"):
        check_facts(tmp_path / "a.csv", read_run(tmp_path / "a.csv")["facts"], facts_of(META))


def test_what_the_run_and_its_models_tell_alike_is_named_once(tmp_path):
    RunFile(tmp_path / "a.csv", META, None)
    now = changed(view_size=512) | {"view_size": 512}
    with pytest.raises(UsageError) as refused:
        check_facts(tmp_path / "a.csv", read_run(tmp_path / "a.csv")["facts"], facts_of(now))
    assert str(refused.value).count("view size not given, now 512") == 1


def test_all_differences_are_named_at_once(tmp_path):
    RunFile(tmp_path / "a.csv", META, None)
    with pytest.raises(UsageError, match=r"precision.*crops|crops.*precision"):
        check_facts(
            tmp_path / "a.csv", read_run(tmp_path / "a.csv")["facts"], facts_of(changed(precision="bf16", crops="all"))
        )


def test_another_machine_and_another_name_of_the_same_weights_go_on(tmp_path):
    RunFile(tmp_path / "a.csv", META, None)
    other = changed(weights="copy.safetensors", paper="x") | {"torch": "3.0", "device": "cuda:0 H100", "iqa": "0.4.9"}
    check_facts(tmp_path / "a.csv", read_run(tmp_path / "a.csv")["facts"], facts_of(other))


def test_names_that_are_not_utf_8_leave_strict_json_that_is_read_again(tmp_path):
    odd = b"r\xe9s".decode(errors="surrogateescape")
    rows, meta = tmp_path / f"{odd}.csv", changed(weights=odd)
    RunFile(rows, meta, None)
    assert json.loads(run_file(rows).read_bytes().decode("utf-8"))["rows"] == f"{odd}.csv"
    told = read_run(rows)
    assert told["facts"] == facts_of(meta)
    run_file(rows).write_bytes(json.dumps(told, ensure_ascii=False).encode(errors="surrogateescape"))  # as once
    assert read_run(rows) == told


NOT_OURS = (
    "",
    "[]",
    '{"format": 99, "facts": {}, "runs": [{}]}',
    '{"name": "theirs"}',
    '{"format": 1, "facts": {"models": {"psnr": 3}}, "runs": [{}]}',
    '{"format": 1, "facts": {"models": {}}, "runs": 3}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", NOT_OURS, ids=range(len(NOT_OURS)))
def test_a_file_of_that_name_that_is_not_ours_is_not_replaced(tmp_path, text):
    run_file(tmp_path / "a.csv").write_text(text)
    with pytest.raises(UsageError, match=r"a\.csv\.run\.json: tells of no run"):
        read_run(tmp_path / "a.csv")


def test_releases_of_one_generation_give_the_same_scores():
    assert [generation(version) for version in ("0.1.0", "0.12.3", "1.2.3", "0.0.4", "0.0")] == [
        "0.1", "0.12", "1", "0.0.4", "0.0"
    ]  # fmt: skip


def test_facts_are_strict_json():
    assert facts_of(META)["models"]["psnr"]["range"] == [0, None]
