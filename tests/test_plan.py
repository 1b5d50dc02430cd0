import io
import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_cli.errors import ExitCode, UsageError
from iqa_cli.plan import Inputs, build_plan


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory, so that paths in the tests are short."""
    monkeypatch.chdir(tmp_path)


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def write(name, text, encoding="utf-8"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode(encoding))


def full(*paths, **options):
    return build_plan(Inputs(paths=paths, **options), full_reference=True)


def alone(*paths, **options):
    return build_plan(Inputs(paths=paths, **options), full_reference=False)


def manifest(name, full_reference=False, stdin=None, reserved=()):
    return build_plan(Inputs(manifest=name), full_reference, stdin, reserved)


def piped(text, full_reference=False, reserved=()):
    return manifest("-", full_reference, io.StringIO(text), reserved)


def pairs(plan):
    return [(job.reference, job.image) for job in plan.jobs]


def images(plan):
    return [job.image for job in plan.jobs]


def complaint(call, *args, **options):
    """The message of the one-line usage error that the call must end in."""
    with pytest.raises(UsageError) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == ExitCode.USAGE
    return message


# Images alone


def test_named_images_keep_their_order_and_spelling(here):
    touch("b.png", "a.png")
    plan = alone("./b.png", "a.png")
    assert images(plan) == ["./b.png", "a.png"]
    assert [job.reference for job in plan.jobs] == [None, None]
    assert (plan.total, plan.paired, plan.messages) == (2, False, ())


def test_a_folder_stands_for_its_images_sorted(here):
    touch("d/b.png", "d/a.JPG", "d/c.Jpeg", "z.png")
    assert images(alone("z.png", "d")) == ["z.png", "d/a.JPG", "d/b.png", "d/c.Jpeg"]


def test_hidden_files_and_other_suffixes_in_a_folder_are_passed_over(here):
    touch("d/a.png", "d/.b.png", "d/notes.txt", "d/png", "d/.cache/c.png", "d/.png")
    assert images(alone("d", recursive=True)) == ["d/a.png"]


def test_a_hidden_folder_counts_when_it_is_named(here):
    touch(".d/a.png")
    assert images(alone(".d")) == [".d/a.png"]


def test_subfolders_are_looked_into_only_when_recursive(here):
    touch("d/a.png", "d/sub/b.png", "d/sub/deep/c.png", "d.png/e.png", "d/f.png/g.txt")
    assert images(alone("d")) == ["d/a.png"]
    assert images(alone("d", recursive=True)) == ["d/a.png", "d/sub/b.png", "d/sub/deep/c.png"]


def test_a_named_file_is_planned_whatever_its_suffix(here):
    touch("scan.data", ".hidden")
    assert images(alone("scan.data", ".hidden")) == ["scan.data", ".hidden"]


def test_spaces_and_letters_of_any_script_survive(here):
    touch("mes photos/été 1.png", "mes photos/写真.jpg")
    assert sorted(images(alone("mes photos"))) == ["mes photos/été 1.png", "mes photos/写真.jpg"]


def test_all_paths_that_do_not_exist_are_named(here):
    touch("a.png")
    message = complaint(alone, "a.png", "b.png", "*.jpg")
    assert "b.png, *.jpg" in message and "a.png" not in message


@pytest.mark.parametrize(("recursive", "hint"), [(False, True), (True, False)])
def test_a_folder_without_images_is_an_error(here, recursive, hint):
    touch("d/notes.txt")
    message = complaint(alone, "d", recursive=recursive)
    assert message.startswith("d: no image") and ("--recursive" in message) is hint


def test_a_folder_that_cannot_be_listed_is_an_error(here, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    touch("d/a.png")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        message = complaint(alone, "d")
    assert message.startswith("d: cannot list this folder (Permission denied)")


def test_nothing_at_all_is_an_error(here):
    assert "nothing to score" in complaint(alone)


# One reference file


def test_the_first_file_is_the_reference_of_all_others(here):
    touch("ref.png", "b.jpg", "a.jpg")
    plan = full("ref.png", "b.jpg", "a.jpg")
    assert pairs(plan) == [("ref.png", "b.jpg"), ("ref.png", "a.jpg")]
    assert (plan.total, plan.paired, plan.messages) == (2, True, ())


def test_a_folder_among_the_distorted_stands_for_its_images(here):
    touch("ref.png", "x.png", "d/2.png", "d/1.png", "d/sub/3.png")
    assert images(full("ref.png", "x.png", "d")) == ["x.png", "d/1.png", "d/2.png"]
    assert images(full("ref.png", "d", recursive=True)) == ["d/1.png", "d/2.png", "d/sub/3.png"]


def test_the_reference_is_left_out_of_its_own_folder_aloud(here):
    touch("d/ref.png", "d/a.png")
    plan = full("./d/../d/ref.png", "d")
    assert images(plan) == ["d/a.png"]
    assert len(plan.messages) == 1 and "ref.png" in plan.messages[0]


def test_the_reference_named_as_distorted_is_scored(here):
    touch("ref.png")
    assert pairs(full("ref.png", "ref.png")) == [("ref.png", "ref.png")]


def test_a_folder_that_holds_only_the_reference_is_an_error(here):
    touch("d/ref.png")
    assert "but the reference itself" in complaint(full, "d/ref.png", "d")


def test_a_dangling_link_is_left_to_the_loader(here):
    touch("ref.png")
    Path("d").mkdir()
    Path("d/gone.png").symlink_to("nowhere.png")
    assert images(full("ref.png", "d")) == ["d/gone.png"]


@pytest.mark.parametrize("paths", [(), ("only.png",)])
def test_a_full_reference_model_needs_two_paths(here, paths):
    touch("only.png")
    message = complaint(full, *paths)
    assert "REFERENCE DISTORTED" in message and "triq" in message


# Folder against folder


def test_folders_pair_by_stem_whatever_the_extension(here):
    touch("ref/001.png", "ref/002.PNG", "dist/002.jpg", "dist/001.JPEG")
    plan = full("ref", "dist")
    assert pairs(plan) == [("ref/001.png", "dist/001.JPEG"), ("ref/002.PNG", "dist/002.jpg")]
    assert (plan.total, plan.paired, plan.messages) == (2, True, ())


def test_folders_pair_by_relative_folder_when_recursive(here):
    touch("ref/a/1.png", "ref/b/1.png", "dist/b/1.jpg", "dist/a/1.jpg")
    assert pairs(full("ref", "dist", recursive=True)) == [
        ("ref/a/1.png", "dist/a/1.jpg"),
        ("ref/b/1.png", "dist/b/1.jpg"),
    ]


def test_the_same_name_in_another_subfolder_is_no_partner(here):
    touch("ref/a/1.png", "dist/b/1.png")
    message = complaint(full, "ref", "dist", recursive=True)
    assert "a/1.png" in message and "b/1.png" in message


def test_only_the_last_suffix_is_the_extension(here):
    touch("ref/a.v1.png", "ref/a.v2.png", "dist/a.v2.jpg", "dist/a.v1.jpg")
    assert pairs(full("ref", "dist"))[0] == ("ref/a.v1.png", "dist/a.v1.jpg")


def test_a_template_finds_suffixed_names(here):
    touch("ref/a/1.png", "ref/a/2.png", "dist/a/1_x4.png", "dist/a/2_x4.png")
    plan = full("ref", "dist", recursive=True, match="{stem}_x4")
    assert pairs(plan) == [("ref/a/1.png", "dist/a/1_x4.png"), ("ref/a/2.png", "dist/a/2_x4.png")]


def test_other_braces_in_a_template_are_plain_text(here):
    touch("ref/1.png", "dist/{x}1{}.png")
    assert images(full("ref", "dist", match="{x}{stem}{}")) == ["dist/{x}1{}.png"]


@pytest.mark.parametrize("paired", [True, False])
def test_a_template_without_stem_is_an_error(here, paired):
    touch("a.png", "b.png")
    assert "{stem}" in complaint(full if paired else alone, "a.png", "b.png", match="_x4")


def test_names_pair_across_unicode_spellings(here):
    composed, decomposed = "\u00e9t\u00e9 1", "e\u0301te\u0301 1"
    touch(f"ref/{composed}.png", f"dist/{decomposed}.png")
    assert len(pairs(full("ref", "dist"))) == 1


def test_each_distorted_folder_is_paired_in_turn(here):
    touch("ref/1.png", "ref/2.png", "d1/1.png", "d1/2.png", "d2/1.jpg", "d2/2.jpg")
    assert images(full("ref", "d2", "d1")) == ["d2/1.jpg", "d2/2.jpg", "d1/1.png", "d1/2.png"]


def test_unmatched_names_are_an_error_that_lists_them(here):
    touch("ref/1.png", "ref/2.png", "dist/1.png", "dist/3.png")
    message = complaint(full, "ref", "dist")
    assert "ref: 1 image without a partner in dist (2.png)" in message
    assert "dist: 1 image without a partner in ref (3.png)" in message
    assert "--allow-missing" in message and "--match" in message


def test_long_lists_of_unmatched_names_are_cut_after_five(here):
    touch("dist/x.png", "ref/x.png", *(f"ref/{i}.png" for i in range(8)))
    message = complaint(full, "ref", "dist")
    assert "8 images" in message and "(0.png, 1.png, 2.png, 3.png, 4.png and 3 more)" in message


def test_one_extra_and_one_missing_file_do_not_shift_the_pairs(here):
    touch(*(f"ref/{i}.png" for i in (1, 2, 3, 4)), *(f"dist/{i}.png" for i in (0, 1, 2, 4)))
    complaint(full, "ref", "dist")
    plan = full("ref", "dist", allow_missing=True)
    assert pairs(plan) == [(f"ref/{i}.png", f"dist/{i}.png") for i in (1, 2, 4)]
    skipped = " ".join(plan.messages)
    assert "3.png" in skipped and "0.png" in skipped and plan.total == 3


@given(
    references=st.sets(st.integers(0, 30), min_size=1),
    distorted=st.sets(st.integers(0, 30), min_size=1),
)
def test_pairs_are_the_intersection_of_the_names(tmp_path_factory, references, distorted):
    root = tmp_path_factory.mktemp("pairs")
    touch(*(root / f"ref/{i}.png" for i in references), *(root / f"dist/{i}.bmp" for i in distorted))
    typed = str(root / "ref"), str(root / "dist")
    if not references & distorted:
        complaint(full, *typed, allow_missing=True)
        return
    plan = full(*typed, allow_missing=True)
    assert {int(Path(job.image).stem) for job in plan.jobs} == references & distorted
    assert all(Path(reference).stem == Path(image).stem for reference, image in pairs(plan))
    assert bool(plan.messages) == (references != distorted)


def test_skipping_everything_is_an_error_even_when_missing_is_allowed(here):
    touch("ref/1.png", "dist/2.png")
    message = complaint(full, "ref", "dist", allow_missing=True)
    assert "1.png" in message and "--allow-missing" not in message


@pytest.mark.parametrize("side", ["ref", "dist"])
@pytest.mark.parametrize("allow_missing", [False, True])
def test_two_files_with_one_stem_are_always_an_error(here, side, allow_missing):
    touch("ref/1.png", "dist/1.png", f"{side}/1.jpg")
    message = complaint(full, "ref", "dist", allow_missing=allow_missing)
    assert f"{side}: 1 stem shared by several files (1.jpg + 1.png)" in message


def test_a_reference_folder_against_a_file_is_an_error(here):
    touch("ref/1.png", "x.png")
    message = complaint(full, "ref", "x.png")
    assert "x.png is a file" in message and "ref is a folder" in message


# Manifests


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
    ["path,mos", "reference,image", "distorted", "image,reference,distorted", "reference;distorted", '""'],
)
def test_columns_that_do_not_say_what_to_score_are_an_error(here, header):
    write("m.csv", f"\n{header}\n")
    message = complaint(manifest, "m.csv")
    assert "reference,distorted or image" in message and message.startswith("m.csv: line ")


@pytest.mark.parametrize("header", ["image,", ",image", "image,mos,mos", "image,image"])
def test_every_column_needs_a_name_of_its_own(here, header):
    write("m.csv", f"{header}\n")
    assert "a name of its own" in complaint(manifest, "m.csv")


def test_columns_of_the_output_are_reserved(here):
    write("m.csv", "image,status,triq,mos\na.png,,,\n")
    message = complaint(manifest, "m.csv", reserved={"image", "status", "triq"})
    assert "status, triq; rename" in message


def test_all_bad_lines_of_a_file_are_reported_together(here):
    write("m.csv", "reference,distorted\nr.png,\n\nr.png,d.png\nr.png,d,e.png\n , \nr.png\n")
    message = complaint(manifest, "m.csv", full_reference=True)
    assert message.startswith("m.csv: ")
    for problem in (
        "line 2: no path under distorted",
        "line 5: 3 cells under 2 columns",
        "line 6: no path under reference and distorted",
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


def test_a_json_array_is_told_to_be_json_lines(here):
    write("m.json", '[{"image": "a.png"}]')
    assert "one object per line" in complaint(manifest, "m.json")


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


def test_text_that_is_not_utf_8_is_an_error(here):
    write("m.csv", "image\né.png\n", encoding="latin-1")
    assert "UTF-8" in complaint(manifest, "m.csv")


def test_a_manifest_that_cannot_be_opened_is_an_error(here):
    Path("folder").mkdir()
    assert complaint(manifest, "gone.csv").startswith("gone.csv: cannot read")
    assert complaint(manifest, "folder").startswith("folder: cannot read")


def test_paths_and_a_manifest_exclude_each_other(here):
    touch("a.png")
    assert "not both" in complaint(alone, "a.png", manifest="m.csv")
    assert "stands alone" in complaint(alone, "a.png", "-")


# Standard input


@pytest.mark.parametrize("inputs", [Inputs(manifest="-"), Inputs(paths=("-",))])
@pytest.mark.parametrize(
    "text",
    [
        "\ufeffreference,distorted,mos\r\nr.png,./d.png,1\r\n",
        '\n{"distorted": "./d.png", "mos": 1, "reference": "r.png"}\n',
    ],
)
def test_standard_input_is_csv_or_json_lines(inputs, text):
    plan = build_plan(inputs, full_reference=True, stdin=io.StringIO(text))
    assert (plan.total, plan.paired) == (None, True)
    (job,) = plan.jobs
    assert (job.reference, job.image, job.extra) == ("r.png", "./d.png", {"mos": "1"})


def test_standard_input_is_the_one_of_the_moment(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("image\na.png\n"))
    assert images(alone("-")) == ["a.png"]


@pytest.mark.parametrize("header", ["image\n", None])
def test_standard_input_is_read_no_further_than_the_jobs_asked_for(header):
    row = "{0}.png\n" if header else '{{"image": "{0}.png"}}\n'

    def endless():
        yield from [header] if header else []
        for number in range(3):
            yield row.format(number)
        raise AssertionError("read too far")

    plan = manifest("-", stdin=endless())
    assert [job.image for job in itertools.islice(plan.jobs, 3)] == ["0.png", "1.png", "2.png"]


def test_a_job_comes_out_of_a_pipe_before_the_next_row_goes_in():
    program = (
        "from iqa_cli.plan import Inputs, build_plan\n"
        "for job in build_plan(Inputs(paths=('-',)), False).jobs: print(job.image, flush=True)"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True) as process:
        # A plan that waits for the end of the input would leave this test waiting for ever.
        watchdog = threading.Timer(20, process.kill)
        watchdog.start()
        process.stdin.write("image\na.png\n")
        process.stdin.flush()
        assert process.stdout.readline() == "a.png\n"
        process.stdin.write("b.png\n")
        process.stdin.close()
        assert process.stdout.readline() == "b.png\n"
        watchdog.cancel()


def test_rows_before_a_bad_line_of_standard_input_still_come_out():
    jobs = piped("image,mos\na.png,1\n,2\nc.png,3\n").jobs
    assert next(jobs).image == "a.png"
    assert complaint(next, jobs).startswith("standard input: line 3: no path under image")


def test_bad_columns_on_standard_input_are_found_before_the_run():
    assert complaint(piped, "path\na.png\n").startswith("standard input: line 1: columns must")
    assert complaint(piped, '{"image": 1\n').startswith("standard input: line 1: broken JSON")
    assert complaint(piped, "image\na.png\n", full_reference=True).startswith("standard input: line 1: a full")
    assert complaint(piped, "image,error\n", reserved={"error"}).endswith("rename yours")


def test_planning_imports_neither_torch_nor_an_image_library():
    program = "import sys, iqa_cli.plan; assert not {'torch', 'PIL', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
