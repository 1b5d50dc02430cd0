"""Who uses how many cores."""

import os

import pytest
import torch
from fakes import ALONE, executor, flat

import iqa_cli
from iqa_cli.executing import cores, maps
from iqa_cli.executing.cores import compute_threads, computing, decode_threads, let_threads_sleep, usable_cores
from iqa_cli.explaining.evidence import Evidence
from iqa_cli.models.base import NoReference
from iqa_cli.models.triq import TRIQLite


@pytest.fixture
def pinned(monkeypatch):
    """`pinned(8)`: this process may use eight cores, as far as it is pinned to them."""
    return lambda count: monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)


@pytest.mark.parametrize(
    ("files", "granted"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "3200000 100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu.max": "what\n"}, 8),
    ],
)
def test_no_more_cores_are_used_than_a_container_grants(tmp_path, pinned, files, granted):
    pinned(8)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cores(tmp_path) == granted


def test_models_take_a_thread_a_core_but_no_more_than_torch_was_told(monkeypatch):
    monkeypatch.setattr(cores, "usable_cores", lambda: 4)
    for told, taken in ((8, 4), (4, 4), (1, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda told=told: told)
        assert compute_threads(None) == taken
    assert compute_threads(6) == 6


def test_decoding_takes_no_more_threads_than_there_are_cores_or_were_asked_for(monkeypatch):
    monkeypatch.setattr(cores, "usable_cores", lambda: 2)
    assert [decode_threads(threads) for threads in (None, 1, 3, 64)] == [2, 1, 3, 4]


def test_the_callers_number_of_threads_comes_back():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), computing(before + 1):
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


def test_an_executor_scores_with_the_threads_asked_for():
    seen = []

    class Watching(NoReference):
        def outputs(self, *images):
            seen.append(torch.get_num_threads())
            return images[-1].mean(dim=(1, 2, 3))

    before = torch.get_num_threads()
    executor(Watching(), ALONE, threads=before + 1).score([flat(3)])
    assert seen == [before + 1] and torch.get_num_threads() == before


def test_maps_and_explanations_take_the_threads_asked_for(monkeypatch, photo):
    seen = []
    for owner, name in ((TRIQLite, "attention"), (Evidence, "calibrated"), (maps.F, "interpolate")):

        def watched(*given, asked=getattr(owner, name), **options):
            seen.append(torch.get_num_threads())
            return asked(*given, **options)

        monkeypatch.setattr(owner, name, watched)
    before = torch.get_num_threads()
    scorer = iqa_cli.load("triq-lite", device="cpu", offline=True, explain=True, threads=before + 1)
    scorer.score(photo(64, 64)), scorer.maps(photo(64, 64))
    assert seen == 3 * [before + 1] and torch.get_num_threads() == before


def test_threads_sleep_while_they_wait_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    let_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    let_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "active"
