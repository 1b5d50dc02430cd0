"""Every declared format, by one file for each of its aspects; and the matrix in the documentation, made of them."""

import pytest
from picture_samples import ASPECTS, BLOCK, COLOUR, PAGE, SAMPLES, SEVERAL, matrix, outcome

from iqa_cli.ground.folders import pictures_in
from iqa_cli.ground.picture_formats import PICTURE_FORMATS, RAW


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.named)
def test_a_file_shows_what_it_was_made_of(sample):
    assert outcome(sample.make(), sample) in ("exact", "near")


def test_every_format_has_a_file_and_those_of_several_pictures_one_of_them():
    tried = {(sample.format, sample.aspect) for sample in SAMPLES}
    names = {form.name for form in PICTURE_FORMATS}
    assert {name for name, _ in tried} == names and {aspect for _, aspect in tried} == set(ASPECTS)
    assert {(name, COLOUR) for name in names - {RAW.name}} <= tried
    assert {form.name for form in PICTURE_FORMATS if form.several} == {name for name, what in tried if what == SEVERAL}


@pytest.mark.parametrize("form", PICTURE_FORMATS, ids=lambda form: form.name)
def test_a_folder_finds_each_suffix(form, tmp_path):
    for number, suffix in enumerate(form.suffixes):
        (tmp_path / f"{number}{suffix.upper()}").touch()
    assert len(pictures_in(tmp_path).pictures) == len(form.suffixes)


def test_the_matrix_of_the_documentation_is_what_is_read():
    assert BLOCK.findall(PAGE.read_text(encoding="utf-8")) == [matrix()], "run python tests/picture_samples.py"
