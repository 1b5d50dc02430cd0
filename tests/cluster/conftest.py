"""A worker of this process in the place of those of Ray, and pictures for it."""

import pickle
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from command_line import save, truncate

from iqa_cli.__main__ import main
from iqa_cli.cluster import actor_layout, cluster_run
from iqa_cli.cluster.shard_worker import ShardWorker, packed
from iqa_cli.command_options import cluster_options

NODES = SimpleNamespace(
    nodes=lambda: [{"Alive": True, "Resources": {"CPU": 2}}, {"Alive": False, "Resources": {}}],
    remote=lambda **how: lambda kind: SimpleNamespace(remote=kind),
)


@pytest.fixture
def folder(tmp_path, monkeypatch, photo):
    """The current directory, with seven pictures in dist/, of which one is damaged; a shard has about two."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(actor_layout, "IMAGES", 2)
    save("ref.png", photo(48, 64))
    for number in range(7):
        save(f"dist/{number}.png", photo(48, 64, number))
    truncate("dist/3.png")


@pytest.fixture
def asked(monkeypatch):
    """Who is asked in the place of Ray: gives the shards that were scored, and takes outcomes instead."""
    told = SimpleNamespace(addresses=[], scored=[], instead={})

    def outcomes(run, ray, places, todo, counts):
        worker = ShardWorker(replace(run.task, options=replace(run.task.options, device=places.device)))
        for shard in todo:
            told.scored.append(shard)
            if shard in told.instead:
                yield from told.instead[shard]
                continue
            (data,) = worker({"shard": [shard], "jobs": [packed(run.cut.shards[shard])]})["outcome"]
            yield pickle.loads(data)

    def connected(address, debug):
        told.addresses.append(address)
        return nullcontext(NODES)

    monkeypatch.setattr(cluster_run.ClusterRun, "_outcomes", outcomes)
    monkeypatch.setattr(cluster_run, "connected", connected)
    monkeypatch.setattr(cluster_options, "find_spec", lambda name: name)
    return told


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)`: exit code, and what stderr says."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main(["score", *arguments])
        out, err = capsys.readouterr()
        assert out == ""
        return leaving.value.code, err

    return run
