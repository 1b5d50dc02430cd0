"""Manifests in files."""

import json
import os
import threading
from pathlib import Path

import openpyxl
import pytest
from planning import alone, complaint, images, manifest, pairs, piped, touch, write

from iqa_cli.plan import Inputs, build_plan


def test_a_csv_of_pairs_keeps_its_other_columns(here):
    write("m.csv", "mos,reference,distorted\n0.50,r.png,d.png\n,r.png,e.png\n")
    plan = manifest("m.csv", full_reference=True)
    assert pairs(plan) == [("r.png", "d.png"), ("r.png", "e.png")]
    assert [dict(job.extra) for job in plan.jobs] == [{"mos": "0.50"}, {"mos": ""}]
    assert (plan.total, plan.paired) == (2, True)


def test_a_csv_of_images_has_no_references(here):
    write("m.csv", "image\na.png\nb.png\n")
    plan = manifest("m.csv")
    assert pairs(plan) == [(None, "a.png"), (None, "b.png")]
    assert (plan.total, plan.paired) == (2, False)


def test_a_byte_order_mark_crlf_and_quoted_cells_are_understood(here):
    write("m.csv", '\ufeff"image", note\r\n"a, b.png",  "said ""hi"""\r\n\r\n"two\r\nlines.png",x\r\n')
    plan = manifest("m.csv")
    assert images(plan) == ["a, b.png", "two\r\nlines.png"]
    assert plan.jobs[0].extra == {"note": 'said "hi"'}


def test_json_lines_keep_values_as_text(here):
    rows = [
        {"image": "é.png", "mos": 3, "split": "test", "ok": True, "gone": None, "tags": ["a"]},
        {"image": "b.png", "mos": 2.5, "split": "", "ok": False, "gone": "x", "tags": []},
    ]
    write("m.jsonl", "\ufeff\n" + "\n\n".join(map(json.dumps, rows)) + "\n")
    first, second = manifest("m.jsonl").jobs
    assert first.image == "é.png"
    assert first.extra == {"mos": "3", "split": "test", "ok": "true", "gone": "", "tags": '["a"]'}
    assert second.extra == {"mos": "2.5", "split": "", "ok": "false", "gone": "x", "tags": "[]"}


def test_json_lines_are_known_by_their_text_not_by_the_name(here):
    write("list.txt", ' \n {"reference": "r.png", "distorted": "d.png"}')
    assert pairs(manifest("list.txt", full_reference=True)) == [("r.png", "d.png")]


def test_relative_paths_in_a_file_belong_to_its_folder(here):
    absolute = str(Path("x.png").absolute())
    write("data/m.csv", f"image\na.png\n../b.png\n{absolute}\n")
    assert images(manifest("data/m.csv")) == ["data/a.png", "data/../b.png", absolute]


def test_relative_paths_in_a_file_beside_us_stay_as_written(here):
    write("m.csv", "image\n./a.png\n")
    assert images(manifest("m.csv")) == ["./a.png"]


def test_no_reference_models_score_the_distorted_and_keep_the_reference(here):
    write("m.csv", "reference,distorted\nr.png,d.png\n")
    plan = manifest("m.csv", full_reference=False)
    assert pairs(plan) == [("r.png", "d.png")] and plan.paired


def test_images_alone_do_not_serve_a_full_reference_model(here):
    write("m.csv", "image\na.png\n")
    message = complaint(manifest, "m.csv", full_reference=True)
    assert message.startswith("m.csv: line 1: a full-reference model needs") and "triq" in message


@pytest.mark.parametrize(
    "header",
    ["path,mos", "reference,image", "distorted", "image,reference,distorted", "reference|distorted", "a;b"],
)
def test_columns_that_do_not_say_what_to_score_are_an_error(here, header):
    write("m.csv", f"\n{header}\n")
    message = complaint(manifest, "m.csv")
    assert "reference,distorted or image" in message and message.startswith("m.csv: line ")


@pytest.mark.parametrize("header", ["image,mos,mos", "image,image", ",image,image"])
def test_every_column_needs_a_name_of_its_own(here, header):
    write("m.csv", f"{header}\n")
    assert "a name of its own" in complaint(manifest, "m.csv")


def test_columns_of_the_output_are_reserved(here):
    write("m.csv", "image,status,triq,mos\na.png,,,\n")
    message = complaint(manifest, "m.csv", reserved=lambda paired: {"image", "status", "triq"})
    assert "status, triq; rename" in message


def named(name, full_reference=False, **columns):
    return build_plan(Inputs(manifest=name, columns=columns), full_reference)


def test_columns_may_be_called_otherwise(here):
    write("m.csv", "filename,image,mos,gt\na.png,thumb.png,3,r.png\n")
    assert images(named("m.csv", image="filename")) == ["a.png"]
    (job,) = named("m.csv", image="filename").jobs
    assert dict(job.extra) == {"mos": "3", "gt": "r.png"}
    assert pairs(named("m.csv", image="filename", reference="gt")) == [("r.png", "a.png")]


