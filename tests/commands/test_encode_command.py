"""`iqa encode`, and runs that score against what it wrote."""

import csv
import io
from pathlib import Path

import pytest
from command_line import noise, save, truncate

import iqa_cli
from iqa_cli.errors import UsageError


@pytest.fixture
def small(folder):
    """References and results of one crop each, which iqt-lite takes."""
    for number, stem in enumerate("ab"):
        save(f"gt/{stem}.png", noise(number, 256, 256))
        save(f"out/{stem}.jpg", noise(number, 256, 256))
        save(f"out2/{stem}.jpg", noise(number + 7, 256, 256))
    return folder


@pytest.fixture
def encoded(iqa, small):
    assert iqa("encode", "gt", "-o", "gt.iqaref", "-q").code == 0
    return small


def scores(finished):
    return [float(row["iqt-lite"]) for row in finished.rows]


def test_scores_against_a_file_are_those_against_the_images(iqa, encoded):
    images = iqa("score", "gt", "out", "-m", "iqt-lite", "-f", "csv")
    features = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite", "-f", "csv")
    assert features.code == 0
    assert scores(features) == pytest.approx(scores(images), abs=2e-3)  # features are kept as float16
    assert [row["reference"] for row in features.rows] == ["gt.iqaref/a.png", "gt.iqaref/b.png"]


def test_no_reference_image_is_needed_any_more(iqa, encoded):
    for file in Path("gt").iterdir():
        file.unlink()
    assert iqa("score", "gt.iqaref", "out", "out2", "-q").code == 0


def test_one_reference_may_be_named_and_a_manifest_may_name_it(iqa, encoded):
    alone = iqa("score", "gt.iqaref/a.png", "out/a.jpg", "-f", "csv")
    Path("pairs.csv").write_text("reference,distorted\ngt.iqaref/a.png,out/a.jpg\n")
    listed = iqa("score", "--manifest", "pairs.csv", "-m", "iqt-lite", "-f", "csv")
    assert scores(alone) == scores(listed)


def test_methods_are_compared_on_encoded_references(iqa, encoded):
    done = iqa("compare", "out", "out2", "--ref", "gt.iqaref", "-m", "iqt-lite", "-f", "csv", "-o", "rows.csv")
    assert done.code == 0
    with Path("rows.csv").open() as rows:
        assert {row["reference"] for row in csv.DictReader(rows)} == {"gt.iqaref/a.png", "gt.iqaref/b.png"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-m", "iqt-lite,psnr"), "psnr cannot use that: of models with a reference choose -m iqt-lite alone, or give"),
        (("-m", "ssim"), "ssim cannot use that"),
        (("-m", "iqt-lite", "--crops", "3"), "give the same --crops, or run iqa encode again"),
    ],
)
def test_what_the_file_was_not_made_for_is_refused(iqa, encoded, options, told):
    done = iqa("score", "gt.iqaref", "out", *options)
    assert done.code == 2
    assert told in done.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-m", "psnr"), "gt.iqaref: has what iqt-lite made of the references; psnr cannot use that"),
        (("-m", "iqt-lite", "--crops", "3"), "give the same --crops, or run iqa encode again"),
    ],
)
def test_a_stream_of_jobs_is_refused_alike_after_the_rows_before(iqa, encoded, monkeypatch, options, told):
    lines = "reference,distorted\ngt/a.png,out/a.jpg\ngt.iqaref/a.png,out/a.jpg\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    done = iqa("score", "-", *options, "-f", "csv")
    assert done.code == 2
    assert told in done.err
    assert [row["reference"] for row in done.rows] == ["gt/a.png"]


