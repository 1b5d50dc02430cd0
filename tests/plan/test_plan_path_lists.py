"""A plain list of paths on standard input, as `find` prints it."""

import io
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from planning import alone, complaint, images, pairs, piped, touch

from iqa_cli.plan import Inputs, build_plan
from iqa_cli.plan.standard_input import hint_of
from iqa_cli.references.contents import Maker
from iqa_cli.references.encoded import EncodedReference, ReferenceWriter


def against(reference, text, full_reference=True, **options):
    return build_plan(Inputs(paths=(reference, "-"), **options), full_reference, io.StringIO(text))


def from_bytes(data):
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)), encoding="ascii")
    return build_plan(Inputs(paths=("-",)), False, stream)


@pytest.mark.parametrize("text", ["./a.png\nd/b c.jpg\n", "\ufeff./a.png\r\n\r\nd/b c.jpg", "./a.png\0d/b c.jpg\0"])
def test_a_path_a_line_or_before_each_nul_is_an_image(here, text):
    plan = piped(text)
    assert (plan.total, plan.paired) == (None, False)
    assert [dict(job.extra) for job in plan.jobs] == [{}, {}]
    assert images(piped(text)) == ["./a.png", "d/b c.jpg"]


def test_names_parted_by_nul_may_hold_line_ends_and_commas(here):
    assert images(from_bytes(b"a\nb, c.png\0d.png")) == ["a\nb, c.png", "d.png"]


def test_a_file_of_any_name_begins_a_list_if_it_is_there_and_folders_are_passed_over(here):
    touch("photos/a.png", "scan", "{x}.png")
    assert images(piped("photos\nphotos/a.png\n")) == ["photos/a.png"]
    assert images(piped("scan\n")) == ["scan"]
    touch("distorted/a.png")
    assert images(piped("distorted\ndistorted/a.png\n")) == ["distorted/a.png"]
    assert images(piped("{x}.png\n")) == ["{x}.png"]


def test_names_of_columns_and_json_are_no_paths(here):
    touch("image")
    assert images(piped("./image\n")) == ["./image"]
    assert images(piped("image\na.png\n")) == ["a.png"]
    assert images(piped("image,thumbnail.png\na.png,x\n")) == ["a.png"]
    assert images(piped('{"image": "a.png"}\n')) == ["a.png"]


def test_what_is_neither_list_nor_table_is_told(here):
    assert complaint(piped, "gone\nmore\n").startswith("standard input: line 1: columns must")
    assert "bytes that are no text" in complaint(from_bytes, b"\x89PNG\r\n\x1a\n\0\0\0")
    assert complaint(piped, "").startswith("standard input: empty")


def test_a_list_needs_a_reference_where_the_model_does(here):
    message = complaint(piped, "a.png\n", full_reference=True)
    assert message.startswith("standard input is a plain list of paths") and "iqa score REFERENCE -" in message


def test_a_reference_file_before_the_dash_is_that_of_all(here):
    touch("r.png")
    plan = against("r.png", "a.png\nb.png\n")
    assert plan.paired and pairs(plan) == [("r.png", "a.png"), ("r.png", "b.png")]
    assert pairs(against("r.png", "image,mos\na.png,3\n")) == [("r.png", "a.png")]
    assert "leave out r.png" in complaint(against, "r.png", "reference,distorted\nr.png,a.png\n")
    assert against("r.png", "a.png\n", None).paired


def test_a_reference_folder_has_the_reference_of_each_by_stem_and_then_by_folder(here):
    touch("ref/a/1.png", "ref/b/1.png", "ref/2.png")
    listed = "out/b/1.jpg\nout/a/1.jpg\nout/2.webp\n"
    found = pairs(against("ref", listed, recursive=True))
    assert [reference for reference, _ in found] == ["ref/b/1.png", "ref/a/1.png", "ref/2.png"]
    assert pairs(against("ref", "out/2_x4.png\n", match=("{stem}_x4",))) == [("ref/2.png", "out/2_x4.png")]


