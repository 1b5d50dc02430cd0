"""The list of weights: every entry read, consistent and printed."""

import dataclasses
import json
import subprocess
import sys

import pytest
from weight_entries import ENTRY, SHA256, iqa_weights, weight

from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.meaning import QUANTILES, Percentiles
from iqa_cli.records import ScoreRange
from iqa_cli.registry import find_model, names
from iqa_cli.weights import fetching, locate
from iqa_cli.weights.weight_list import Result, Weight, catalogue, catalogue_path, find_weight


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


@pytest.mark.parametrize(
    "text",
    ["[[weight]]\nname = 3", ENTRY.replace('"w"', "[]"), "weight = 3", "no TOML", "[[weight]]\npercentiles = {a = 1}"],
)
def test_a_damaged_list_is_told_with_the_remedy(listed, text):
    listed(text)
    with pytest.raises(WeightsError, match=r"is no list of weights .*: install the package again"):
        catalogue()


def test_an_entry_may_tell_what_its_model_says_of_the_photographs_it_was_trained_on(listed):
    told = 'percentiles = { photographs = "BIQ2021", scores = [1, 2.5, 4] }\n'
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7) + told)
    assert catalogue()[0].percentiles == Percentiles("BIQ2021", (1.0, 2.5, 4.0))
    entry = json.loads(iqa_weights("list", "--format", "json").stdout)[0]
    assert entry["percentiles"] == {"photographs": "BIQ2021", "scores": [1.0, 2.5, 4.0]}


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
        if entry.percentiles:
            assert len(entry.percentiles.scores) == QUANTILES
            assert sorted(entry.percentiles.scores) == list(entry.percentiles.scores)
            assert not find_model(entry.model).full_reference
        assert [other.name for other in entries if other.model == entry.model and other.default].count(entry.name) < 2
        if entry.file:
            assert fetching.check(entry) == "ok"
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


def test_the_list_for_programs_holds_every_fact(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7))
    (entry,) = json.loads(iqa_weights("list", "--format", "json").stdout)
    assert entry["place"] == "remote"
    assert entry["results"] == [{"figure": "SROCC 0.9", "command": "iqa evaluate"}]
    fields = {field.name for field in dataclasses.fields(Weight)} - {"range"}
    assert entry.keys() == fields | {"low", "high", "higher_is_better", "place"}
    assert (entry["low"], entry["high"], entry["identity"], entry["size"]) == (1.0, None, 4.5, 7)


def test_the_list_for_people_fits_each_weight_on_a_line_when_piped(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=2_500_000))
    lines = iqa_weights("list").stdout.splitlines()
    assert lines[1].split("\t") == ["w", "iqt-c", "remote", "2.5 MB", "1–∞ ↑", "CC BY 4.0", "yes"]
