"""`iqa export` and `iqa_cli.export`: the file, its facts, and what is refused."""

import json
import sys

import onnx
import pytest

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.exporting.model_file import facts
from iqa_cli.registry import all_models, find_model
from iqa_cli.weights import default_weight, load_trained


def iqa(*arguments):
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as leaving:
        main([str(argument) for argument in arguments])
    return int(leaving.value.code or 0)


def test_the_command_writes_a_file_that_onnx_finds_valid_and_prints_its_name(tmp_path, capsys):
    out = tmp_path / "new" / "triq-lite.onnx"
    assert iqa("export", "triq-lite", "-o", out) == 0
    assert capsys.readouterr().out == f"{out}\n"
    onnx.checker.check_model(out, full_check=True)


def test_the_file_tells_what_must_be_known_of_its_scores(tmp_path):
    path = iqa_cli.export("triq-lite", tmp_path / "m.onnx")
    weight = default_weight("triq-lite")
    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert told["iqa.model"] == "triq-lite"
    assert told["iqa.version"] == iqa_cli.__version__
    assert told["iqa.sha256"] == weight.sha256
    assert told["iqa.licence"] == weight.licence
    assert "2101.01097" in told["iqa.citation"]
    assert json.loads(told["iqa.range"]) == [1, 5]
    assert json.loads(told["iqa.higher_is_better"]) is True
    assert json.loads(told["iqa.percentiles"])["scores"] == list(weight.percentiles.scores)


def test_what_the_file_takes_and_gives_has_names_and_free_sizes(tmp_path):
    graph = onnx.load(iqa_cli.export("triq-lite", tmp_path / "m.onnx")).graph
    (image,) = graph.input
    assert image.name == "image"
    assert [side.dim_param or side.dim_value for side in image.type.tensor_type.shape.dim] == ["N", "H", "W", 3]
    assert [output.name for output in graph.output] == ["score", "probabilities", "attention"]


@pytest.mark.parametrize(("model", "overlap"), [("iqt-lite", 0.25), ("iqt-c", 0.5)])
def test_the_file_of_a_model_with_crops_tells_where_they_lie(model, overlap):
    told = facts(find_model(model), load_trained(find_model(model), None, True), "uint8")
    assert json.loads(told["iqa.overlap"]) == overlap
    assert json.loads(told["iqa.most_crops"]) == 20


def test_a_file_that_is_there_is_kept_until_it_may_be_replaced(tmp_path, capsys):
    out = tmp_path / "m.onnx"
    out.write_bytes(b"something")
    assert iqa("export", "triq-lite", "-o", out) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"something"
    assert iqa("export", "triq-lite", "-o", out, "--overwrite") == 0
    assert len(out.read_bytes()) > 1_000_000


def test_no_page_is_written_where_the_file_beside_it_is_refused(tmp_path, capsys, monkeypatch):
    out, page = tmp_path / "m.onnx", tmp_path / "p.html"
    out.write_bytes(b"something")
    monkeypatch.setattr("iqa_cli.page.web_runtime.find_runtime", lambda given: pytest.fail("begun"))
    assert iqa("export", "triq-lite", "--html", page, "-o", out) == 2
    assert f"--output {out}: is there already" in capsys.readouterr().err
    page.write_bytes(b"a page")
    assert iqa("export", "triq-lite", "--html", page, "-o", tmp_path / "new.onnx") == 2
    assert page.read_bytes() == b"a page" and not (tmp_path / "new.onnx").exists()


def test_weights_are_never_replaced_by_the_file_that_is_made_of_them(tmp_path, capsys):
    weights = tmp_path / "own.onnx"
    weights.write_bytes(b"weights")
    assert iqa("export", "triq-lite", "--weights", weights, "-o", weights, "--overwrite") == 2
    assert "would replace" in capsys.readouterr().err
    assert weights.read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("psnr", "-o", "m.onnx"), "psnr cannot be exported: choose "),
        (("triq-lite",), "iqa export triq-lite -o triq-lite.onnx"),
        (("triq-light", "-o", "m.onnx"), "did you mean 'triq-lite'?"),
        (("triq-lite", "-o", "m.txt"), "--output m.txt: what is written is an ONNX file: call it m.onnx"),
        (("triq-lite", "-o", "m", "--html", "m.html"), "call it m.onnx"),
        (("triq-lite", "-o", "page.html"), "call it page.onnx, or write a page by 'iqa export MODEL --html page.html'"),
        (("triq-lite", "-o", "m.onnx", "--pixels", "uint16"), "--pixels uint16: choose uint8, float32"),
        (("triq-lite", "--html", "p.html", "--pixels", "uint16"), "--pixels uint16: choose uint8, float32"),
        (("triq-lite", "--html", "p.html", "--pixels", "float32"), "--pixels float32: tells of -o FILE.onnx"),
        (("triq-lite", "--html", "m.onnx"), "--html m.onnx: what is written is a page: call it m.html"),
    ],
)
def test_wrong_use_is_told_in_one_line(arguments, told, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert iqa("export", *arguments) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_without_the_extra_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'iqa-cli\[onnx\]'"):
        iqa_cli.export("triq-lite", tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_python_is_told_of_its_own_keywords(tmp_path):
    with pytest.raises(UsageError, match=r"^path='m\.txt': .* call it m\.onnx$"):
        iqa_cli.export("triq-lite", "m.txt")
    (tmp_path / "m.onnx").write_bytes(b"something")
    with pytest.raises(UsageError, match="overwrite=True"):
        iqa_cli.export("triq-lite", tmp_path / "m.onnx")


@pytest.mark.parametrize("spec", [spec for spec in all_models() if spec.exports], ids=lambda spec: spec.name)
def test_a_model_that_says_it_exports_has_a_graph(spec):
    from iqa_cli.exporting.networks import NETWORKS

    assert type(spec.build()) in NETWORKS