def test_in_a_stream_a_damaged_file_and_a_box_cost_their_rows(iqa, encoded, monkeypatch):
    Path("cut.iqaref").write_bytes(Path("gt.iqaref").read_bytes()[:-100])
    lines = (
        'reference,distorted,box\ncut.iqaref/a.png,out/a.jpg,\ngt.iqaref/a.png,out/a.jpg,"0,0,128,128"\n'
        "gt.iqaref/a.png,out/a.jpg,\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    done = iqa("score", "-", "-m", "iqt-lite", "-f", "csv")
    assert [row["status"] for row in done.rows] == ["error", "error", "ok"]


def test_an_image_of_another_size_costs_its_row(iqa, encoded):
    save("out/b.jpg", noise(1, 260, 256))
    done = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite", "-f", "csv")
    assert done.code == 1
    assert [row["status"] for row in done.rows] == ["ok", "error"]
    assert "b.jpg is 256x260 px, but gt.iqaref/b.png was 256x256" in done.err


def test_a_box_of_all_is_refused_before_anything_is_scored_and_told_once(iqa, encoded, opened):
    opened.clear()
    done = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite", "--box", "0,0,128,128")
    assert done.code == 2
    assert done.err.count("gt.iqaref: has features of whole images; masks and boxes need the references") == 1
    assert not opened


def test_a_box_of_one_row_costs_that_row(iqa, encoded):
    Path("pairs.csv").write_text(
        'reference,distorted,box\ngt.iqaref/a.png,out/a.jpg,"0,0,128,128"\ngt.iqaref/b.png,out/b.jpg,\n'
    )
    done = iqa("score", "--manifest", "pairs.csv", "-m", "iqt-lite", "-f", "csv")
    assert [row["status"] for row in done.rows] == ["error", "ok"]
    assert "a mask or a box needs the reference itself" in done.err


def test_a_model_without_a_reference_may_stand_beside(iqa, encoded):
    done = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite,triq-lite", "-f", "csv")
    assert done.code == 0
    assert all(row["triq-lite"] for row in done.rows)


def test_a_file_that_is_cut_off_is_refused_before_anything_is_scored(iqa, encoded, opened):
    opened.clear()
    Path("gt.iqaref").write_bytes(Path("gt.iqaref").read_bytes()[:-100])
    done = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite")
    assert done.code == 2
    assert done.err.count("gt.iqaref: is damaged") == 1
    assert not opened


def test_a_file_that_was_renamed_is_called_what_it_is(iqa, encoded):
    Path("gt.iqaref").rename("gt.bin")
    done = iqa("score", "gt.bin", "out", "-m", "iqt-lite", "-f", "csv")
    assert [row["status"] for row in done.rows] == ["error", "error"]
    assert done.err.count("gt.bin: looks like encoded references: call it gt.iqaref") == 1


def test_the_references_of_a_damaged_file_cost_their_rows(iqa, encoded):
    data = Path("gt.iqaref").read_bytes()
    Path("gt.iqaref").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = iqa("score", "gt.iqaref", "out", "-m", "iqt-lite", "-f", "csv")
    assert [row["status"] for row in done.rows] == ["ok", "error"]


def test_a_reference_that_cannot_be_read_is_told_and_the_others_are_there(iqa, small):
    truncate("gt/b.png")
    done = iqa("encode", "gt", "-o", "gt.iqaref")
    assert done.code == 1
    assert "gt/b.png" in done.err
    assert iqa("score", "gt.iqaref/a.png", "out/a.jpg", "-q").code == 0


def test_a_file_that_is_not_written_is_not_told_as_if_it_were(iqa, encoded):
    before = Path("gt.iqaref").read_bytes()
    truncate("gt/a.png")
    for name in ("new.iqaref", "gt.iqaref"):
        done = iqa("encode", "gt/a.png", "-o", name, "--overwrite")
        assert done.code == 1
        assert done.err.splitlines()[-1] == f"error: {name}: is not written, for no reference could be encoded"
    assert not Path("new.iqaref").exists() and Path("gt.iqaref").read_bytes() == before


def test_after_ctrl_c_nothing_is_kept_of_references(iqa, small, monkeypatch):
    from iqa_cli.engine import encoding

    calls, encoded = [], encoding.encoded

    def stopped(*given):
        if calls.append(given) or len(calls) > 1:
            raise KeyboardInterrupt
        return encoded(*given)

    monkeypatch.setattr(encoding, "encoded", stopped)
    done = iqa("encode", "gt", "-o", "gt.iqaref")
    assert done.code == 130 and not Path("gt.iqaref").exists()
    assert "interrupted after 1 of 2 references" in done.err and done.err.endswith(" s; nothing is kept\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("gt", "-o", "gt.iqaref", "-m", "psnr"), "encoded for one model with crops: iqt, iqt-c, iqt-lite"),
        (("gt", "-o", "gt.iqaref", "-m", "iqt,iqt-c"), "one model"),
        (("gt", "-o", "gt.png"), "call it gt.iqaref"),
        (("gt", "out", "-o", "gt.iqaref"), "encode one folder, or files"),
        (("nowhere", "-o", "gt.iqaref"), "no such file or folder"),
        (("gt/a.png", "out/../gt/a.png", "-o", "gt.iqaref"), "several files have this name"),
    ],
)
def test_what_cannot_be_encoded_is_said_before_any_model_is_loaded(iqa, small, arguments, told):
    done = iqa("encode", *arguments)
    assert done.code == 2
    assert told in done.err
    assert not Path("gt.iqaref").exists()


def test_options_that_change_nothing_of_a_reference_are_not_taken(iqa, small):
    """Nobody is to believe that a border was cut, or that ONNX Runtime made the file."""
    given = {"luma": "bt601", "crop_border": 4, "protocol": "basicsr-y4", "on_size_mismatch": "crop", "batch_size": 2,
             "engine": "onnx"}  # fmt: skip
    for keyword, value in given.items():
        done = iqa("encode", "gt", "-o", "gt.iqaref", f"--{keyword.replace('_', '-')}", value)
        assert done.code == 2 and "No such option" in done.err
        with pytest.raises(UsageError, match=f"no keyword '{keyword}'"):
            iqa_cli.encode("gt", output="gt.iqaref", **{keyword: value})
    assert not Path("gt.iqaref").exists()


def test_a_file_that_is_there_is_replaced_only_when_asked(iqa, encoded):
    assert iqa("encode", "gt", "-o", "gt.iqaref").code == 2
    assert iqa("encode", "gt", "-o", "gt.iqaref", "--overwrite", "-q").code == 0


def test_several_references_do_not_go_with_one_file(iqa, encoded):
    done = iqa("score", "gt.iqaref", "out/a.jpg", "-m", "iqt-lite")
    assert done.code == 2
    assert "has 2 references" in done.err


def test_python_encodes_and_scores_alike(iqa, small):
    made = iqa_cli.encode("gt", output="gt.iqaref", models="iqt-lite")
    assert list(made["name"]) == ["a.png", "b.png"]
    assert list(made["crops"]) == [1, 1]
    frame = iqa_cli.score("gt.iqaref", "out", models="iqt-lite")
    assert list(frame["iqt-lite"]) == scores(iqa("score", "gt.iqaref", "out", "-f", "csv", "-q"))
