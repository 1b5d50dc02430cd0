"""Checkpoints as wrappers and training frameworks leave them: the model is found in them, or said to be there twice."""

import pytest
import torch
from torch import nn
from weight_entries import IQT_C, SMALL, scores

from iqa_cli.errors import WeightsError
from iqa_cli.weights import load_trained, read_checkpoint
from iqa_cli.weights.loading import build_model


class Holder(nn.Module):
    """Holds a model under a name, as DataParallel, DDP and Lightning modules do."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def compiled(model):
    """As torch.compile holds it."""
    return Holder(_orig_mod=model)


def saved_as(path, checkpoint):
    torch.save(checkpoint, path)
    return path


def averaged(model):
    return torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))


WRAPPED = {
    "DDP": lambda model: Holder(module=model).state_dict(),
    "torch.compile": lambda model: compiled(model).state_dict(),
    "compiled, then DDP": lambda model: Holder(module=compiled(model)).state_dict(),
    "DDP, then compiled": lambda model: compiled(Holder(module=model)).state_dict(),
    "average": lambda model: averaged(model).state_dict(),
    "Lightning": lambda model: {"state_dict": Holder(model=model).state_dict(), "epoch": 3, "global_step": 40},
    "Lightning of a compiled one": lambda model: {"state_dict": Holder(net=compiled(model)).state_dict()},
    "beside a loss": lambda model: {"state_dict": Holder(judge=model, loss=nn.Linear(4, 4)).state_dict()},
    "deep inside": lambda model: {"state_dict": Holder(a=Holder(b=model), c=nn.Linear(4, 4)).state_dict()},
    "BasicSR": lambda model: {"params": model.state_dict()},
}


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_a_wrapped_model_is_scored_with_as_the_model_itself(model, tmp_path, wrapping):
    path = saved_as(tmp_path / "w.pth", WRAPPED[wrapping](model))
    found = build_model(IQT_C, read_checkpoint(path)[0], SMALL, str(path))
    torch.testing.assert_close(scores(found), scores(model))


def test_a_part_of_a_model_may_be_compiled(model, tmp_path):
    state = {name.replace("backbone.", "backbone._orig_mod."): value for name, value in model.state_dict().items()}
    found, _ = read_checkpoint(saved_as(tmp_path / "w.pth", state))
    assert found.keys() == model.state_dict().keys()


def test_of_a_model_and_its_running_average_the_average_is_taken(tmp_path):
    parts = {"params": {"weight": torch.zeros(2)}, "params_ema": {"weight": torch.ones(2)}}
    assert read_checkpoint(saved_as(tmp_path / "w.pth", parts))[0]["weight"].tolist() == [1, 1]


def test_a_wrapped_file_that_does_not_fit_is_counted_below_its_prefix(tmp_path):
    state = {f"judge.{name}": value for name, value in IQT_C.build().state_dict().items() if "quality" not in name}
    path = saved_as(tmp_path / "w.pth", {"state_dict": {**state, "loss.weight": torch.zeros(2)}})
    complaint = r"w.pth, read below 'judge.', does not fit iqt-c .* 2 missing \(tokens_difference.quality"
    with pytest.raises(WeightsError, match=complaint):
        load_trained(IQT_C, path)


def test_a_model_that_is_there_twice_is_named(model, tmp_path):
    twice = Holder(judge=model, best=model).state_dict()
    path = saved_as(tmp_path / "w.pth", twice)
    with pytest.raises(WeightsError, match=r"holds the model 2 times \(judge\., best\.\): save one of them"):
        build_model(IQT_C, read_checkpoint(path)[0], SMALL, str(path))


@pytest.mark.parametrize(
    ("checkpoint", "complaint"),
    [
        ({"netD": {"a": torch.zeros(1)}, "netG": {"a": torch.zeros(1)}}, r"several models \(netD, netG\)"),
        ({"epoch": 3, "best": 0.9}, "no state dict .* but epoch, best"),
    ],
)
def test_a_file_without_one_state_dict_says_what_it_has_instead(tmp_path, checkpoint, complaint):
    with pytest.raises(WeightsError, match=complaint):
        read_checkpoint(saved_as(tmp_path / "w.pth", checkpoint))
