"""Learned metrics of other packages: against those packages on random trunks, and without their weights."""

import copy
import pickle
import sys
from types import SimpleNamespace
from urllib.error import URLError

import pytest
import torch
from torch.nn import functional as F

from iqa_cli.errors import ImageError, WeightsError
from iqa_cli.executing.executor import Executor
from iqa_cli.models.backbones import import_timm
from iqa_cli.registry import SPECS, find_model
from iqa_cli.scorer import Scorer
from iqa_cli.weights import others
from iqa_cli.weights.others import build_untrained, fetched

import_timm()
LEARNED = [spec for spec in SPECS if spec.fetches]
every_one = pytest.mark.parametrize("spec", LEARNED, ids=[spec.name for spec in LEARNED])


@pytest.fixture
def nothing_fetched(monkeypatch, tmp_path):
    """A home without any weights, and nothing that forbids to fetch them."""
    monkeypatch.delenv("IQA_OFFLINE", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def trunks(monkeypatch):
    """AlexNet and VGG-16 of torchvision with random convolutions, the same each time, and nothing to download."""
    models = pytest.importorskip("torchvision").models

    def stand_in(original):
        def make(**_):
            with torch.device("meta"):
                features = original(weights=None).features
            features = features.to_empty(device="cpu")
            generator = torch.Generator().manual_seed(0)
            for tensor in features.parameters():
                tensor.data = torch.randn(tensor.shape, generator=generator) * (2 / max(1, tensor[0].numel())) ** 0.5
            return SimpleNamespace(features=features)

        return make

    for name in ("alexnet", "vgg16"):
        monkeypatch.setattr(models, name, stand_in(getattr(models, name)))
    monkeypatch.setattr(others, "_fetch", lambda *_: None)


@pytest.fixture
def pair(batch):
    reference = batch(72, 80, 2)
    return reference, F.avg_pool2d(reference, 5, 1, 2)


@every_one
def test_without_its_weights_and_offline_one_line_tells_where_they_go_and_come_from(spec, nothing_fetched, tmp_path):
    pytest.importorskip(spec.module)
    assert not fetched(spec)
    with pytest.raises(WeightsError) as refused:
        build_untrained(spec, offline=True)
    said = str(refused.value)
    assert said.startswith(f"{spec.name} needs {tmp_path}") and "the network is off" in said and "https://" in said


def test_the_variable_that_forbids_the_network_forbids_it_to_these_weights_too(nothing_fetched, monkeypatch):
    pytest.importorskip("lpips")
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_, **__: pytest.fail("the network was touched"))
    monkeypatch.setenv("IQA_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"lpips needs .* the network is off"):
        build_untrained(find_model("lpips"))


@every_one
def test_a_download_that_fails_is_one_line_and_leaves_nothing(spec, nothing_fetched, tmp_path, monkeypatch):
    pytest.importorskip(spec.module)

    def refuse(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(WeightsError, match=r"cannot be downloaded \(no route to host\): get https://"):
        build_untrained(spec)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_torchvision_publishes_is_checked_by_the_hash_in_its_name(nothing_fetched, tmp_path, monkeypatch):
    pytest.importorskip("lpips")
    address = tmp_path / "alexnet-owt-7be5be79.pth"
    address.write_bytes(b"something else")
    monkeypatch.setattr(others, "_place", lambda entry: (address.as_uri(), tmp_path / "hub" / address.name))
    with pytest.raises(WeightsError, match="invalid hash value"):
        build_untrained(find_model("lpips"))


@pytest.mark.parametrize(("name", "net"), [("lpips", "alex"), ("lpips-vgg", "vgg")])
def test_lpips_is_exactly_what_its_package_says(name, net, trunks, pair):
    lpips = pytest.importorskip("lpips")
    model = build_untrained(find_model(name))
    direct = lpips.LPIPS(net=net, verbose=False)
    with torch.no_grad():
        expected = direct(2 * pair[0] - 1, 2 * pair[1] - 1).flatten()
        assert torch.equal(model(*pair), expected) and (expected > 0).all()
        assert torch.equal(model(pair[0], pair[0]), torch.zeros(2))


def test_dists_is_exactly_what_its_package_says_and_larger_images_are_made_smaller_first(trunks, pair, batch):
    package = pytest.importorskip("DISTS_pytorch")
    model = build_untrained(find_model("dists"))
    direct = package.DISTS(load_weights=False)
    direct.load_state_dict(model.metric.inner.state_dict())
    assert direct.alpha.mean() < 0.01  # what was learnt, not the random start of 0.1 +- 0.01
    assert torch.equal(model(*pair), direct(*pair))
    large = batch(300, 400)
    assert model.encode(large).shape[-2:] == (256, 341)


@pytest.mark.parametrize("kind", ["half", "double", "bfloat16"])
def test_a_metric_of_another_package_stays_what_it_is_in_a_network_that_is_cast(kind, trunks, pair):
    for name in ("dists", "lpips"):
        spec = find_model(name)
        pytest.importorskip(spec.module)
        scorer = Scorer(Executor(spec, build_untrained(spec), device=torch.device("cpu")))
        before = scorer(*pair)
        network = getattr(torch.nn.ModuleDict({"judge": scorer, "restorer": torch.nn.Linear(1, 1)}), kind)()
        assert torch.equal(scorer(*pair), before)
        given = (getattr(images, kind)() for images in pair)
        assert scorer(*given).tolist() == pytest.approx(before.tolist(), rel=0.05)
        network.to("meta", torch.float16)
        kept = [*scorer.model.metric.parameters(), *scorer.model.metric.buffers()]
        assert {(tensor.device.type, tensor.dtype) for tensor in kept} == {("meta", torch.float32)}


def test_a_gradient_reaches_the_distorted_image_of_dists_and_lpips(trunks, pair):
    for name in ("dists", "lpips"):
        pytest.importorskip(find_model(name).module)
        distorted = pair[1].clone().requires_grad_()
        build_untrained(find_model(name))(pair[0], distorted).sum().backward()
        assert distorted.grad.isfinite().all() and distorted.grad.abs().max() > 0


@pytest.fixture
def brisque_weights(monkeypatch):
    """Vectors by chance in the place of those that piq fetches."""
    pytest.importorskip("piq")
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(36, 5, generator=generator).T.contiguous(), torch.randn(5, 1, generator=generator)
    monkeypatch.setattr(sys.modules["piq.brisque"], "load_url", lambda *_, **__: (vectors[1], vectors[0].clone()))
    monkeypatch.setattr(others, "_fetch", lambda *_: None)


@pytest.mark.parametrize("name", ["lpips", "dists", "brisque"])
def test_a_scorer_of_another_packages_metric_is_pickled_and_copied(name, trunks, brisque_weights):
    spec = find_model(name)
    pytest.importorskip(spec.module)
    scorer = Scorer(Executor(spec, build_untrained(spec), device=torch.device("cpu")))
    for again in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert again.model is not scorer.model and again.spec == spec
        assert all(map(torch.equal, again.model.state_dict().values(), scorer.model.state_dict().values()))


def test_brisque_is_exactly_what_piq_says_and_an_image_without_texture_is_refused(brisque_weights, batch):
    piq = pytest.importorskip("piq")
    model, images = build_untrained(find_model("brisque")), batch(64, 64, 2)
    assert torch.equal(model(images), piq.brisque(images, data_range=1.0, reduction="none").flatten())
    with pytest.raises(ImageError, match="brisque refuses it"):
        model(torch.full((1, 3, 64, 64), 0.5))


def test_a_machine_without_memory_is_not_told_as_damaged_weights(monkeypatch, nothing_fetched):
    def full(*_):
        raise MemoryError

    spec = find_model("pieapp")
    monkeypatch.setattr(type(spec), "build", full)
    monkeypatch.setattr(others, "_fetch", lambda *_: None)
    with pytest.raises(MemoryError):
        build_untrained(spec)


@pytest.mark.parametrize("name", ["pieapp", "brisque"])
def test_damaged_weights_are_one_line_that_names_them_before_anything_is_scored(name, nothing_fetched):
    pytest.importorskip("piq")
    spec = find_model(name)
    _, path = others._place(spec.fetches[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no weights")
    with pytest.raises(WeightsError, match=rf"^{name}: its weights cannot be .*Unpickling.* damaged, remove {path}"):
        build_untrained(spec, offline=True)


def test_pieapp_is_asked_of_distorted_then_reference(monkeypatch, pair):
    piq = pytest.importorskip("piq")

    class First(torch.nn.Module):
        def __init__(self, **options):
            super().__init__()
            assert options == {"reduction": "none", "enable_grad": True}

        def forward(self, new, old):
            return new.mean(dim=(1, 2, 3)) - 2 * old.mean(dim=(1, 2, 3))

    monkeypatch.setattr(piq, "PieAPP", First)
    monkeypatch.setattr(others, "_fetch", lambda *_: None)
    old, new = (images.mean(dim=(1, 2, 3)) for images in pair)
    torch.testing.assert_close(build_untrained(find_model("pieapp"))(*pair), new - 2 * old)