def test_a_column_that_is_not_there_is_told_with_those_that_are(here):
    write("m.csv", "filename,mos\na.png,3\n")
    message = complaint(named, "m.csv", image="file")
    assert message == "m.csv: --column image=file: no such column, only filename, mos"
    assert "--column image=NAME" in complaint(named, "m.csv")
    touch("a.png")
    assert "give --manifest FILE" in complaint(build_plan, Inputs(("a.png",), columns={"image": "x"}), False)


def test_all_bad_lines_of_a_file_are_reported_together(here):
    write("m.csv", "reference,distorted\nr.png,\n\nr.png,d.png\nr.png,d,e.png\n , x\nr.png\n")
    message = complaint(manifest, "m.csv", full_reference=True)
    assert message.startswith("m.csv: ")
    for problem in (
        "line 2: no path under distorted",
        "line 5: 3 cells under 2 columns",
        "line 6: no path under reference (fill",
        "line 7: 1 cell under 2 columns",
    ):
        assert problem in message
    assert "line 3" not in message and "line 4" not in message


def test_long_lists_of_bad_lines_are_cut_after_five(here):
    write("m.csv", "image,mos\n" + ",1\n" * 9)
    assert complaint(manifest, "m.csv").endswith("and 4 more")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"image": "b.png"', "broken JSON"),
        ('["b.png"]', "not a JSON object"),
        ('{"image": "b.png", "mos": 1}', "keys differ from those of the first object: mos"),
        ('{"image": null}', "no path under image"),
    ],
)
def test_a_bad_line_of_json_is_named(here, line, problem):
    write("m.jsonl", '{"image": "a.png"}\n\n' + line + '\n{"image": "c.png"}\n')
    assert complaint(manifest, "m.jsonl").startswith(f"m.jsonl: line 3: {problem}")


def test_a_json_array_is_a_manifest_too(here):
    write("m.json", '[{"image": "a.png"}]')
    assert images(manifest("m.json")) == ["a.png"]


def test_a_broken_quote_is_named(here):
    write("m.csv", 'image\na.png\n"b.png\nc.png\n')
    message = complaint(manifest, "m.csv")
    assert "broken CSV" in message and "line 4" in message


@pytest.mark.parametrize("text", ["", "\n  \n", "\ufeff"])
def test_an_empty_manifest_is_an_error(here, text):
    write("m.csv", text)
    assert complaint(manifest, "m.csv").startswith("m.csv: empty")


def test_a_header_without_rows_is_an_error(here):
    write("m.csv", "image\n")
    assert "no rows" in complaint(manifest, "m.csv")
    assert "no rows" in complaint(list, piped("image\n").jobs)


def test_a_name_in_windows_letters_finds_its_file_and_one_in_other_bytes_is_kept(here):
    touch("\u00e9.png")
    write("m.csv", "image\n\u00e9.png\n\u00fc.png\n", encoding="cp1252")
    assert images(manifest("m.csv")) == ["\u00e9.png", os.fsdecode(b"\xfc.png")]


def test_names_find_their_files_across_unicode_spellings(here):
    touch("data/e\u0301te\u0301/cafe\u0301.png", "data/r.png")
    write("data/m.csv", "reference,distorted\nr.png,\u00e9t\u00e9/caf\u00e9.png\n")
    assert pairs(manifest("data/m.csv")) == [("data/r.png", "data/e\u0301te\u0301/cafe\u0301.png")]


def test_backslashes_of_windows_part_folders_unless_a_file_is_called_so(here):
    touch("data/a/1.png", "data/b\\2.png")
    write("data/m.csv", "image\na\\1.png\nb\\2.png\n")
    assert images(manifest("data/m.csv")) == ["data/a/1.png", "data/b\\2.png"]


def test_a_workbook_is_a_manifest(here):
    book = openpyxl.Workbook()
    for row in (("image", "mos"), ("a.png", 3), (None, None), ("b.png", 2.5)):
        book.active.append(row)
    book.save("m.xlsx")
    plan = manifest("m.xlsx")
    assert images(plan) == ["a.png", "b.png"] and [job.extra["mos"] for job in plan.jobs] == ["3", "2.5"]


def test_a_pipe_is_read_once_and_its_paths_belong_to_the_current_folder(here):
    os.mkfifo("pipe")
    writing = threading.Thread(target=lambda: Path("pipe").write_text("image\na.png\n"))
    writing.start()
    plan = manifest("./pipe")
    writing.join()
    assert images(plan) == ["a.png"]


def test_a_manifest_that_cannot_be_opened_is_an_error(here):
    Path("folder").mkdir()
    assert complaint(manifest, "gone.csv").startswith("gone.csv: cannot read")
    assert complaint(manifest, "folder").startswith("folder: cannot read")


def test_paths_and_a_manifest_exclude_each_other(here):
    touch("a.png")
    assert "not both" in complaint(alone, "a.png", manifest="m.csv")
    assert "stands alone" in complaint(alone, "a.png", "-")
