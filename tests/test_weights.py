import hashlib
import json
import pickle
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from iqa_cli.commands.weight_files import app
from iqa_cli.errors import ExitCode, UsageError, WeightsError
from iqa_cli.models.iqt import IQTConfig
from iqa_cli.records import ScoreRange
from iqa_cli.registry import SPECS, find_model, names
from iqa_cli.training import checkpoint
from iqa_cli.weights import cache, default_weight, load_trained, locate, read_checkpoint, save_weights
from iqa_cli.weights.catalogue import Result, Weight, catalogue, catalogue_path, find_weight
from iqa_cli.weights.loading import build_model

CONTENT = bytes(range(256)) * 9000  # 2.3 MB: more than two blocks
SHA256 = hashlib.sha256(CONTENT).hexdigest()
IQT_C = find_model("iqt-c")
SMALL = IQTConfig(crop=192, dim=16, layers=1, heads=2, ffn=16, head=8, norm_eps=1e-6)


def weight(*urls, **changes):
    facts = {"name": "w", "model": "iqt-c", "sha256": SHA256, "size": len(CONTENT)}
    return Weight(**{**facts, "licence": "MIT", "training_data": "none", "urls": urls, **changes})


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A cache of the test's own, no pauses between attempts, no setting of the user's."""
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("IQA_OFFLINE", raising=False)
    monkeypatch.setattr("iqa_cli.weights.download.PAUSES", (0, 0))


@pytest.fixture
def server():
    """An HTTP server whose answer depends on the path; `asked` lists the paths in order."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path == "/missing" or (self.path == "/recovers" and len(asked) < 3):
                return self.send_error(404 if self.path == "/missing" else 503)
            body = CONTENT[::-1] if self.path == "/other" else CONTENT
            body += b"more" if self.path == "/longer" else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:1_500_000] if self.path == "/cut" else body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.asked, server.url = asked, f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A function that makes its TOML text the catalogue."""

    def write(text):
        (tmp_path / "weights.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr("iqa_cli.weights.catalogue.catalogue_path", lambda: tmp_path / "weights.toml")

    return write


ENTRY = """
[[weight]]
name = "w"
model = "iqt-c"
urls = ["{url}"]
sha256 = "{sha256}"
size = {size}
licence = "CC BY 4.0"
training_data = "photographs"
low = 1.0
identity = 4.5
default = true
results = [{{ figure = "SROCC 0.9", command = "iqa evaluate" }}]
"""


def entry_of(path):
    content = path.read_bytes()
    return ENTRY.format(url=path.as_uri(), sha256=hashlib.sha256(content).hexdigest(), size=len(content))


# --- the catalogue ----------------------------------------------------------------------------------


def test_an_entry_is_read_with_all_its_facts_and_an_open_end_of_the_range(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7))
    expected = weight(
        "https://example.org/w",
        size=7,
        licence="CC BY 4.0",
        training_data="photographs",
        range=ScoreRange(1.0, None),
        identity=4.5,
        default=True,
        results=(Result("SROCC 0.9", "iqa evaluate"),),
    )
    assert catalogue() == (expected,)


def test_the_catalogue_in_an_installed_package_goes_before_the_one_of_a_checkout(tmp_path):
    package = tmp_path / "iqa_cli" / "weights"
    package.mkdir(parents=True)
    assert catalogue_path(package) == tmp_path / "weights.toml"
    (package / "weights.toml").touch()
    assert catalogue_path(package) == package / "weights.toml"


def test_every_entry_of_the_real_catalogue_is_consistent():
    entries = catalogue()
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.model in names()
        assert bool(entry.file) != bool(entry.urls)
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.size > 0
        assert entry.results
        assert [other.name for other in entries if other.model == entry.model and other.default].count(entry.name) < 2
        if entry.file:
            assert cache.check(entry) == "ok"
            assert locate(entry).stat().st_size == entry.size


def test_a_model_has_at_most_one_default():
    defaults = [entry.model for entry in catalogue() if entry.default]
    assert len(set(defaults)) == len(defaults)


def test_an_unknown_name_proposes_the_closest(listed):
    listed('[[weight]]\nname="iqt-c-default"\nmodel="iqt-c"\nsha256=""\nsize=0\nlicence=""\ntraining_data=""')
    with pytest.raises(UsageError, match="did you mean 'iqt-c-default'"):
        find_weight("iqt-c-defautl")


def test_listing_weights_imports_no_torch():
    code = "import sys, iqa_cli.commands.weight_files as w; w.catalogue(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the cache --------------------------------------------------------------------------------------


def test_the_cache_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("IQA_CACHE", "/own")
    assert cache.cache_folder() == Path("/own")
    monkeypatch.delenv("IQA_CACHE")
    assert cache.cache_folder() == Path("/xdg/iqa")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.cache_folder() == Path.home() / ".cache" / "iqa"


def test_a_weight_is_downloaded_once_and_lies_whole_in_the_cache(server):
    received = []
    path = locate(weight(f"{server.url}/good"), progress=received.append)
    assert path.read_bytes() == CONTENT
    assert sum(received) == len(CONTENT)
    assert locate(weight(f"{server.url}/good")) == path
    assert (server.asked, list(path.parent.iterdir())) == (["/good"], [path])


def test_a_file_url_is_fetched_like_any_other(tmp_path):
    (tmp_path / "w").write_bytes(CONTENT)
    assert locate(weight((tmp_path / "w").as_uri())).read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["missing", "other", "longer"])
def test_an_address_that_gives_something_else_is_asked_once_and_the_next_one_taken(server, bad):
    received = []
    path = locate(weight(f"{server.url}/{bad}", f"{server.url}/good"), progress=received.append)
    assert path.read_bytes() == CONTENT
    assert server.asked == [f"/{bad}", "/good"]
    assert sum(received) == len(CONTENT)


def test_a_failure_that_may_pass_is_tried_again(server):
    assert locate(weight(f"{server.url}/recovers")).read_bytes() == CONTENT
    assert len(server.asked) == 3


def test_a_truncated_download_is_tried_three_times_and_leaves_nothing(server):
    with pytest.raises(WeightsError, match=r"/cut: .*1500000") as caught:
        locate(weight(f"{server.url}/cut"))
    assert caught.value.exit_code == ExitCode.WEIGHTS
    assert "--weights" in str(caught.value)
    assert server.asked == ["/cut"] * 3
    assert list(cache.cache_folder().iterdir()) == []


def test_a_wrong_hash_names_both_hashes_and_leaves_nothing(server):
    with pytest.raises(WeightsError, match=f"instead of {SHA256}"):
        locate(weight(f"{server.url}/other"))
    assert list(cache.cache_folder().iterdir()) == []


def test_all_addresses_that_failed_are_named(server, tmp_path):
    urls = (f"{server.url}/missing", (tmp_path / "nothing").as_uri(), "http://127.0.0.1:9/closed")
    with pytest.raises(WeightsError) as caught:
        locate(weight(*urls))
    assert all(url in str(caught.value) for url in urls)
    assert "HTTP 404" in str(caught.value)


def test_a_cache_that_cannot_be_written_to_points_to_the_setting(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(WeightsError, match="set IQA_CACHE"):
        locate(weight(f"{server.url}/good"))


def test_processes_that_fetch_at_once_all_get_the_whole_file(server):
    code = (
        "import sys; from iqa_cli.weights.cache import locate; from iqa_cli.weights.catalogue import Weight;"
        f"w = Weight('w', 'iqt-c', {SHA256!r}, {len(CONTENT)}, '', '', urls=('{server.url}/good',));"
        "sys.stdout.buffer.write(locate(w).read_bytes())"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    assert all(run.communicate()[0] == CONTENT for run in runs)
    assert len(list(cache.cache_folder().iterdir())) == 1


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_offline_only_what_is_here_is_taken(how, server, monkeypatch, request):
    here, away = weight(f"{server.url}/good"), weight(f"{server.url}/good", name="away")
    path = locate(here)
    request.getfixturevalue("no_network")
    if how == "environment":
        monkeypatch.setenv("IQA_OFFLINE", "1")
    assert locate(here, offline=how == "argument") == path
    with pytest.raises(WeightsError, match="iqa weights fetch away"):
        locate(away, offline=how == "argument")


def test_a_damaged_file_in_the_cache_is_found_and_replaced(server):
    entry = weight(f"{server.url}/good")
    assert (cache.check(entry), cache.place(entry)) == ("not fetched", "remote")
    path = locate(entry)
    path.write_bytes(CONTENT[::-1])
    assert (cache.check(entry), cache.place(entry)) == ("damaged", "cached")
    cache.fetch(entry)
    assert cache.check(entry) == "ok"


def test_an_embedded_file_that_is_not_there_asks_for_a_new_installation():
    with pytest.raises(WeightsError, match="install the package again"):
        locate(weight(file="no such file.safetensors"))


# --- weight files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return IQT_C.build(SMALL).eval()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "small.safetensors"
    save_weights(path, "iqt-c", SMALL, model.state_dict(), metadata={"iqa.identity": "4.5"})
    return path


def scores(model):
    images = torch.rand(2, 1, 3, 96, 96, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        return model(*images)


def test_a_saved_model_comes_back_the_same_with_its_configuration(model, saved, no_network):
    loaded = load_trained(IQT_C, saved)
    assert loaded.model.config == SMALL
    assert not loaded.model.training
    assert torch.equal(scores(loaded.model), scores(model))
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


def test_a_save_that_fails_leaves_the_old_file_alone(saved, model, tmp_path):
    path = tmp_path / "w"
    path.write_bytes(b"old")
    with pytest.raises(Exception, match="str"):
        save_weights(path, "iqt-c", SMALL, model.state_dict(), metadata={"not text": 1})
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_pytorch_file_with_the_state_dict_of_the_default_configuration_is_scored_with(tmp_path, no_network):
    model = IQT_C.build().eval()
    torch.save(model.state_dict(), tmp_path / "w.pth")
    assert torch.equal(scores(load_trained(IQT_C, tmp_path / "w.pth").model), scores(model))


@pytest.mark.parametrize("part", ["state_dict", "model_state_dict", "model"])
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
    assert torch.equal(scores(load_trained(IQT_C, tmp_path / "w").model), scores(model))


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


# --- loading ----------------------------------------------------------------------------------------


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


def test_without_weights_the_ways_to_get_some_are_told(listed):
    listed("")
    with pytest.raises(WeightsError) as caught:
        load_trained(IQT_C)
    assert caught.value.exit_code == 4
    assert all(f"iqa {way}" in str(caught.value) for way in ("train", "weights list", "weights import"))


def test_the_default_weights_are_downloaded_with_the_facts_of_the_catalogue(model, saved, listed):
    listed(entry_of(saved))
    loaded = load_trained(IQT_C)
    assert torch.equal(scores(loaded.model), scores(model))
    assert (loaded.name, loaded.range, loaded.identity) == ("w", ScoreRange(1.0, None), 4.5)
    assert (loaded.sha256, loaded.path) == (default_weight("iqt-c").sha256, str(locate(find_weight("w"))))


def test_embedded_weights_need_no_network(model, saved, listed, monkeypatch, no_network):
    monkeypatch.setattr(cache, "EMBEDDED", saved.parent)
    listed(entry_of(saved).replace("urls = [", f'file = "{saved.name}"\nurls = [').replace(saved.as_uri(), ""))
    assert torch.equal(scores(load_trained(IQT_C, offline=True).model), scores(model))


@pytest.mark.parametrize("name", [spec.name for spec in SPECS if spec.trained])
def test_every_trained_model_is_wholly_made_of_the_tensors_it_is_given(name):
    spec = find_model(name)
    with torch.device("meta"):
        shapes = spec.build().state_dict()
    tensors = {key: torch.zeros(tensor.shape, dtype=tensor.dtype) for key, tensor in shapes.items()}
    model = build_model(spec, tensors, spec.default_config(), source="a test")
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    assert not any(parameter.any() for parameter in model.parameters())


# --- the command ------------------------------------------------------------------------------------


def iqa_weights(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_list_for_programs_holds_every_fact(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7))
    (entry,) = json.loads(iqa_weights("list", "--format", "json").stdout)
    assert entry["place"] == "remote"
    assert entry["results"] == [{"figure": "SROCC 0.9", "command": "iqa evaluate"}]
    assert {**entry, "urls": (), "results": ()} == {
        **vars(weight(size=7)),
        **entry,
        "urls": (),
        "results": (),
    }


def test_the_list_for_people_fits_each_weight_on_a_line_when_piped(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=2_500_000))
    lines = iqa_weights("list").stdout.splitlines()
    (row,) = [line for line in lines if "iqt-c" in line]
    assert row.split() == [
        "w",
        "(default)",
        "iqt-c",
        "remote",
        "2.5",
        "MB",
        "1–∞",
        "↑",
        "CC",
        "BY",
        "4.0",
        "photographs",
    ]
    assert "w: SROCC 0.9 (iqa evaluate)" in lines


def test_fetch_prints_where_the_file_lies_and_verify_finds_it_damaged(saved, listed):
    listed(entry_of(saved))
    path = Path(iqa_weights("fetch", "w").stdout.strip())
    assert path.read_bytes() == saved.read_bytes()
    assert iqa_weights("verify").stdout == "w: ok\n"
    path.write_bytes(b"?")
    result = iqa_weights("verify", "w")
    assert result.stdout == "w: damaged\n"
    assert isinstance(result.exception, WeightsError)
    assert iqa_weights("fetch", "--all").exit_code == 0
    assert iqa_weights("verify").exit_code == 0


def test_what_was_never_fetched_is_no_damage(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7))
    result = iqa_weights("verify")
    assert (result.exit_code, result.stdout) == (0, "w: not fetched\n")


def test_fetching_nothing_is_a_usage_error(listed):
    listed("")
    assert isinstance(iqa_weights("fetch").exception, UsageError)
    assert isinstance(iqa_weights("fetch", "w").exception, UsageError)
    assert iqa_weights("fetch", "--all").exit_code == 0
