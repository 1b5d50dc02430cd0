"""One process writes a file at a time."""

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.ground import locks
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.locks import alone_with

fcntl = pytest.importorskip("fcntl")


def test_a_second_process_is_refused_by_name_and_let_in_once_the_first_has_ended(tmp_path):
    file = tmp_path / "scores.csv"
    with alone_with(file):
        with pytest.raises(UsageError, match=r"scores\.csv: is being written by another process"), alone_with(file):
            pass
        with alone_with(tmp_path / "other.csv"):
            pass
    with alone_with(file):
        pass
    assert not list(tmp_path.iterdir())


def test_what_a_process_that_died_has_left_of_a_file_goes_when_another_takes_it(tmp_path):
    with atomically(tmp_path / "scores.csv") as partial:
        partial.with_stem(partial.stem + "0").touch()
    with alone_with(tmp_path / "scores.csv"):
        assert not list(tmp_path.glob("*.partial"))


def test_a_lock_that_its_holder_removes_while_another_waits_for_it_keeps_a_third_out(tmp_path, monkeypatch):
    file, taken = tmp_path / "scores.csv", []

    def take(held, how):
        if not taken:
            (tmp_path / ".scores.csv.lock").unlink()  # by who held it until now
        taken.append(held)
        fcntl.flock(held, how)

    monkeypatch.setattr(locks, "fcntl", _Taking(take))
    with alone_with(file):
        assert len(taken) == 2
        with pytest.raises(UsageError, match="another process"), alone_with(file):
            pass


class _Taking:
    """The module of locks, with another way to take one."""

    LOCK_EX, LOCK_NB = fcntl.LOCK_EX, fcntl.LOCK_NB

    def __init__(self, flock):
        self.flock = flock
