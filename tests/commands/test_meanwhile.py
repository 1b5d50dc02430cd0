"""What other runs do to an output meanwhile, and what a run that replaces one leaves when it is killed."""

from pathlib import Path

import pytest
from command_line import PAIR

from iqa_cli import jobs
from iqa_cli.engine import session
from iqa_cli.output import has_rows

SCORE = ("score", *PAIR, "-m", "psnr", "-o")
FILES = ("rows.csv", "rows.jsonl", "rows.json", "rows.parquet")


@pytest.fixture
def another(monkeypatch):
    """Has another run do something to the outputs once a run has looked at them and loads its models."""

    def meanwhile(does):
        opened = session.open_session

        def open_session(*args):
            does()
            return opened(*args)

        monkeypatch.setattr(session, "open_session", open_session)

    return meanwhile


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("resume", [(), ("--resume",)], ids=["anew", "resumed"])
def test_rows_that_another_run_has_written_since_a_run_began_are_left_alone(iqa, another, file, resume):
    assert iqa(*SCORE, f"other-{file}").code == 0
    whole = Path(f"other-{file}").read_bytes()
    another(lambda: Path(file).write_bytes(whole))
    done = iqa(*SCORE, file, *resume)
    assert (done.code, done.err.count("another process has written it meanwhile")) == (2, 1)
    assert Path(file).read_bytes() == whole


@pytest.mark.parametrize("file", FILES)
def test_rows_that_are_replaced_are_gone_before_anything_tells_of_the_run_that_replaces_them(iqa, monkeypatch, file):
    assert iqa(*SCORE, file).code == 0
    parts = Path(f"{file}.parts")
    if file.endswith("parquet"):  # as a run leaves them that was killed
        parts.mkdir()
        (parts / "000001.parquet").write_bytes(Path(file).read_bytes())
    told = []

    def run_file(rows, *facts):
        told.append(has_rows(rows, rows.suffix[1:]))
        return begun(rows, *facts)

    begun = jobs.RunFile
    monkeypatch.setattr(jobs, "RunFile", run_file)
    assert iqa(*SCORE, file, "--crop-border", "4", "--overwrite").code == 0
    assert told == [False] and not parts.exists()
