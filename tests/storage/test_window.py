"""A file at a URL that is searched: bytes are those of the file wherever blocks end, and few blocks are read."""

import random

import pytest
from fsspec import filesystem
from tar_files import pictures_tar

from iqa_cli.plan.tar_columns import read_sidecars
from iqa_cli.storage import window
from iqa_cli.storage.tar_members import index_of
from iqa_cli.storage.window import Window

DATA = random.Random(0).randbytes(10_000)


@pytest.fixture
def blocks(monkeypatch):
    """Small blocks, and which were read."""
    monkeypatch.setattr(window, "FIRST", 100)
    monkeypatch.setattr(window, "MOST", 400)
    return []


@pytest.fixture
def opened(blocks):
    return Window(len(DATA), lambda start, end: blocks.append((start, end)) or DATA[start:end])


def test_reads_anywhere_give_the_bytes_of_the_file(opened):
    chance = random.Random(1)
    for _ in range(200):
        start, length = chance.randrange(len(DATA) + 50), chance.randrange(900)
        opened.seek(start)
        assert opened.read(length) == DATA[start : start + length]
        assert opened.tell() == min(start + length, max(start, len(DATA)))


def test_blocks_grow_while_they_follow_each_other_and_start_small_after_a_jump(opened, blocks):
    assert opened.read(1500) == DATA[:1500]
    for _ in range(3):
        opened.read(100)
    opened.seek(9000)
    opened.read(10)
    assert [end - start for start, end in blocks] == [1500, 200, 400, 100]


def test_a_tar_has_one_index_and_the_same_columns_however_it_is_cut_into_blocks(tmp_path, blocks):
    said = {str(number): {"text": "x" * (97 * number)} for number in range(9)}
    tar = pictures_tar(tmp_path / "x.tar", *(f"{number}.png" for number in range(9)), said=said)
    url = "memory://window/x.tar"
    filesystem("memory").pipe("/window/x.tar", tar.read_bytes())
    here, there = (read_sidecars([name])[0][name] for name in (str(tar), url))
    assert there == here and len(here) == 9
    assert index_of(url).members == index_of(str(tar)).members
