"""What failed, as it is told while rows are written."""

import io
import sys

import pytest

from iqa_cli.errors import MissingExtraError, lacking_extra
from iqa_cli.ground.formats import choose_format
from iqa_cli.output import error_lines
from iqa_cli.output.error_lines import ErrorLines
from iqa_cli.output.row_formats import ROW_FORMATS
from iqa_cli.terminal import Terminal


@pytest.fixture
def heard():
    stream = io.StringIO()
    return ErrorLines(Terminal(stderr=stream)), stream


def test_a_failure_that_many_rows_share_is_told_once(heard):
    lines, stream = heard
    for error in ("ref.png: damaged", "ref.png: damaged", "b.png: damaged"):
        lines.tell(error)
    lines.end()
    assert stream.getvalue().splitlines() == ["error: ref.png: damaged", "error: b.png: damaged"]


def test_of_an_endless_stream_what_rows_share_is_told_once_and_the_rest_is_forgotten(heard, monkeypatch):
    monkeypatch.setattr(error_lines, "REMEMBERED", 3)
    lines, stream = heard
    for number in range(9):
        lines.tell("ref.png: damaged")
        lines.tell(f"{number}.png: damaged")
    lines.tell("0.png: damaged")
    told = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert told == ["ref.png:", *(f"{number}.png:" for number in range(9)), "0.png:"]


def test_files_that_lack_one_extra_are_told_by_the_first_and_a_count(heard):
    lines, stream = heard
    for name, extra in (("1.heic", "heif"), ("2.heic", "heif"), ("3.heic", "heif"), ("a.jxl", "jxl")):
        lines.tell(f"{name}: cannot be read: it {lacking_extra(extra)}")
    lines.end()
    assert stream.getvalue().splitlines() == [
        "error: 1.heic: cannot be read: it needs an optional package: pip install 'iqa-cli[heif]'",
        "error: a.jxl: cannot be read: it needs an optional package: pip install 'iqa-cli[jxl]'",
        "error: 2 more files cannot be read: each needs an optional package: pip install 'iqa-cli[heif]'",
    ]


def test_a_package_that_is_there_and_breaks_is_told_with_its_reason_and_no_install(heard):
    broken = ImportError("libraw.so.23: cannot open\n shared object file")
    told = str(MissingExtraError("x.dng", "raw", broken))
    reason = "libraw.so.23: cannot open shared object file"
    assert told == f"x.dng needs a package of iqa-cli[raw] that is installed but cannot be imported: {reason}"
    absent = ModuleNotFoundError("No module named 'rawpy'", name="rawpy")
    assert str(MissingExtraError("x.dng", "raw", absent)) == str(MissingExtraError("x.dng", "raw"))
    lines, stream = heard
    for name in ("1.dng", "2.dng"):
        lines.tell(f"{name}: {lacking_extra('raw', broken)}")
    lines.end()
    assert stream.getvalue().splitlines()[1].startswith("error: 1 more file cannot be read: each needs a package of ")
    part = ModuleNotFoundError("No module named 'rawpy._rawpy'", name="rawpy._rawpy")
    assert "installed but cannot be imported" in str(MissingExtraError("x.dng", "raw", part))


def test_a_package_for_an_output_that_breaks_is_found_before_anything_is_scored(tmp_path, monkeypatch):
    (tmp_path / "pyarrow.py").write_text("raise ImportError('libarrow.so: cannot open')")
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"Parquet output needs .* cannot be imported: libarrow\.so"):
        choose_format("parquet", tmp_path / "x.parquet", False, ROW_FORMATS)
