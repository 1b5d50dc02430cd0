"""From a weight file to a model: everything fits, or what does not is named."""

import json
from dataclasses import asdict, dataclass, replace

import pytest
import torch
from torch import nn
from weight_entries import IQT_C, SMALL, entry_of, scores

from iqa_cli.errors import WeightsError
from iqa_cli.models.base import NoReference
from iqa_cli.records import ScoreRange
from iqa_cli.registry import SPECS, find_model
from iqa_cli.weights import default_weight, fetching, load_trained, locate, save_weights
from iqa_cli.weights.loading import build_model
from iqa_cli.weights.weight_list import find_weight


def test_tensors_that_do_not_fit_are_counted_and_named(model, tmp_path):
    state = dict(model.state_dict())
    del state["head.first.weight"]
    state |= {"head.second.bias": torch.zeros(7), **{f"extra.{n}": torch.zeros(1) for n in range(5)}}
    save_weights(tmp_path / "w", "iqt-c", SMALL, state)
    with pytest.raises(WeightsError) as caught:
        load_trained(IQT_C, tmp_path / "w")
    message = str(caught.value)
    assert "1 missing (head.first.weight)" in message
    assert "5 unexpected (extra.0, extra.1, extra.2, ...)" in message
    assert "1 misshapen (head.second.bias is (7,), not (1,))" in message


def test_weights_of_another_model_name_the_right_one(saved):
    with pytest.raises(WeightsError, match="--model iqt-c"):
        load_trained(find_model("iqt"), saved)


def test_a_configuration_from_a_later_version_is_refused(model, tmp_path):
    later = json.dumps({"depth": 9})
    save_weights(tmp_path / "w", "iqt-c", SMALL, model.state_dict(), metadata={"iqa.config": later})
    with pytest.raises(WeightsError, match="depth"):
        load_trained(IQT_C, tmp_path / "w")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("dim", "x", "its dim is 'x', not of type int"),
        ("scale", "a", "its scale is 'a', not of type float"),
        ("causal_decoder", 1, "its causal_decoder is 1, not of type bool"),
        ("dim", -4, ""),
        ("heads", 0, ""),
        ("activation", "swish", "its activation is 'swish', not one of gelu, gelu-tanh, relu"),
    ],
)
def test_a_configuration_that_no_model_can_have_is_told_with_the_file(model, tmp_path, field, value, reason):
    odd = json.dumps({**asdict(SMALL), field: value})
    save_weights(tmp_path / "w", "iqt-c", SMALL, model.state_dict(), metadata={"iqa.config": odd})
    with pytest.raises(WeightsError, match=rf"cannot read the configuration in .*w \({reason}.*\): use the version"):
        load_trained(IQT_C, tmp_path / "w")


def test_whole_numbers_of_a_configuration_do_where_others_are_meant(model, tmp_path):
    whole = json.dumps({**asdict(SMALL), "scale": 2, "offset": 1})
    save_weights(tmp_path / "w", "iqt-c", SMALL, model.state_dict(), metadata={"iqa.config": whole})
    torch.testing.assert_close(scores(load_trained(IQT_C, tmp_path / "w").model), (scores(model) - 1) / 2 + 1)


def test_tensors_of_whole_numbers_where_others_belong_are_counted_and_named(model, tmp_path):
    state = {**model.state_dict(), "head.second.bias": torch.zeros(1, dtype=torch.int32)}
    save_weights(tmp_path / "w", "iqt-c", SMALL, state)
    with pytest.raises(WeightsError, match=r"1 of another type \(head.second.bias is int32, not float32\)"):
        load_trained(IQT_C, tmp_path / "w")


@pytest.mark.parametrize(
    ("fact", "told"),
    [("low", "much"), ("high", '"5"'), ("higher_is_better", "3"), ("identity", "[" * 100_000)],
    ids=("no JSON", "text", "no bool", "nested"),
)
def test_a_fact_in_its_header_that_says_nothing_is_told_with_the_file(model, tmp_path, fact, told):
    save_weights(tmp_path / "w", "iqt-c", SMALL, model.state_dict(), metadata={f"iqa.{fact}": told})
    with pytest.raises(WeightsError, match=rf"w: its iqa\.{fact} is .*, which says nothing") as caught:
        load_trained(IQT_C, tmp_path / "w")
    assert len(str(caught.value)) < 300


def test_without_weights_the_ways_to_get_some_are_told(listed):
    listed("")
    with pytest.raises(WeightsError) as caught:
        load_trained(IQT_C)
    assert caught.value.exit_code == 4
    assert all(f"iqa {way}" in str(caught.value) for way in ("train", "weights import"))
    assert "weights fetch" not in str(caught.value)  # there are none to fetch


def test_the_default_weights_are_downloaded_with_the_facts_of_the_catalogue(model, saved, listed):
    listed(entry_of(saved))
    loaded = load_trained(IQT_C)
    torch.testing.assert_close(scores(loaded.model), scores(model))
    assert (loaded.name, loaded.range, loaded.identity) == ("w", ScoreRange(1.0, None), 4.5)
    assert (loaded.sha256, loaded.path) == (default_weight("iqt-c").sha256, str(locate(find_weight("w"))))


def test_embedded_weights_need_no_network(model, saved, listed, monkeypatch, no_network):
    monkeypatch.setattr(fetching, "EMBEDDED", saved.parent)
    listed(entry_of(saved).replace("urls = [", f'file = "{saved.name}"\nurls = [').replace(saved.as_uri(), ""))
    torch.testing.assert_close(scores(load_trained(IQT_C, offline=True).model), scores(model))


@dataclass(frozen=True)
class Config:
    """Of a plug-in's model."""


class Contrasted(NoReference):
    """What a plug-in may do as it starts: keep tensors that stand in no weight file, and read one."""

    def __init__(self, config):
        super().__init__()
        self.config, self.weight = config, nn.Parameter(torch.tensor(1.0))
        self.register_buffer("mean", torch.tensor(0.25), persistent=False)
        self.scale, self.power = torch.tensor(2.0), torch.linspace(1, 2, 2)[1].item()

    def outputs(self, images):
        return self.weight * self.scale * (images.mean(dim=(1, 2, 3)) - self.mean) ** self.power


def test_a_plug_in_keeps_the_tensors_that_it_makes_itself():
    here = {"home": "", "builder": f"{__name__}:Contrasted", "config": f"{__name__}:Config", "group": "plugins"}
    model = build_model(replace(IQT_C, **here), {"weight": torch.tensor(3.0)}, Config(), source="a test")
    assert model(torch.full((1, 3, 8, 8), 0.75)).tolist() == [3 * 2 * 0.5**2]
    assert not model.training


@pytest.mark.parametrize("name", [spec.name for spec in SPECS if spec.trained])
def test_every_trained_model_is_wholly_made_of_the_tensors_it_is_given(name):
    spec = find_model(name)
    with torch.device("meta"):
        shapes = spec.build().state_dict()
    tensors = {key: torch.zeros(tensor.shape, dtype=tensor.dtype) for key, tensor in shapes.items()}
    model = build_model(spec, tensors, spec.default_config(), source="a test")
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    assert not any(parameter.any() for parameter in model.parameters())
