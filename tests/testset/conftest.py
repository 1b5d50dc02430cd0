"""`iqa` in this process, in a folder with photographs."""

import pytest
from command_line import Finished
from testset_files import save

from iqa_cli.__main__ import main


@pytest.fixture
def iqa(capsys):
    """`iqa("distort", ...)` in this process."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        return Finished(int(leaving.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: photos/{cat,dog}.png, and another cat in more/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for number, name in enumerate(("photos/cat", "photos/dog", "more/cat")):
        save(f"{name}.png", photo(48, 64, number))
    return tmp_path
