"""What several jobs share and nobody can read: a row each, and no memory."""

import weakref
from dataclasses import replace

import pytest
from fakes import executor

from iqa_cli.engine import decode_ahead as decode
from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.stream import run
from iqa_cli.errors import ImageError
from iqa_cli.storage.remote import Unreachable


@pytest.fixture
def alive(monkeypatch):
    """The decoded images that are still held."""
    images, load_image = weakref.WeakSet(), decode.load_image

    def watched(source, policy):
        image = load_image(source, policy)
        images.add(image)
        return image

    monkeypatch.setattr(decode, "load_image", watched)
    return images


@pytest.mark.parametrize("shared", ["reference", "mask"])
def test_images_do_not_pile_up_behind_a_reference_or_a_mask_that_cannot_be_read(shared, jobs, alive, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    failing = [replace(job, **{shared: str(tmp_path / "broken.png")}) for job in jobs(range(60))]
    most = 0
    for record in run(failing, [executor()], DecodeOptions(), streaming=False):
        assert "broken.png" in record.error
        most = max(most, len(alive))
    assert most <= decode.AHEAD + 2 + 1  # those on their way, one that is decoded, and a good reference


def test_rows_that_share_a_reference_out_of_reach_all_say_so(jobs, monkeypatch):
    load_image = decode.load_image

    def cut_off(source, policy):
        if str(source).endswith("black.png"):
            raise ImageError("black.png: no connection") from Unreachable("no connection")
        return load_image(source, policy)

    monkeypatch.setattr(decode, "load_image", cut_off)
    records = list(run(jobs(range(5)), [executor()], DecodeOptions(), streaming=False))
    assert all(record.unreachable and "no connection" in record.error for record in records)
