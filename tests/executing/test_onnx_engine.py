"""`--engine onnx`: the same scores by ONNX Runtime, from files that the cache keeps."""

import copy
import pickle
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from command_line import ENVIRONMENT
from PIL import Image

import iqa_cli
from iqa_cli.engine.session import open_executor, open_session
from iqa_cli.errors import MissingExtraError, UsageError, WeightsError
from iqa_cli.executing.onnx_executor import OnnxExecutor, open_onnx
from iqa_cli.executing.pieces import Sample
from iqa_cli.exporting import onnx_cache
from iqa_cli.options.crops import CropRule
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.registry import find_model
from iqa_cli.weights import default_weight, locate, save_weights

DIFFERENT = ("iqt-c", "iqt-lite", "triq-lite", "triq")  # of what they are made


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of this module's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("IQA_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def both():
    """`both(name)`: the model at work in torch, and in ONNX Runtime."""
    kept = {}

    def opened(name):
        if name not in kept:
            options = EngineOptions(engine="onnx", crops="2", threads=1)
            in_torch = open_executor(find_model(name), options)[0]
            kept[name] = in_torch, open_onnx(find_model(name), options, lambda: in_torch)
        return kept[name]

    return opened


def samples(spec, photo):
    """A large image and a small one, one of them with a mask where there may be one, of 8 bits and of floats."""
    made = []
    for number, (height, width) in enumerate([(270, 300), (70, 90), (70, 90)]):
        image, other = photo(height, width), photo(height, width) // 32 * 32
        mask = np.zeros((height, width), np.float32)
        mask[:50, :60] = 1
        image = image if number else image.astype(np.float32) / 255
        reference = (other, "one" if number else None) if spec.full_reference else (None, None)
        made.append(Sample(image, *reference, mask if spec.masks and number == 1 else None))
    return made


@pytest.mark.parametrize("name", DIFFERENT)
def test_both_engines_say_the_same_in_all_details(name, photo, both):
    in_torch, in_onnx = both(name)
    given = samples(in_torch.spec, photo)
    for one, other in zip(in_torch.score(given), in_onnx.score(given), strict=True):
        assert other.status == "ok"
        assert other.value == pytest.approx(one.value, abs=1e-4)
        assert other.details.keys() == one.details.keys()
        for key, value in one.details.items():
            assert other.details[key] == (value if isinstance(value, str) else pytest.approx(value, abs=0.1, rel=1e-3))
    assert (in_onnx.range, in_onnx.percentiles) == (in_torch.range, in_torch.percentiles)


@pytest.mark.parametrize("name", ["triq-lite", "iqt-c"])
def test_a_scorer_is_pickled_and_copied_with_the_sessions_that_it_opened(name, photo, cache, tmp_path, monkeypatch):
    scorer = iqa_cli.load(name, engine="onnx", crops=2, device="cpu", offline=True)
    asked = (1 + scorer.spec.full_reference) * [photo(70, 90) // 3]
    kept = pickle.dumps(scorer)
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "another"))  # as on another machine
    for again in (pickle.loads(kept), copy.deepcopy(scorer)):
        assert again.score(*asked) == scorer.score(*asked) and again.range == scorer.range
        assert np.array_equal(again.maps(*asked).attention, scorer.maps(*asked).attention)


def test_a_reference_is_encoded_once_for_all_that_share_it_until_it_is_forgotten(photo, both, monkeypatch):
    _, executor = both("iqt-c")
    counted, encode = [], executor._sessions["encode"]

    class Counting:
        def get_outputs(self):
            return encode.get_outputs()

        def run(self, names, inputs):
            counted.append(len(inputs["reference"]))
            return encode.run(names, inputs)

    monkeypatch.setitem(executor._sessions, "encode", Counting())
    pairs = [Sample(photo(192, 192, number), photo(192, 192), "shared") for number in range(3)]
    together = executor.score(pairs)
    assert [executor.score([pair])[0].value for pair in pairs] == pytest.approx(
        [one.value for one in together], abs=1e-5
    )
    assert counted == [1]
    executor.forget()
    executor.score(pairs[:1])
    assert counted == [1, 1]


def test_an_image_too_small_is_told_as_by_torch(photo, both):
    in_torch, in_onnx = both("triq-lite")
    given = [Sample(photo(20, 90)), Sample(photo(40, 40))]
    assert in_onnx.score(given)[0] == in_torch.score(given)[0]
    assert in_onnx.score(given)[1].status == "ok"


def test_what_memory_does_not_hold_costs_its_own_row(photo, both, monkeypatch):
    _, executor = both("triq-lite")

    class Full:
        def run(self, names, inputs):
            raise RuntimeError("bad allocation")

    monkeypatch.setitem(executor._sessions, "whole", Full())
    (score,) = executor.score([Sample(photo(40, 50))])
    assert score.details["reason"] == "out of memory at 50x40 px with triq-lite"


def test_a_session_takes_each_model_where_it_can_be_computed_and_says_so():
    session = open_session([find_model("iqt-lite"), find_model("psnr")], EngineOptions(engine="onnx", crops="1"))
    assert [isinstance(executor, OnnxExecutor) for executor in session.executors] == [True, False]
    assert session.meta["models"]["iqt-lite"]["engine"] == "onnx"
    assert "engine" not in session.meta["models"]["psnr"]
    assert "onnxruntime" in session.meta and "torch" not in session.meta
    assert session.meta["models"]["iqt-lite"]["sha256"] == session.executors[0].sha256


