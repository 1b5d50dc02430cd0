"""File names that mean the same file are found to be the same."""

from pathlib import Path

import pytest

from iqa_cli.ground.filenames import Finder, name_key, path_parts, restored

COMPOSED, DECOMPOSED = "caf\u00e9.png", "cafe\u0301.png"
LATIN = b"caf\xe9.png".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("other", [COMPOSED, DECOMPOSED, LATIN])
def test_the_same_name_has_one_key_however_it_is_spelt(other):
    assert name_key(other) == name_key(COMPOSED)


def test_case_matters_unless_asked_otherwise():
    assert name_key("A.png") != name_key("a.PNG")
    assert name_key("A.png", any_case=True) == name_key("a.PNG", any_case=True)
    assert name_key("\u00c9", any_case=True) == name_key("e\u0301", any_case=True)


def test_paths_are_compared_by_their_parts_with_either_slash():
    assert path_parts(f"./a\\{COMPOSED}") == path_parts(f"a/{DECOMPOSED}") == ("a", COMPOSED)
    assert path_parts("") == ("",)


def test_an_escaped_byte_is_restored_to_the_name():
    assert restored(LATIN.encode(errors="backslashreplace").decode()) == LATIN


@pytest.mark.parametrize(
    "asked", [f"sub/{COMPOSED}", f"sub\\{COMPOSED}", f"sub/{COMPOSED} ", f"sub/{LATIN}", f"./sub/{COMPOSED}"]
)
def test_a_file_is_found_under_the_spelling_it_has_on_disk(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / DECOMPOSED).touch()
    found = Finder()(asked)
    assert Path(found).samefile(f"sub/{DECOMPOSED}")
    assert Finder()(str(tmp_path / asked)) == str(tmp_path / "sub" / DECOMPOSED)


def test_a_folder_is_found_under_its_spelling_too(tmp_path):
    folder = tmp_path / "e\u0301te\u0301"
    folder.mkdir()
    (folder / "a.png").touch()
    assert Finder()(str(tmp_path / "\u00e9t\u00e9" / "a.png")) == str(folder / "a.png")


def test_a_file_of_that_very_name_comes_before_others_and_a_missing_one_stays_as_it_was_asked(tmp_path):
    for name in (COMPOSED, DECOMPOSED, "odd\\name.png"):
        (tmp_path / name).touch()
    for name in (COMPOSED, DECOMPOSED, "odd\\name.png", "no \u00e9.png"):
        assert Finder()(str(tmp_path / name)) == str(tmp_path / name)
