"""The Python interface: models loaded by name, moved, cast and kept inside networks."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from imagery import blurred, unit

import iqa_cli
from iqa_cli.errors import ImageError, UsageError, WeightsError
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.options.crops import CropRule
from iqa_cli.registry import SPECS, find_model
from iqa_cli.scorer import Scorer
from iqa_cli.weights import default_weight, save_weights

every_model = pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])


@every_model
def test_the_wrong_number_of_images_is_refused(spec, untrained, photo, batch):
    scorer, least = untrained(spec.name), spec.minimum
    wanted = "(reference, distorted)" if spec.full_reference else "one image"
    for count in {0, 1, 2, 3} - {1 + spec.full_reference}:
        for ask, image in ((scorer.score, photo(least, least)), (scorer, batch(least, least))):
            with pytest.raises(UsageError) as refused:
                ask(*count * [image])
            assert str(refused.value) == f"{spec.name} takes {wanted}, not {count} images"


def scorer_of(name, **options):
    torch.manual_seed(0)
    return Scorer(Executor(find_model(name), find_model(name).build(), device=torch.device("cpu"), **options))


OF_EACH_CLASS = {spec.builder: spec for spec in SPECS if spec.trained or spec.name == "psnr"}.values()


@pytest.mark.parametrize("spec", OF_EACH_CLASS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("kind", ["half", "double", "bfloat16"])
def test_a_scorer_that_was_cast_scores_in_its_new_type(spec, kind, untrained, trained, photo):
    there = (untrained if spec.trained and default_weight(spec.name) is None else trained)(spec.name)
    scorer, pixels = Scorer(Executor(spec, there.model, device=torch.device("cpu"))), photo(48, 48)
    asked = (pixels, blurred(pixels))[-1 - spec.full_reference :]
    exact = scorer.score(*asked)
    assert getattr(scorer, kind)() is scorer
    near = pytest.approx(exact, abs=0.05 if spec.trained and kind != "double" else 1e-5)
    assert scorer.score(*asked) == near
    batches = [unit(image)[None] for image in asked]
    found = scorer(*batches[:-1], batches[-1].requires_grad_())
    assert found.item() == near
    found.sum().backward()
    assert batches[-1].grad.isfinite().all() and batches[-1].grad.any()


@pytest.mark.parametrize("name", ["iqt-c", "psnr"])
def test_a_scorer_that_was_moved_by_its_network_computes_where_that_is(name):
    network = torch.nn.ModuleDict({"judge": scorer_of(name), "restorer": torch.nn.Conv2d(3, 3, 3)})
    assert network["judge"].device == torch.device("cpu")
    network.to("meta")  # a device every machine has
    assert network["judge"].device == torch.device("meta")
    assert {parameter.device.type for parameter in network["judge"].model.parameters()} <= {"meta"}


@pytest.mark.parametrize("size", [(64, 64), (1500, 1500)])
def test_a_scorer_that_was_moved_to_another_kind_of_device_scores_there(size, photo, monkeypatch):
    scorer = scorer_of("triq-lite")
    monkeypatch.setattr(Executor, "device", SimpleNamespace(type="mps"))  # in name: the tensors stay where they are
    monkeypatch.setattr(Executor, "tensor", lambda _, images: unit(images[0])[None])
    assert 1 <= scorer.score(photo(*size)) <= 5


def test_references_encoded_before_a_cast_are_not_compared_with_images_after_it(photo):
    work = Executor(find_model("iqt-c"), find_model("iqt-c").build(), device=torch.device("cpu"))
    pixels = photo(48, 48).astype(np.float32) / 255
    sample = Sample(pixels**2, pixels, "kept")
    before = work.score([sample])[0].value
    work.model.double()
    assert work.score([sample])[0].value == pytest.approx(before, abs=1e-4)


def test_a_network_does_not_save_count_or_train_its_judge():
    restorer = torch.nn.Conv2d(3, 3, 3)
    network = torch.nn.ModuleDict({"judge": scorer_of("triq"), "restorer": restorer}).train().requires_grad_(True)
    assert network.state_dict().keys() == {"restorer.weight", "restorer.bias"}
    network.load_state_dict(network.state_dict())
    assert list(network.parameters()) == list(restorer.parameters())
    model = network["judge"].model
    assert not model.training and not any(parameter.requires_grad for parameter in model.parameters())
    assert restorer.training and network["judge"].train() is network["judge"]


def test_bf16_is_obeyed_by_both_ways_to_score(photo):
    exact, halved = scorer_of("iqt-c"), scorer_of("iqt-c", precision="bf16")
    pixels = photo(64, 64)
    asked, batches = (pixels, blurred(pixels)), (unit(pixels)[None], unit(blurred(pixels))[None])
    with torch.no_grad():
        assert halved(*batches).item() == pytest.approx(halved.score(*asked), abs=1e-5)
    assert halved.score(*asked) == pytest.approx(exact.score(*asked), abs=0.03)
    assert halved.score(*asked) != exact.score(*asked)


@pytest.mark.parametrize("name", ["iqt-c", "triq-lite", "ssim"])
def test_mixed_precision_of_the_caller_moves_neither_scores_nor_losses_nor_maps(name, photo):
    scorer, pixels = scorer_of(name), photo(64, 64)
    asked = (pixels, blurred(pixels))[-1 - scorer.spec.full_reference :]
    batches = [unit(image)[None] for image in asked]
    score, loss = scorer.score(*asked), scorer(*batches)
    for kind in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", kind):
            assert scorer.score(*asked) == score and torch.equal(scorer(*batches), loss)
            assert not scorer.spec.maps or np.isfinite(scorer.maps(*asked).attention).all()
            assert torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("name", ["iqt-lite", "triq-lite", "psnr"])
def test_a_program_whose_tensors_are_double_by_default_gets_the_same_scores(name, photo):
    def found():
        scorer = iqa_cli.load(name, device="cpu", offline=True, explain=name != "psnr")
        mask = np.eye(64, dtype=np.float32) if scorer.spec.masks else None
        score = scorer.score(*asked[-1 - scorer.spec.full_reference :], mask=mask)
        maps = scorer.maps(*asked[-1 - scorer.spec.full_reference :]).by_kind() if scorer.spec.maps else {}
        return score, score.details, {kind: (values.dtype, values.tolist()) for kind, values in maps.items()}

    asked = photo(64, 64), blurred(photo(64, 64))
    expected = found()
    torch.set_default_dtype(torch.float64)
    try:
        assert found() == expected
    finally:
        torch.set_default_dtype(torch.float32)


def test_all_crops_are_asked_for_in_the_words_of_the_command(photo):
    pixels = photo(200, 300)
    by_words = {
        crops: scorer_of("iqt-c", rule=CropRule.of(crops)).score(pixels, blurred(pixels))
        for crops in ("all", None, 3, "3")
    }
    assert by_words["all"] == by_words[None] != by_words[3] == by_words["3"]


@pytest.mark.parametrize(("name", "kinds"), [("iqt-c", {"attention", "quality"}), ("triq", {"attention"})])
def test_maps_are_had_from_python(untrained, photo, saved, name, kinds):
    scorer, path = untrained(name), saved("a.png", photo(70, 90))
    found = scorer.maps(*(1 + scorer.spec.full_reference) * [path])
    assert found.by_kind().keys() == kinds
    assert {values.shape for values in found.by_kind().values()} == {(70, 90)}
    assert found.range == scorer.range


def test_maps_that_there_cannot_be_are_refused(untrained, photo):
    with pytest.raises(UsageError, match="psnr cannot show where it looks: choose iqt, iqt-c, iqt-lite"):
        untrained("psnr").maps(photo(48, 48), photo(48, 48))
    with pytest.raises(ImageError, match="40x20 px is too small"):
        untrained("triq").maps(photo(20, 40))


def test_equal_images_have_an_infinite_psnr(untrained, photo):
    assert untrained("psnr").score(photo(16, 16), photo(16, 16)) == float("inf")


def test_a_classical_model_is_loaded_with_luma_rule_and_border(photo):
    pixels = photo(48, 48)
    bordered = iqa_cli.load("psnr", luma="bt601", crop_border=4, device="cpu")
    whole = iqa_cli.load("psnr", luma="bt601", device="cpu")
    inner = [image[4:-4, 4:-4] for image in (pixels, blurred(pixels))]
    assert bordered.score(pixels, blurred(pixels)) == pytest.approx(whole.score(*inner))
    assert bordered.higher_is_better


def test_a_trained_model_is_loaded_from_a_file_with_what_the_file_says(untrained, photo, tmp_path):
    torch.manual_seed(0)
    spec = find_model("iqt-c")
    model = spec.build().eval()
    save_weights(tmp_path / "w.safetensors", "iqt-c", spec.default_config(), model.state_dict())
    scorer = iqa_cli.load("iqt-c", weights=tmp_path / "w.safetensors", device="cpu", crops=2)
    pair = photo(64, 64), blurred(photo(64, 64))
    assert scorer.score(*pair) == pytest.approx(untrained("iqt-c").score(*pair), abs=1e-5)
    assert scorer.loaded.name == "w.safetensors"
    assert scorer.loaded.model is scorer.model
    more = iqa_cli.load("iqt-c", weights=tmp_path / "w.safetensors", device="cpu", crops="all")
    with torch.no_grad():
        assert more(*(unit(image)[None] for image in pair)).shape == (1,)


@pytest.mark.parametrize(
    ("name", "options", "error", "complaint"),
    [
        ("ssmi", {}, UsageError, "did you mean 'ssim'"),
        (None, {}, UsageError, "no model None: it is named by a text, such as 'iqt-lite'"),
        (3, {}, UsageError, "no model 3: it is named"),
        (["psnr"], {}, UsageError, r"no model \['psnr'\]: it is named"),
        ("psnr", {"precision": "fp16"}, UsageError, "precision='fp16': choose fp32"),
        ("psnr", {"device": "tpu"}, UsageError, "device='tpu': choose"),
        ("psnr", {"crops": 0}, UsageError, "crops=0: give a number from 1"),
        ("psnr", {"crops": "every"}, UsageError, "crops='every': give a number from 1, auto or all"),
        ("psnr", {"crops": "all", "crop_seed": 1}, UsageError, "nothing for crop_seed= to choose"),
        ("psnr", {"luma": "yuv"}, UsageError, "luma='yuv': choose rgb, bt601, full"),
        ("triq", {"crop_border": 4}, UsageError, "crop_border=4: says how psnr, ssim, ms-ssim are taken; no model of"),
        ("iqt", {"luma": "bt601"}, UsageError, "luma='bt601': says how psnr, ssim, ms-ssim are taken; no model of"),
        ("iqt", {"weights": "none.safetensors"}, WeightsError, "none.safetensors"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_line(name, options, error, complaint):
    with pytest.raises(error, match=complaint) as refused:
        iqa_cli.load(name, **options)
    assert "\n" not in str(refused.value)


def test_torch_is_not_imported_before_a_model_is_asked_for():
    code = "import sys, iqa_cli, iqa_cli.registry, iqa_cli.app; print('torch' in sys.modules, end=' '); "
    code += "load = iqa_cli.load; print(load.__module__)"
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert ended.stdout == "False iqa_cli.scorer\n", ended.stderr


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="'iqa_cli' has no attribute 'laod'"):
        iqa_cli.laod  # noqa: B018