def test_the_files_are_made_once_and_then_torch_is_not_imported(tmp_path, photo):
    Image.fromarray(photo(64, 64)).save(tmp_path / "a.png")
    code = "import sys, iqa_cli; rows = iqa_cli.score('a.png', models='triq-lite', engine='onnx'); "
    code += "print(len(rows), *({'torch', 'timm', 'onnx'} & set(sys.modules)))"
    environment = {**ENVIRONMENT, "IQA_CACHE": str(tmp_path / "cache")}
    out = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        out.append(done.stdout.split())
    assert "torch" in out[0] and out[1] == ["1"]
    assert len(list((tmp_path / "cache/onnx").glob("*.onnx"))) == 1


def test_weights_of_ones_own_have_files_of_their_own(tmp_path, photo):
    spec = find_model("triq-lite")
    torch.manual_seed(1)
    save_weights(tmp_path / "own.safetensors", spec.name, spec.default_config(), spec.build().state_dict())
    own = iqa_cli.load("triq-lite", weights=tmp_path / "own.safetensors", engine="onnx")
    in_torch = iqa_cli.load("triq-lite", weights=tmp_path / "own.safetensors")
    image = photo(64, 96)
    assert own.score(image) == pytest.approx(in_torch.score(image), abs=1e-4)
    assert own.score(image) != pytest.approx(iqa_cli.load("triq-lite", engine="onnx").score(image), abs=1e-2)


def test_a_scorer_asks_onnx_runtime_and_still_takes_tensors_and_draws_maps(photo):
    scorer = iqa_cli.load("triq-lite", engine="onnx")
    assert isinstance(scorer._judge, OnnxExecutor)
    image = photo(64, 96)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    assert float(scorer(tensor)) == pytest.approx(scorer.score(image), abs=1e-4)
    assert scorer.maps(image).attention.shape == (64, 96)


@pytest.mark.parametrize("folder", ["file", "c" * 300, None], ids=["a file", "no name", "no home"])
def test_where_the_cache_cannot_be_written_files_are_made_in_memory(tmp_path, monkeypatch, folder):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / folder) if folder else "")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where the user has no entry and HOME no value
    kept = onnx_cache.exported(find_model("triq-lite")).parts["whole"]
    assert isinstance(kept, bytes) and len(kept) > 1_000_000


@pytest.mark.parametrize(
    "damage",
    [lambda whole: b"", lambda whole: whole[:1_000_000], lambda whole: whole[:999_990] + bytes(9) + whole[999_999:]],
    ids=["nothing left", "a part", "zeros within"],
)
def test_a_damaged_file_in_the_cache_is_made_anew(tmp_path, monkeypatch, photo, damage):
    monkeypatch.setenv("IQA_CACHE", str(tmp_path))
    spec, options, given = find_model("triq-lite"), EngineOptions(engine="onnx"), [Sample(photo(40, 50))]
    scores = open_onnx(spec, options, lambda: None).score(given)
    (file,) = (tmp_path / "onnx").glob("*.onnx")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    assert open_onnx(spec, options, lambda: None).score(given) == scores
    assert file.read_bytes() == whole


def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("IQA_CACHE", str(tmp_path))
    monkeypatch.setattr(onnx_cache, "model_of", lambda *_: SimpleNamespace(SerializeToString=lambda: b"damaged"))
    with pytest.raises(WeightsError, match=rf"^{tmp_path}/onnx/triq-lite-.*\.onnx cannot be read \(.*\): remove it$"):
        open_onnx(find_model("triq-lite"), EngineOptions(engine="onnx"), lambda: None)


def test_what_is_known_of_the_weights_does_not_depend_on_who_filled_the_cache(tmp_path, monkeypatch):
    """The weights inside the package, as a file of the user's: of that the catalogue tells nothing."""
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "cache"))
    spec, weight = find_model("triq-lite"), default_weight("triq-lite")
    shutil.copy(locate(weight), tmp_path / "own.safetensors")
    of_file = EngineOptions(engine="onnx", weights={spec.name: tmp_path / "own.safetensors"})
    for options, percentiles in 2 * [(of_file, None), (EngineOptions(engine="onnx"), weight.percentiles)]:
        assert open_onnx(spec, options, lambda: None).percentiles == percentiles
    assert weight.percentiles


@pytest.mark.parametrize("changes", [{"precision": "bf16"}, {"device": "cuda"}])
def test_what_onnx_runtime_is_not_for_is_refused(changes):
    with pytest.raises(UsageError, match="--engine onnx computes in fp32 on the CPU"):
        EngineOptions(engine="onnx", **changes)


def test_a_run_in_which_nothing_can_be_computed_so_is_refused():
    with pytest.raises(UsageError, match="engine='onnx': no model of this run is among those it is for, iqt, "):
        iqa_cli.load("psnr", engine="onnx")
    with pytest.raises(UsageError, match="choose torch, onnx"):
        EngineOptions(engine="tensorrt")


def test_a_weight_file_that_is_not_there_is_told_as_by_torch(tmp_path):
    with pytest.raises(WeightsError, match=r"nothing\.safetensors"):
        open_onnx(find_model("triq"), EngineOptions(weights={"triq": tmp_path / "nothing.safetensors"}), lambda: None)


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'iqa-cli\[onnx\]'"):
        open_onnx(find_model("triq-lite"), EngineOptions(engine="onnx"), lambda: None)


def test_crops_lie_where_they_lie_for_torch(both, photo):
    in_torch, in_onnx = both("iqt-c")
    assert in_onnx.rule == in_torch.rule == CropRule(2)
