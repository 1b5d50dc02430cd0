"""The page of `iqa rank --html` in a real browser: order, filter, groups, names to keep, thousands of photographs."""

import re

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys
from web_server import WebServer, serving

from iqa_cli.page.contact_sheet import link_to, write_contact_sheet
from iqa_cli.page.thumbnails import Thumbnails
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.records import ModelInfo, ScoreRange

pytest_plugins = ["browser"]

MODEL = ModelInfo("triq-lite", ScoreRange(1, 5))
HOSTILE = [
    "<img src=x onerror=window.hacked=1>.png",
    "</script><script>window.hacked=1</script>.png",
    "a\u2028b\u202egpj.png",
    "javascript:window.hacked=1",
]
NAMES = ".card .name"


def photograph(path, score=3.0, group=None, best=True, **more):
    scores = {"triq-lite": score}
    return Photograph(str(path), 1, scores, {"triq-lite": "fair"}, {"triq-lite": 41.9}, group=group, best=best, **more)


def ranking(*photographs, models=(MODEL,), grouping="similar"):
    return Ranking(photographs, models, grouping, "The rule.", {"triq-lite": "BIQ2021"})


def write(page, *photographs, pictured=True, **how):
    """A sheet with a grey picture for each photograph, whose file need not be there."""
    with Thumbnails(page) as thumbnails:
        for each in photographs if pictured else ():
            thumbnails.add(each.path, np.full((30, 40, 3), 0.5, np.float32))
        write_contact_sheet(ranking(*photographs, **how), thumbnails, page)


@pytest.fixture
def sheet(visit):
    """Writes a sheet, and opens it."""

    def open_sheet(*photographs, hash="", **how):
        page = visit.folder / "sheet.html"
        write(page, *photographs, **how)
        return visit.read(page, hash)

    return open_sheet


def files(folder, count):
    """Pictures that are there: a photograph that is seen large is its own file."""
    paths = [folder / f"p{number}.png" for number in range(count)]
    for path in paths:
        Image.new("RGB", (400, 300), "teal").save(path)
    return paths


def group_of(paths):
    """The first alone, the others alike."""
    alone, *alike = paths
    return [photograph(alone, 4.5)] + [photograph(p, 4.0 - n / 10, 1, n == 0) for n, p in enumerate(alike)]


def test_photographs_stand_by_their_score_with_words_and_percent(sheet):
    visit = sheet(photograph("a/good.jpg", 4.25), photograph("a/bad.jpg", 1.5))
    assert visit.texts(NAMES) == ["good.jpg", "bad.jpg"]
    assert visit.texts(".value") == ["4.250 fair", "1.500 fair"] and visit.texts(".last small")[0] == "better than 41 %"
    visit.choose("Order", "worst first")
    visit.wait(lambda: visit.texts(NAMES) == ["bad.jpg", "good.jpg"])


def test_the_sliders_leave_the_scores_between_them(sheet):
    visit = sheet(*(photograph(f"{score}.jpg", score) for score in (4.0, 3.0, 2.0)))
    visit.slide("From", 2.5)
    visit.wait(lambda: visit.texts(NAMES) == ["4.0.jpg", "3.0.jpg"])
    visit.slide("To", 3.5)
    visit.wait(lambda: visit.texts(NAMES) == ["3.0.jpg"])
    assert visit.texts(".tools .count")[-1] == "1 of 3 photographs"


def test_a_photograph_without_a_score_is_told_of_and_goes_when_the_filter_is_moved(sheet):
    visit = sheet(photograph("a.jpg", 3.0), photograph("b.jpg", 2.0), Photograph("cut.jpg", error="is cut off"))
    assert visit.texts(NAMES) == ["a.jpg", "b.jpg", "cut.jpg"] and visit.texts(".failed") == ["not scored"]
    assert "cut.jpg: is cut off" in visit.texts(".notes li")
    assert visit.texts("h1") == ["2 photographs, the best first; 1 not scored"]
    assert visit.texts(".tools .count")[-1] == "2 photographs, 1 not scored"
    visit.slide("From", 2.5)
    visit.wait(lambda: visit.texts(NAMES) == ["a.jpg"])
    assert visit.texts(".tools .count")[-1] == "1 of 2 photographs"


