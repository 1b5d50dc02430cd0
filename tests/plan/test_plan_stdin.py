"""Manifests on standard input."""

import io
import itertools
import subprocess
import sys
import threading

import pytest
from planning import alone, complaint, images, manifest, piped

from iqa_cli.plan import Inputs, build_plan


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
    assert complaint(piped, "image,error\n", reserved=lambda paired: {"error"}).endswith("rename yours")


def test_planning_imports_neither_torch_nor_an_image_library():
    program = "import sys, iqa_cli.plan; assert not {'torch', 'PIL', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
