"""Rows are on their way as they are scored, and whole after an interruption."""

import io

import pytest
from rows import (
    COLUMNS,
    FILES,
    GOOD,
    META,
    MODELS,
    RECORDS,
    SINGLE,
    RecordingStream,
    images,
    json_rows,
    write_file,
)

from iqa_cli.output import open_writer
from iqa_cli.records import Job, Record, Score


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_each_row_is_flushed_before_the_next_is_asked_for(format):
    stream = RecordingStream()
    with open_writer(format, None, COLUMNS, META, MODELS, stdout=stream) as writer:
        for record in RECORDS:
            writer.write(record)
            assert record.job.image in stream.seen[-1]


@pytest.mark.parametrize("suffix", FILES)
def test_an_interrupted_run_leaves_a_complete_document_with_its_rows(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"

    def interrupted():
        yield from RECORDS[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, interrupted())
    assert images(path) == ["a/1.png", "a/ref.png"]


def test_json_without_a_single_row_is_valid(tmp_path):
    write_file(tmp_path / "x.json", [])
    assert json_rows(tmp_path / "x.json") == []


def test_a_second_run_overwrites_the_file(tmp_path):
    for suffix in FILES:
        path = tmp_path / f"x.{suffix}"
        write_file(path, RECORDS)
        write_file(path, [GOOD])
        assert images(path) == ["a/1.png"]


def test_whatever_the_locale_stdout_is_utf_8_with_plain_line_ends():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\r\n")
    with open_writer("csv", None, SINGLE, META, (), stdout=stream) as writer:
        writer.write(Record(Job("猫.png"), {"triq": Score(1.0)}))
    assert raw.getvalue().decode() == "image,triq,status,error,notes\n猫.png,1.0,ok,,\n"
