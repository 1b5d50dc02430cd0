"""Reading ahead of decoding: in order, many at a time, within room, and of URLs alone."""

import itertools
import threading
import time
from collections import Counter

import numpy as np
import pytest
from imagery import png
from tar_files import picture

from iqa_cli.engine import fetch_ahead
from iqa_cli.engine.decode_ahead import DecodeOptions, decoding
from iqa_cli.engine.fetch_ahead import AT_FIRST, AT_ONCE, fetched_ahead
from iqa_cli.records import Job
from iqa_cli.storage.access import Fetched


def shared(job):
    return job.reference, job.mask


@pytest.fixture
def slow(monkeypatch):
    """Reads that take a while, and the most of them at a time."""
    under_way, most, lock = [0], [0], threading.Lock()

    def fetch(name):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.02)
        with lock:
            under_way[0] -= 1
        return Fetched(name, name.encode())

    monkeypatch.setattr(fetch_ahead, "fetch", fetch)
    return most


def test_jobs_keep_their_order_and_many_are_read_at_a_time(slow):
    jobs = [Job(f"memory://{number}.png") for number in range(100)]
    begun = time.perf_counter()
    found = [(job, reads[job.image].result().data) for job, reads in fetched_ahead(jobs, shared)]
    assert found == [(job, job.image.encode()) for job in jobs]
    assert AT_FIRST < slow[0] <= AT_ONCE
    assert time.perf_counter() - begun < 0.02 * len(jobs) / 2


def test_large_files_are_read_a_few_at_a_time(slow, monkeypatch):
    monkeypatch.setattr(fetch_ahead, "AHEAD_BYTES", 30)
    jobs = [Job(f"memory://{number:02}.png") for number in range(20)]  # 15 bytes each
    for _, reads in itertools.islice(fetched_ahead(jobs, shared), 10):
        [read.result() for read in reads.values()]
    assert slow[0] <= AT_FIRST + 1  # one is decoded meanwhile


def test_a_pair_is_read_even_where_there_is_room_for_one(slow, monkeypatch):
    monkeypatch.setattr(fetch_ahead, "AHEAD_BYTES", 1)
    jobs = [Job(f"memory://{number}.png", f"memory://r{number}.png") for number in range(4)]
    assert [len(reads) for _, reads in fetched_ahead(jobs, shared)] == [2] * 4


def test_a_reference_of_many_images_is_read_once(slow):
    jobs = [Job(f"memory://{number}.png", "memory://r.png") for number in range(4)]
    assert [len(reads) for _, reads in fetched_ahead(jobs, shared)] == [2, 1, 1, 1]


def test_references_and_masks_are_read_ahead_whenever_decoding_needs_them_and_no_more_often(monkeypatch):
    read, number = [], itertools.count()

    def fetch(name):  # of files that are nowhere, so that nobody else can read them
        read.append(name)
        return Fetched(name, png(np.full((32, 32), 200, np.uint8)))

    monkeypatch.setattr(fetch_ahead, "fetch", fetch)
    for pattern, times in (("a" * 40, {"a": 1}), ("ab" * 20, {"a": 1, "b": 1}), ("axay" * 5, {"a": 1, "x": 5, "y": 5})):
        read.clear()
        jobs = [Job(f"memory://{next(number)}.png", f"memory://{name}", mask="memory://m.png") for name in pattern]
        with decoding(jobs, DecodeOptions()) as decoded:
            assert not [item.error for item in decoded if item.error]
        counts = {f"memory://{name}": count for name, count in {**times, "m.png": 1}.items()}
        assert Counter(read) == Counter(job.image for job in jobs) + Counter(counts)


def test_files_here_are_not_read_ahead_and_no_job_is_asked_for_early():
    asked = []
    jobs = (asked.append(number) or Job(f"{number}.png") for number in range(9))
    ahead = fetched_ahead(jobs, shared)
    assert next(ahead) == (Job("0.png"), {}) and asked == [0]


def test_a_bad_line_comes_after_the_jobs_before_it(slow):
    def jobs():
        yield Job("memory://a.png")
        raise ValueError("a bad line")

    ahead = fetched_ahead(jobs(), shared)
    assert next(ahead)[0].image == "memory://a.png"
    with pytest.raises(ValueError, match="a bad line"):
        next(ahead)


def test_what_is_read_ahead_is_decoded_and_a_missing_file_costs_its_row():
    memory = pytest.importorskip("fsspec").filesystem("memory")
    for number in range(12):
        memory.pipe(f"/ahead/{number}.png", picture(number))
    names = [f"memory://ahead/{number}.png" for number in range(12)]
    names.insert(5, "memory://ahead/none.png")
    with decoding([Job(name, names[0]) for name in names], DecodeOptions()) as decoded:
        found = list(decoded)
    assert [item.job.image for item in found] == names
    errors = [item.error for item in found if item.error]
    assert errors == ["memory://ahead/none.png: cannot be read: no such file or folder; check the spelling"]


def test_leaving_early_lets_go_of_all_threads(slow):
    before = threading.active_count()
    with decoding([Job(f"memory://{number}.png") for number in range(200)], DecodeOptions()) as decoded:
        next(iter(decoded))
    for _ in range(100):
        if threading.active_count() <= before + 1:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before + 1
