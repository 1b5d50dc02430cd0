"""Which images belong to which shard."""

import hashlib

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.parts.shards import Shard, cut, key_of, roots_of, shard_of
from iqa_cli.plan import Inputs
from iqa_cli.records import Job

JOBS = [Job(f"photos/{number % 7}/{number}.jpg") for number in range(200)]


def test_a_shard_is_the_sha256_of_the_key_modulo_the_number_of_shards():
    expected = int(hashlib.sha256(b"a/1.jpg").hexdigest(), 16) % 7
    assert shard_of("a/1.jpg", 7) == expected


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_every_job_is_in_one_shard_and_in_order_there(shards):
    found = cut(JOBS, ["photos"], shards)
    assert sorted(JOBS.index(job) for shard in found.shards for job in shard) == list(range(200))
    assert all([JOBS.index(job) for job in shard] == sorted(JOBS.index(job) for job in shard) for shard in found.shards)
    assert found.jobs == 200 and len(found.digests) == shards


def test_an_image_stays_in_its_shard_when_others_come_and_go_and_when_the_folder_lies_elsewhere():
    whole = cut(JOBS, ["photos"], 3)
    fewer = cut(JOBS[::2], ["photos"], 3)
    moved = cut([Job(f"/elsewhere/{job.image}") for job in JOBS], ["/elsewhere/photos"], 3)
    for some, all in zip(fewer.shards, whole.shards, strict=True):
        assert set(map(id, some)) <= set(map(id, all))
    assert moved.digests == whole.digests


def test_the_digest_of_a_shard_changes_with_its_images_their_order_and_their_columns_alone():
    one = cut(JOBS[:3], ["photos"], 1).digests
    others = [JOBS[:2], JOBS[2::-1], [*JOBS[:2], Job(JOBS[2].image, extra={"mos": "3"})]]
    assert one == cut(list(JOBS[:3]), ["photos"], 1).digests
    assert len({*one, *(cut(some, ["photos"], 1).digests[0] for some in others)}) == 4


@pytest.mark.parametrize(
    ("job", "roots", "key"),
    [
        (Job("photos/a/1.jpg"), ["photos"], "a/1.jpg"),
        (Job("photos/a/1.jpg"), ["photos/a", "photos"], "1.jpg"),
        (Job("photographs/1.jpg"), ["photos", "photographs"], "1.jpg"),
        (Job("a/1.jpg"), ["a/1.jpg"], "1.jpg"),
        (Job("a/1.jpg"), ["."], "a/1.jpg"),
        (Job("dist/1.jpg", "ref/1.png"), ["ref", "dist"], "1.png\x001.jpg"),
        (Job("v/clip.mp4#120"), ["v/clip.mp4"], "clip.mp4#120"),
        (Job("s3://bucket/photos/1.jpg"), ["s3://bucket/photos/"], "1.jpg"),
        (Job("0001.tar/key.jpg"), ["0001.tar"], "key.jpg"),
        (Job("e\u0301.jpg"), ["."], "\u00e9.jpg"),
    ],
)
def test_a_key_is_the_name_below_what_was_given(job, roots, key):
    assert key_of(job, roots) == key


def test_what_keys_are_relative_to_is_what_was_given_or_the_folder_of_the_manifest():
    assert roots_of(Inputs(("./photos/", "s3://b/x/"))) == ("photos", "s3://b/x/")
    assert roots_of(Inputs(manifest="lists/a.csv")) == ("lists",)
    assert roots_of(Inputs(manifest="s3://b/lists/a.parquet")) == ("s3://b/lists",)


@pytest.mark.parametrize("text", ["2/2", "1", "-1/2", "a/b", "0/0", "1/", ""])
def test_what_is_no_shard_is_refused_with_how_to_say_one(text):
    with pytest.raises(UsageError, match="I from 0 to N-1"):
        Shard.parse(text, {})


@pytest.mark.parametrize(
    ("told", "shard"),
    [
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "8"}, Shard(3, 8)),
        ({"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "10"}, Shard(4, 10)),
        (
            {
                "SLURM_PROCID": "1", "SLURM_NTASKS": "2",
                "SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "3",
                "SLURM_ARRAY_TASK_MAX": "4", "SLURM_ARRAY_TASK_STEP": "2",
            },
            Shard(5, 6),
        ),
    ],
)  # fmt: skip
def test_slurm_tells_each_task_its_shard(told, shard):
    assert Shard.parse("slurm", told) == shard


def test_an_array_with_gaps_and_a_machine_without_slurm_are_refused():
    gaps = {"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3"}
    with pytest.raises(UsageError, match="gaps"):
        Shard.parse("slurm", gaps | {"SLURM_ARRAY_TASK_MAX": "9"})
    with pytest.raises(UsageError, match="SLURM_PROCID/SLURM_NTASKS or SLURM_ARRAY_TASK_ID"):
        Shard.parse("slurm", {})