def test_a_group_is_seen_side_by_side_with_one_zoom(sheet, tmp_path):
    visit = sheet(*group_of(files(tmp_path, 4)))
    assert visit.texts(".value .best") == ["best of 3", "one of 3", "one of 3"]
    visit.click('a.shot[href="#3"]')
    visit.wait(lambda: visit.shown() == "p2.png and 2 alike")
    visit.loaded()
    visit.press("1")
    assert visit.zoomed() == "100 %" and len(visit.transforms()) == 3 and len(set(visit.transforms())) == 1
    visit.press(Keys.ARROW_LEFT)
    visit.wait(lambda: visit.shown() == "p0.png")
    visit.press(Keys.ESCAPE)
    visit.wait(lambda: visit.shown() is None)
    assert visit.js("document.activeElement.dataset.place") == "0"


def test_the_view_of_groups_shows_whole_groups_and_best_of_each_the_keepers(sheet, tmp_path):
    visit = sheet(*group_of(files(tmp_path, 4)))
    visit.click(".segments button:nth-child(2)")
    visit.wait(lambda: visit.texts(NAMES) == ["p1.png", "p2.png", "p3.png"])
    assert visit.texts(".group-head h3") == ["3 alike, 4.000 to 3.800"]
    visit.click(".segments button:nth-child(3)")
    visit.wait(lambda: visit.texts(NAMES) == ["p0.png", "p1.png"])


@pytest.mark.parametrize(
    ("grouping", "members", "head"),
    [("similar", "show the same", "3 alike"), ("folder", "share a folder", "3 in one folder")],
)
def test_one_group_is_told_as_one_by_what_its_photographs_have_in_common(sheet, tmp_path, grouping, members, head):
    _, *group = group_of(files(tmp_path, 4))
    visit = sheet(*group, grouping=grouping)
    assert f"1 group of those that {members}, 1 photograph to keep." in visit.one("body").text
    visit.click(".segments button:nth-child(2)")
    visit.wait(lambda: visit.texts(".group-head h3") == [f"{head}, 4.000 to 3.800"])
    assert visit.texts(".tools .count")[-1] == "3 photographs in 1 group"
    visit.click(".look")
    visit.wait(lambda: visit.shown() == f"p1.png and 2{head.removeprefix('3')}")


def test_the_names_to_keep_are_the_best_until_others_are_ticked(sheet, tmp_path):
    paths = files(tmp_path, 4)
    visit = sheet(*group_of(paths))
    visit.one('a.shot[data-place="2"]').send_keys("k")
    visit.click('input[data-keep="0"]')
    visit.driver.find_element("xpath", "//button[text()='Names to keep']").click()
    assert visit.js("document.querySelector('textarea').value").split("\n") == [str(paths[1]), str(paths[2])]
    assert visit.js("getSelection().toString()") == f"{paths[1]}\n{paths[2]}"


def test_names_that_no_page_can_copy_are_spelt_out_and_told_of(sheet):
    visit = sheet(*(photograph(name) for name in ("a.jpg", "b\n.jpg", "c\udce9.jpg")))
    visit.driver.find_element("xpath", "//button[text()='Names to keep']").click()
    assert visit.js("document.querySelector('textarea').value") == "a.jpg\nb\\n.jpg\nc\\udce9.jpg"
    assert "as they were given, but for 2 that no text can hold" in visit.texts(".names .caption")[0]


def test_arrows_walk_over_the_cards(sheet):
    visit = sheet(*(photograph(f"{number}.jpg", 4 - number / 100) for number in range(40)))
    visit.one("a.shot").send_keys(Keys.ARROW_RIGHT)
    assert visit.js("document.activeElement.dataset.place") == "1"
    visit.press(Keys.END)
    assert visit.js("document.activeElement.dataset.place") == "39"
    visit.press(Keys.ARROW_UP, Keys.HOME)
    assert visit.js("document.activeElement.dataset.place") == "0"


def test_another_width_leaves_the_focus_where_it_was(sheet):
    visit = sheet(*(photograph(f"{number}.jpg", 4 - number / 100) for number in range(40)))
    visit.one("a.shot").send_keys(Keys.ARROW_RIGHT)
    visit.resize(700, 900)
    visit.wait(lambda: visit.js("document.querySelector('.row').children.length") < 5)
    assert visit.js("document.activeElement.dataset.place") == "1"


