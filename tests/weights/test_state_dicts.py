"""Weight files of ours and of others: what is written comes back, and nothing runs."""

import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from weight_entries import IQT_C, SMALL, scores

from iqa_cli.errors import WeightsError
from iqa_cli.records import ScoreRange
from iqa_cli.training import checkpoint
from iqa_cli.weights import load_trained, read_checkpoint, save_weights


def test_a_saved_model_comes_back_the_same_with_its_configuration(model, saved, no_network):
    loaded = load_trained(IQT_C, saved)
    assert loaded.model.config == SMALL
    assert not loaded.model.training
    wanted = model.state_dict()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in loaded.model.state_dict().items())
    torch.testing.assert_close(scores(loaded.model), scores(model))  # but for where their memory begins
    assert loaded.sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert (loaded.name, loaded.path, loaded.identity) == (saved.name, str(saved), 4.5)
    assert loaded.range == ScoreRange(1, 5)


def test_half_precision_keeps_vectors_whole_and_kernels_to_eleven_bits(model, tmp_path):
    save_weights(tmp_path / "w", "iqt-c", SMALL, model.state_dict(), half=True)
    tensors, _ = read_checkpoint(tmp_path / "w")
    for name, tensor in model.state_dict().items():
        assert tensors[name].dtype == tensor.dtype
        relative = 2.0**-11 if tensor.ndim > 1 else 0
        torch.testing.assert_close(tensors[name], tensor, rtol=relative, atol=relative and 2.0**-25)


def test_equal_weights_and_facts_are_equal_files_and_the_facts_come_back(model, tmp_path):
    facts = {"what": 'Größe\n\u2028"/\x7f', **{letter: letter for letter in "edcba"}}
    for number in range(8):  # safetensors has a new order each time
        save_weights(tmp_path / str(number), "iqt-c", SMALL, model.state_dict(), metadata=facts)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    tensors, metadata = read_checkpoint(tmp_path / "0")
    assert metadata.items() >= facts.items()
    assert all(torch.equal(tensors[name], tensor) for name, tensor in model.state_dict().items())


def test_a_save_that_fails_leaves_the_old_file_alone(saved, model, tmp_path):
    path = tmp_path / "w"
    path.write_bytes(b"old")
    with pytest.raises(Exception, match="str"):
        save_weights(path, "iqt-c", SMALL, model.state_dict(), metadata={"not text": 1})
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_pytorch_file_with_the_state_dict_of_the_default_configuration_is_scored_with(tmp_path, no_network):
    model = IQT_C.build().eval()
    torch.save(model.state_dict(), tmp_path / "w.pth")
    torch.testing.assert_close(scores(load_trained(IQT_C, tmp_path / "w.pth").model), scores(model))


@pytest.mark.parametrize("part", ["state_dict", "model_state_dict", "model", "params", "net", "netG"])
def test_a_state_dict_is_found_where_training_scripts_put_it(part, tmp_path):
    tensors = {"weight": torch.ones(2, dtype=torch.float16), "count": torch.tensor(3)}
    torch.save({"epoch": 3, part: tensors, "optimizer": {"state": {}}}, tmp_path / "w.pth")
    found, metadata = read_checkpoint(tmp_path / "w.pth")
    assert metadata == {}
    assert torch.equal(found["weight"], torch.ones(2, dtype=torch.float32))
    assert torch.equal(found["count"], torch.tensor(3))


def test_a_checkpoint_of_our_training_gives_the_average(tmp_path):
    model = torch.nn.Linear(2, 2)
    average = checkpoint.Average(model, decay=0.9)
    torch.nn.init.zeros_(model.weight)
    checkpoint.save_state(tmp_path / "last.pt", {"model": model.state_dict(), "average": average.state_dict()})
    tensors, _ = read_checkpoint(tmp_path / "last.pt")
    assert torch.equal(tensors["weight"], average.state["weight"])


def test_counters_of_batches_may_be_missing(model, tmp_path):
    state = {name: tensor for name, tensor in model.state_dict().items() if "num_batches" not in name}
    save_weights(tmp_path / "w", "iqt-c", SMALL, state)
    torch.testing.assert_close(scores(load_trained(IQT_C, tmp_path / "w").model), scores(model))


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


@pytest.mark.parametrize("save", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, 2))])
def test_a_pickle_that_would_run_code_is_refused_and_does_not(save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save({"weight": Evil()}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="refused: it holds more than tensors"):
        read_checkpoint(tmp_path / "w.pth")
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither a safetensors nor a PyTorch file"),
        (b"some other file", "neither a safetensors nor a PyTorch file"),
        (b"\x10\0\0\0\0\0\0\0{}", "damaged safetensors"),
        (b"\x89HDF\r\n\x1a\n...", "Keras file: convert it with 'iqa weights import"),
    ],
)
def test_a_file_of_another_kind_is_refused(content, reason, tmp_path):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        read_checkpoint(tmp_path / "w")


def test_cut_files_folders_and_missing_files_are_refused(saved, tmp_path):
    (tmp_path / "cut").write_bytes(saved.read_bytes()[:-100])
    torch.save({"w": torch.zeros(999)}, tmp_path / "whole.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "whole.pth").read_bytes()[:-100])
    torch.save([1, 2], tmp_path / "list.pth")
    reasons = {"cut": "damaged", "cut.pth": "damaged", "list.pth": "no state dict", ".": "directory", "no": "No such"}
    for name, reason in reasons.items():
        with pytest.raises(WeightsError, match=reason):
            read_checkpoint(tmp_path / name)
