"""The page of `iqa compare --html` in a real browser: its tables, its policy, themes, and names that mean harm."""

import json
import re
import time

import pytest
from pages import THREE, candidate, comparison, many, scene, summary
from selenium.webdriver.common.keys import Keys

from iqa_cli.page.render import Page, render

pytest_plugins = ["browser"]

HOSTILE = [
    "<img src=x onerror=window.hacked=1>",
    '"><script>window.hacked=1</script>',
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "a\u2028b",
    "\u202egpj.exe",
    "{{ 7 * 7 }} ${window.hacked=1}",
    "javascript:window.hacked=1",
]
NAMES = "#images tbody th bdi"


def test_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError):
        render(Page("", "", (), (), comparison(scene("a", candidate(iqt=float("nan")))), "0"))


def test_a_name_that_is_not_utf8_leaves_a_page_that_can_be_written():
    page = Page("\udcff", "", (summary("a\udcffb"),), (), comparison(scene("a\udcff", candidate(iqt=1))), "0")
    assert "a\\udcffb" in render(page).encode("utf-8").decode()


def test_the_page_names_no_address_outside_itself():
    text = render(Page("", "", (summary(),), (), THREE, "0"))
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"base64,[\w+/=]*", "", text))


def test_the_page_opens_without_a_complaint_and_has_its_landmarks(visit):
    visit.open(THREE, grids=[summary()], notes=["one note"])
    assert visit.driver.title == "Comparison" and visit.js("document.documentElement.lang") == "en"
    assert [len(visit.all(tag)) for tag in ("header.page-head", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert visit.texts(".notes li") == ["one note"]
    assert visit.messages() == []


def test_the_policy_stops_a_script_that_is_not_the_pages_own(visit):
    visit.open(THREE)
    visit.driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)"
    )
    assert visit.js("window.hacked") is None
    assert "Content Security Policy" in "".join(visit.messages())


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("single", [True, False])
def test_pictures_stand_on_the_first_screen_and_the_tables_below(visit, width, height, single):
    data = comparison(scene("a", candidate(iqt=1.0), candidate(iqt=2.0)), single=True) if single else THREE
    visit.open(data, grids=[summary()] * 3, notes=["a note"], answer=["iqt: a", "Best: a"])
    visit.resize(width, height)
    bottom = visit.js("document.querySelector('#pictures img').getBoundingClientRect().bottom")
    table = visit.js("document.querySelector('.grid').getBoundingClientRect().top")
    assert 0 < bottom < height and table > bottom
    assert visit.texts(".answer") == ["Best: a"] and "iqt: a" in visit.texts(".notes li")


def test_a_picture_of_the_table_looks_as_if_it_could_be_clicked(visit):
    visit.open(THREE)
    assert set(visit.style("#images a", "cursor")) == {"zoom-in"}
    assert all(float(width.removesuffix("px")) >= 1 for width in visit.style("#images .frame", "borderTopWidth"))
    visit.click("#images td .frame")
    visit.wait(lambda: visit.shown() is not None)


def test_summaries_mark_the_best_bold_and_the_second_underlined(visit):
    visit.open(THREE, grids=[summary()])
    assert visit.texts(".grid strong") == ["3.5"] and visit.texts(".grid u") == ["3.1"]
    assert int(visit.style(".grid strong", "fontWeight")[0]) >= 600
    assert visit.texts(".grid small") == ["[3, 4]"]
    assert visit.style(".grid tbody .number", "textAlign") == ["right"] * 3
    assert visit.texts(".grid tr.section th") == ["c"]


def test_themes_follow_the_system_until_one_is_chosen(visit):
    visit.open(THREE)
    grounds = {}
    for scheme in ("light", "dark"):
        visit.prefer(scheme)
        grounds[scheme] = visit.style("body", "backgroundColor")
    assert grounds["light"] != grounds["dark"]
    for theme in ("light", "dark", "auto"):
        visit.click("#theme")
        assert visit.one("#theme").text == f"Theme: {theme}"
        assert visit.style("body", "backgroundColor") == grounds.get(theme, grounds["dark"])


def test_the_chosen_theme_is_remembered(visit):
    visit.open(THREE)

    def comes_back():
        # The browser stores it in its own time, and loses what a page that is read anew had not stored yet.
        for _ in range(3):  # there are three themes
            if visit.one("#theme").text != "Theme: light":
                visit.click("#theme")
        time.sleep(0.2)
        visit.driver.refresh()
        return visit.one("#theme").text == "Theme: light"

    visit.wait(comes_back)
    visit.click("#theme")
    visit.click("#theme")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("selector", ["h1", ".lead", ".grid small", ".count", ".pager span", "#theme", ".sort"])
def test_text_stands_out_from_its_ground(visit, scheme, selector):
    visit.open(many(51), grids=[summary()]).prefer(scheme)
    assert contrast(visit.style(selector, "color")[0], visit.style("body", "backgroundColor")[0]) >= 4.5


def contrast(first, second):
    """By WCAG 2, of two computed colours."""

    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted([luminance(first), luminance(second)])
    return (lighter + 0.05) / (darker + 0.05)


def test_a_phone_scrolls_the_tables_and_never_the_page(visit):
    long = "a-file-name-without-any-place-to-break-" * 4
    images = [scene(long, *[candidate(iqt=1.0)] * 8)]
    visit.open(comparison(*images, methods=[long] * 8), grids=[summary(long)], notes=[long], title=long, caption=long)
    visit.resize(375, 812)
    assert visit.fits("html") and not visit.fits("#images .scroll")
    heights = visit.heights("button, select, input")
    assert heights and min(heights) >= 40


def test_names_are_text_wherever_they_stand(visit):
    images = [scene(name, *[candidate(iqt=1.0)] * len(HOSTILE)) for name in HOSTILE]
    data = comparison(*images, methods=HOSTILE)
    visit.open(data, grids=[summary(name) for name in HOSTILE], notes=HOSTILE, title=HOSTILE[0], caption=HOSTILE[1])
    assert visit.texts("h1") == [HOSTILE[0]] and visit.texts(".lead") == [HOSTILE[1]]
    assert visit.texts(".grid tbody tr:first-child th bdi") == HOSTILE and visit.texts(".notes li") == HOSTILE
    visit.click("#images thead th:first-child button")
    assert sorted(visit.texts(NAMES)) == sorted(HOSTILE)
    assert visit.texts("#images thead th:not(:first-child, :last-child) bdi") == HOSTILE
    visit.click("#images .open")
    visit.wait(lambda: visit.all("dialog[open]"))
    assert visit.texts("dialog .pane .name") == ["reference", *HOSTILE]
    visit.press("w")
    assert visit.texts("dialog .field option")[: len(HOSTILE) + 1] == ["reference", *HOSTILE]
    visit.press("d", Keys.ARROW_RIGHT)
    assert visit.js("window.hacked") is None and len(visit.all("script")) == 3


def test_the_data_comes_back_as_it_went_in(visit):
    data = comparison(*(scene(name, candidate(iqt=1.0), None) for name in HOSTILE))
    visit.open(data)
    assert json.loads(visit.texts("#data")[0]) == data


def test_every_control_has_a_name(visit):
    visit.open(many(60))
    controls = visit.controls()
    assert {role for role, _ in controls} >= {"button", "combobox", "searchbox", "link"}
    assert all(name.strip() for _, name in controls)
