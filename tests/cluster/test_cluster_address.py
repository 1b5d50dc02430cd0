"""`--ray` with and without an address, and how actors lie over the nodes."""

import pytest

from iqa_cli.cluster.actor_layout import IMAGES, SHARDS, layout_of, shards_for
from iqa_cli.cluster.cluster_address import HERE, check_address, with_address
from iqa_cli.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a.png --ray", f"a.png --ray={HERE}"),
        ("--ray a.png b.png", f"--ray={HERE} a.png b.png"),
        ("--ray photos/ -o out/", f"--ray={HERE} photos/ -o out/"),
        ("--ray ./auto", f"--ray={HERE} ./auto"),
        ("--ray s3://bucket/photos/", f"--ray={HERE} s3://bucket/photos/"),
        ("--ray auto a.png", "--ray=auto a.png"),
        ("a.png --ray ray://head:10001", "a.png --ray=ray://head:10001"),
        ("--ray 10.0.0.1:6379 a.png", "--ray=10.0.0.1:6379 a.png"),
        ("--ray=auto a.png", "--ray=auto a.png"),
        ("--ray -o out/", f"--ray={HERE} -o out/"),
        ("-- --ray auto", "-- --ray auto"),
    ],
)
def test_an_address_may_follow_and_a_path_is_none(typed, meant):
    assert with_address(typed.split()) == meant.split()


@pytest.mark.parametrize("address", ["", "head", "http://head:1", "auto,auto"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="give auto, ray://HOST:PORT or HOST:PORT"):
        check_address(address)


@pytest.mark.parametrize(
    ("nodes", "device", "threads", "expected"),
    [
        ([{"CPU": 2}], "auto", None, (1, 2, 0, "cpu")),
        ([{"CPU": 16}, {"CPU": 9}], "auto", None, (6, 4, 0, "cpu")),
        ([{"CPU": 16}, {"CPU": 2}], "cpu", None, (9, 2, 0, "cpu")),
        ([{"CPU": 8}, {}], "auto", 3, (2, 3, 0, "cpu")),
        ([{"CPU": 32, "GPU": 4}, {"CPU": 8}], "auto", None, (4, 4, 1, "cuda")),
        ([{"CPU": 2, "GPU": 4}], "cuda", None, (2, 1, 1, "cuda")),
    ],
)
def test_an_actor_has_a_gpu_where_there_are_some_else_a_group_of_cores(nodes, device, threads, expected):
    layout = layout_of(nodes, device, threads, computes=True)
    assert (layout.actors, layout.cpus, layout.gpus, layout.device) == expected


def test_formulas_leave_gpus_to_others():
    assert layout_of([{"CPU": 8, "GPU": 8}], "auto", None, computes=False).gpus == 0


@pytest.mark.parametrize(
    ("device", "threads", "refusal"),
    [
        ("cuda:1", None, "each actor has a GPU of its own"),
        ("cuda", None, "no node of the cluster has a GPU"),
        ("cpu", 64, "no node of the cluster has so many cores to offer, the largest 8"),
    ],
)
def test_a_cluster_without_what_was_asked_for_is_told(device, threads, refusal):
    with pytest.raises(UsageError, match=refusal):
        layout_of([{"CPU": 8}], device, threads, computes=True)


def test_a_shard_has_some_256_images_unless_there_would_be_too_many():
    assert [shards_for(images) for images in (0, 1, IMAGES, IMAGES + 1)] == [1, 1, 1, 2]
    assert shards_for(10**9) == SHARDS