def test_of_a_thousand_photographs_those_alone_exist_that_can_be_seen(sheet):
    visit = sheet(*(photograph(f"{number}.jpg", 4 - number / 1000) for number in range(1000)))
    assert 10 < len(visit.all(".card")) < 100
    visit.js("scrollTo(0, document.body.scrollHeight)")
    visit.wait(lambda: "999.jpg" in visit.texts(NAMES))
    assert len(visit.all(".card")) < 100
    visit.loaded(".card img")


def test_a_file_that_is_gone_leaves_its_thumbnail_and_says_so(sheet):
    visit = sheet(photograph("gone.jpg"), hash="#1")
    visit.wait(lambda: "not where it was" in "".join(visit.texts("figcaption")))
    assert len(visit.all("dialog .picture")) == 1
    assert all("ERR_FILE_NOT_FOUND" in message for message in visit.messages())


def test_a_photograph_on_the_web_is_seen_large_from_there(sheet, tmp_path):
    picture = files(tmp_path, 1)[0].read_bytes()
    with serving(WebServer({"p.png": picture})) as server:
        visit = sheet(photograph(f"{server.url}/p.png"), hash="#1")
        visit.loaded()
        assert server.count("p.png") == 1 and len(visit.all("dialog .picture")) == 2


@pytest.mark.parametrize(
    ("name", "may"), [("https://x.org/a.jpg", True), ("https://x.org/a.nef", False), ("a.jpg", False)]
)
def test_a_page_may_show_pictures_of_the_web_only_where_its_own_lie_there(tmp_path, name, may):
    write(tmp_path / "p.html", photograph(name))
    policy = re.search(r'Policy" content="([^"]*)"', (tmp_path / "p.html").read_text(encoding="utf-8"))[1]
    assert ("https:" in policy) == may


def test_a_format_that_browsers_do_not_show_has_a_smaller_copy_in_the_page(sheet):
    visit = sheet(photograph("raw.nef"), hash="#1")
    visit.loaded()
    assert "A copy" in "".join(visit.texts("figcaption"))


def test_names_that_mean_harm_are_text(sheet):
    visit = sheet(*(photograph(name) for name in HOSTILE))
    assert len(visit.all(".card")) == len(HOSTILE) and visit.js("window.hacked") is None


def test_the_page_names_no_address_outside_itself_and_tells_its_size(sheet):
    visit = sheet(photograph("a.jpg"))
    page = visit.folder / "sheet.html"
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"base64,[\w+/=]*", "", page.read_text(encoding="utf-8")))
    assert visit.one("summary").text == "About this page, 0.1 MB"
    assert float(visit.one("summary").text.split()[-2]) == pytest.approx(page.stat().st_size / 1e6, abs=0.05)


def test_another_model_orders_anew(sheet):
    models = (MODEL, ModelInfo("brisque", ScoreRange(0, 100, higher_is_better=False)))
    photographs = [Photograph(n, 1, {"triq-lite": s, "brisque": 10 * s}) for n, s in (("a.jpg", 4.0), ("b.jpg", 2.0))]
    visit = sheet(*photographs, models=models)
    visit.choose("Scores of", "brisque")
    visit.wait(lambda: visit.texts(NAMES) == ["b.jpg", "a.jpg"])
    assert visit.texts(".value strong") == ["20.000", "40.000"]


@pytest.mark.parametrize("hash", ["", "#2"])
def test_a_phone_has_room_for_all_and_every_control_has_a_name(sheet, tmp_path, hash):
    visit = sheet(*group_of(files(tmp_path, 4)), hash=hash)
    visit.resize(390, 844)
    visit.wait(lambda: visit.fits("html"))
    if not hash:
        visit.click(".turn-more")
    assert all(name.strip() for _, name in visit.controls())
    seen = "dialog" if hash else "#sheet"
    assert min(visit.heights(f"{seen} :is(button, select, input[type=range], .check)")) >= 40


def test_a_link_leads_from_the_page_to_the_file_whatever_it_is_called(tmp_path):
    page = tmp_path / "out" / "sheet.html"
    assert link_to(str(tmp_path / "in" / "a#1 %.jpg"), page) == "./../in/a%231%20%25.jpg"
