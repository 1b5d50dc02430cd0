"""Images that cannot be reached make no final rows in parts: a run ends in an outage, and the same command goes on."""

import pytest
from command_line import noise, save
from parted import contents
from web_server import WebServer, serving

from iqa_cli.parts import outage
from iqa_cli.storage import remote

NAMES = [f"{number}.png" for number in range(6)]


@pytest.fixture
def web(monkeypatch, tmp_path):
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote, "PAUSES", [0.0])
    save("one.png", noise(1, 24, 24))
    with serving(WebServer({name: (tmp_path / "one.png").read_bytes() for name in NAMES})) as server:
        (tmp_path / "list.csv").write_text(
            "reference,distorted\n" + "".join(f"one.png,{server.url}/{n}\n" for n in NAMES)
        )
        yield server


@pytest.fixture
def run(iqa):
    return lambda *more: iqa("score", "--manifest", "list.csv", "-m", "psnr", "-o", "parts/", *more)


def test_where_no_image_can_be_reached_no_part_is_written_and_the_same_command_goes_on(web, run):
    web.forbidden = set(NAMES)
    ended = run()
    assert ended.code == 1 and "Traceback" not in ended.err
    assert (
        "access denied (403); check the credentials; so are all images of the share: no part is written; mend"
        in ended.err
    )
    assert not contents("parts") and not contents("parts/_rows")
    web.forbidden = set()
    assert run().code == 0 and "_SUCCESS" in contents("parts")


def test_many_in_a_row_end_the_run_and_the_rows_before_are_kept(web, run, monkeypatch):
    monkeypatch.setattr(outage, "IN_A_ROW", 3)
    web.forbidden = set(NAMES[2:])
    ended = run()
    assert ended.code == 1 and "so are 3 images in a row: no part is written" in ended.err
    assert not contents("parts", "part-*")
    assert sum(data.count(b"\n") for data in contents("parts/_rows").values()) == 2
    web.forbidden = set()
    done = run()
    assert done.code == 0 and "6 rows (2 kept)" in done.err


def test_one_among_others_is_a_row_and_so_are_images_that_there_are_not(web, run, monkeypatch):
    monkeypatch.setattr(outage, "IN_A_ROW", 2)
    web.forbidden = {NAMES[1]}
    web.files = {name: web.files[name] for name in NAMES[:3]}  # 404 is the image's own fault
    assert run().code == 1
    assert b'"failed": 4' in contents("parts")["_SUCCESS"]


def test_a_server_that_is_not_there_is_an_outage(run, monkeypatch, tmp_path):
    monkeypatch.setattr(remote, "PAUSES", [0.0])
    (tmp_path / "list.csv").write_text("reference,distorted\nref/a.png,http://127.0.0.1:9/a.png\n")
    ended = run()
    assert ended.code == 1 and "so are all images" in ended.err and not contents("parts")


def test_a_file_of_rows_keeps_what_failed(web, iqa):
    web.forbidden = set(NAMES)
    assert iqa("score", "--manifest", "list.csv", "-m", "psnr", "-o", "rows.csv").code == 1
    with open("rows.csv") as rows:  # noqa: PTH123
        assert rows.read().count("access denied") == 6
