"""Which files are a baseline, and what one that is none is called."""

import json
import os
import threading

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.gate.baseline import read_baseline


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("image,status\na,ok\n", "has no scores of psnr, but image, status"),
        ("name,psnr\na,3\n", "has no column image or distorted"),
        ("image,psnr\na,high\n", "'high' under psnr is no score"),
    ],
)
def test_what_is_no_output_of_iqa_is_no_baseline(tmp_path, text, says):
    (tmp_path / "old.csv").write_text(text)
    with pytest.raises(UsageError, match=says):
        read_baseline(tmp_path / "old.csv", ["psnr"])


def test_a_missing_baseline_names_its_file(tmp_path):
    with pytest.raises(UsageError, match=r"old.csv: cannot read this baseline"):
        read_baseline(tmp_path / "old.csv", ["psnr"])


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"iqa_summary": 1, "passed": True}, "is a report, of --report; give the output of iqa score"),
        ({"format": 1, "rows": "a.csv", "facts": {}, "runs": []}, r"tells of a run; give its rows, .*a\.csv"),
    ],
)
def test_a_file_that_tells_of_a_run_is_called_what_it_is(tmp_path, document, says, indent):
    (tmp_path / "old.json").write_text(json.dumps(document, indent=indent))
    with pytest.raises(UsageError, match=says):
        read_baseline(tmp_path / "old.json", ["psnr"])


def test_a_document_of_rows_on_a_single_line_is_a_baseline(tmp_path):
    meta = {"models": {"psnr": {"luma": "rgb"}}}
    (tmp_path / "old.json").write_text(json.dumps({"meta": meta, "rows": [{"image": "a", "psnr": 3.0}]}))
    assert read_baseline(tmp_path / "old.json", ["psnr"]).scores == {"psnr": [3.0]}


def test_a_baseline_may_be_a_pipe_which_is_read_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("image,psnr\na,3\n",), daemon=True)
    writer.start()
    assert read_baseline(tmp_path / "pipe", ["psnr"]).scores == {"psnr": [3.0]}


def test_a_picture_is_no_table(tmp_path):
    (tmp_path / "old.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(UsageError, match=r"old.png: not a table"):
        read_baseline(tmp_path / "old.png", ["psnr"])