@pytest.mark.parametrize(
    ("listed", "options", "named", "told"),
    [
        ("out/gone.png", {}, "GT/gone.*", "GT has no reference for out/gone.png (and maybe others)"),
        (
            "out/b.png",
            {"match": ("{stem}_x4",)},
            "GT/b.*",
            "no reference for out/b.png (and maybe others) by --match '{stem}_x4'",
        ),
        ("out/a.jpg", {}, "GT/{a.jpg,a.png}", "several references for out/a.jpg (and maybe others), such as a.jpg + "),
        ("c.png", {"recursive": True}, "GT/{d/c.png,e/c.png}", "such as d/c.png + e/c.png: keep one"),
    ],
)
def test_what_has_no_reference_in_a_folder_or_several_names_one_that_is_not_there(here, listed, options, named, told):
    touch("GT/a.jpg", "GT/a.png", "GT/b.png", "GT/c.png.txt", "GT/d/c.png", "GT/e/c.png")
    inputs = Inputs(("GT", "-"), **options)
    (job,) = build_plan(inputs, True, io.StringIO(f"{listed}\n")).jobs
    assert job.reference == named and not Path(named).exists()
    assert told in hint_of(job, inputs)


def test_a_file_of_encoded_references_has_the_reference_of_each_as_a_folder_has(here):
    maker = Maker("iqt-lite", "iqt-lite-1", "ab" * 32, 256, "up to 20 on a grid", "fp32", "0.1.0")
    with ReferenceWriter(Path("gt.iqaref"), maker) as writer:
        for name in ("a/1.png", "2.png"):
            writer.add(name, EncodedReference(name, 256, 256, [(0, 0)], [np.zeros((1, 3), np.float16)]))
    inputs = Inputs(("gt.iqaref", "-"))
    jobs = list(build_plan(inputs, True, io.StringIO("out/1.jpg\nout/2.jpg\nout/3.jpg\n")).jobs)
    assert [job.reference for job in jobs] == ["gt.iqaref/a/1.png", "gt.iqaref/2.png", "gt.iqaref/3.*"]
    assert [bool(hint_of(job, inputs)) for job in jobs] == [False, False, True]


def test_of_a_listed_image_without_reference_the_match_that_would_find_one_is_told(here):
    touch("GT/0801.png", "GT/0802.png", "A/0801_x2.png")
    inputs = Inputs(("GT", "-"))
    (job,) = build_plan(inputs, True, io.StringIO("A/0801_x2.png\n")).jobs
    assert hint_of(job, inputs).endswith("--match '{stem}_x2'")
    matched = Inputs(("GT", "-"), match=("{stem}_x2",))
    (job,) = build_plan(matched, True, io.StringIO("A/0801_x2.png\n")).jobs
    assert hint_of(job, matched) == ""


def test_the_dash_stands_alone_or_after_one_reference(here):
    touch("a.png", "b.png")
    for paths in (("a.png", "b.png", "-"), ("-", "a.png")):
        assert "stands alone, or after one reference" in complaint(build_plan, Inputs(paths=paths), True)
    assert "stands alone" in complaint(alone, "a.png", "-")
    assert complaint(build_plan, Inputs(paths=("gone.png", "-")), True).startswith("no such file or folder: gone.png")


def test_a_list_is_read_no_further_than_the_jobs_asked_for(here):
    def endless():
        yield from ("0.png\n", "1.png\n", "2.png\n")
        raise AssertionError("read too far")

    plan = build_plan(Inputs(paths=("-",)), False, endless())
    assert [job.image for job in itertools.islice(plan.jobs, 3)] == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize("end", [b"\n", b"\0"])
def test_a_job_comes_out_of_a_pipe_before_the_next_path_goes_in_whatever_bytes_it_has(here, end):
    program = (
        "import os, sys\nfrom iqa_cli.plan import Inputs, build_plan\n"
        "for job in build_plan(Inputs(paths=('-',)), False).jobs:\n"
        "    sys.stdout.buffer.write(os.fsencode(job.image) + b'|'); sys.stdout.flush()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, bufsize=0) as process:
        watchdog = threading.Timer(20, process.kill)
        watchdog.start()
        for name in ("\u00e9.png".encode(), b"caf\xe9.png"):
            process.stdin.write(name + end)
            assert os.read(process.stdout.fileno(), 100) == name + b"|"
        process.stdin.close()
        watchdog.cancel()
