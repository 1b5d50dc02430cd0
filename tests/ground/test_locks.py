"""One process writes a file at a time."""

import os

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.ground import locks
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.locks import alone_with, is_held

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


def test_where_the_system_knows_no_locks_no_file_is_made_for_one(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    with atomically(tmp_path / "scores.csv") as partial:
        partial.with_stem(partial.stem + "0").touch()
    with alone_with(tmp_path / "scores.csv"):
        assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
        assert not is_held(tmp_path / "scores.csv")


def test_whoever_asks_is_told_of_a_holder_and_leaves_no_lock(tmp_path):
    file, lock = tmp_path / "scores.csv", tmp_path / ".scores.csv.lock"
    assert not is_held(file) and not is_held(tmp_path / "nowhere/scores.csv") and not list(tmp_path.iterdir())
    with alone_with(file):
        assert is_held(file) and not is_held(tmp_path / "other.csv")
    lock.touch()  # of a process that was killed
    assert not is_held(file)


def test_whoever_asks_in_the_moment_in_which_another_takes_the_lock_does_not_keep_it_out(tmp_path, monkeypatch):
    file, lock, refused = tmp_path / "scores.csv", tmp_path / ".scores.csv.lock", []
    lock.touch()  # of a process that was killed
    asking = os.open(lock, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)

    def take(held, how):
        try:
            fcntl.flock(held, how)
        except BlockingIOError:
            refused.append(held)
            if len(refused) == 2:
                os.close(asking)
            raise

    monkeypatch.setattr(locks, "fcntl", _Taking(take))
    with alone_with(file):
        assert len(refused) == 2 and is_held(file)


def test_a_lock_that_somebody_shares_for_longer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "A_MOMENT", 0.01)
    with (tmp_path / ".scores.csv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(UsageError, match="another process"), alone_with(tmp_path / "scores.csv"):
            pass


class _Taking:
    """The module of locks, with another way to take one."""

    LOCK_EX, LOCK_SH, LOCK_NB, LOCK_UN = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_NB, fcntl.LOCK_UN

    def __init__(self, flock):
        self.flock = flock
