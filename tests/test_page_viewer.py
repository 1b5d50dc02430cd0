"""The viewer of the page in a real browser: opening, closing, panes, and going from image to image."""

import pytest
from pages import IQT, MAP, PAIR, PSNR, WHITE_MAP, candidate, comparison, scene
from selenium.webdriver.common.keys import Keys

pytest_plugins = ["browser"]


# Opening and closing


def test_a_click_opens_the_image_and_the_way_back_closes_it(visit):
    visit.open(PAIR)
    visit.click("#images tbody tr:nth-child(2) .open")
    visit.wait(lambda: visit.shown() == "second")
    assert visit.js("location.hash") == "#2" and visit.one(".position").text == "2 of 3"
    visit.driver.back()
    visit.wait(lambda: visit.shown() is None)
    assert visit.js("location.hash") == ""
    assert visit.js("document.activeElement.textContent") == "second"


def test_a_click_on_a_thumbnail_opens_its_image(visit):
    visit.open(PAIR)
    visit.click("#images tbody tr:nth-child(3) td:nth-child(3) img")
    visit.wait(lambda: visit.shown() == "third")


@pytest.mark.parametrize(
    "close", [lambda visit: visit.press(Keys.ESCAPE), lambda visit: visit.click(".viewer-head > button")]
)
def test_an_image_opened_by_its_address_closes_to_the_table(visit, close):
    visit.open(PAIR, hash="#3")
    assert visit.shown() == "third"
    close(visit)
    visit.wait(lambda: visit.shown() is None)
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "first")
    close(visit)
    visit.wait(lambda: visit.shown() is None)


@pytest.mark.parametrize("hash", ["#0", "#4", "#99999999999999999999", "#-1", "#images", "#1x", "#<img>"])
def test_an_address_of_no_image_shows_the_table(visit, hash):
    visit.open(PAIR, hash=hash)
    assert visit.shown() is None and len(visit.all("#images tbody tr")) == 3


def test_the_rest_of_the_page_is_out_of_reach_while_an_image_is_open(visit):
    visit.open(PAIR, hash="#1")
    assert visit.js("document.activeElement.textContent") == "first"
    assert not [name for _, name in visit.controls() if name.startswith("Theme")]


# Side by side


def test_all_pictures_stand_side_by_side_with_every_score_and_the_best_in_words(visit):
    images = [scene("a", candidate(iqt=4.0, psnr="inf"), candidate(iqt=2.0, psnr=30.0), candidate(iqt=None, psnr=None))]
    visit.open(comparison(*images, methods=["x", "y", "z"], models=(IQT, PSNR)), hash="#1")
    assert visit.texts(".pane .name") == ["reference", "x", "y", "z"]
    assert visit.texts(".scores") == ["iqt4.000bestpsnr∞best", "iqt2.000psnr30.00", "iqt–psnr–"]
    names = visit.js("[...document.querySelectorAll('.stage img')].map((each) => each.alt)")
    assert names == ["a, reference", "a, x", "a, y", "a, z"]


def test_panes_have_one_size_and_whole_pixels(visit):
    visit.open(comparison(scene("a", *[candidate(iqt=1.0)] * 4), methods="wxyz"), hash="#1")
    boxes = visit.js("[...document.querySelectorAll('.stage')].map((each) => each.getBoundingClientRect().toJSON())")
    assert len({(box["width"], box["height"]) for box in boxes}) == 1
    assert all(box[side] == int(box[side]) for box in boxes for side in ("x", "width", "height"))


def test_a_pane_can_be_hidden_and_stays_hidden_from_image_to_image(visit):
    visit.open(PAIR, hash="#1")
    visit.click(".checks label:nth-child(2)")
    assert visit.texts(".pane .name") == ["reference", "blur"]
    visit.press(Keys.ARROW_RIGHT)
    assert visit.shown() == "second" and visit.texts(".pane .name") == ["reference", "blur"]


def test_a_missing_picture_is_an_empty_pane_and_cannot_be_chosen(visit):
    visit.open(comparison(scene("a", None, candidate("lime", iqt=1.0))), hash="#1")
    assert visit.texts(".stage.empty") == ["–"] and len(visit.all(".stage")) == 3
    visit.press("w")
    assert visit.texts(".stage .tag") == ["reference", "blur"]
    assert visit.js("[...document.querySelectorAll('.field option:disabled')].map((each) => each.text)") == ["jpeg"] * 2


def test_one_picture_alone_cannot_be_compared(visit):
    visit.open(comparison(scene("a", candidate(iqt=1.0), reference=None), methods=["x"]), hash="#1")
    visit.press("w")
    assert [each.is_enabled() for each in visit.all(".segments button")] == [True, False, False]
    assert len(visit.all(".pane")) == 1


def test_a_picture_of_another_size_is_shown_as_wide_as_the_image(visit):
    visit.open(comparison(scene("a", candidate(size=(30, 20), iqt=1.0), candidate(size=(60, 20), iqt=1.0))), hash="#1")
    sizes = visit.js("[...document.querySelectorAll('.picture')].map((each) => [each.offsetWidth, each.offsetHeight])")
    assert sizes == [[60, 40], [60, 40], [60, 20]]
    assert visit.texts("figcaption small") == ["30 × 20, shown 60 wide"]


# From image to image


def test_arrows_go_through_the_images_in_the_order_of_the_table(visit):
    visit.open(PAIR)
    visit.click("#images thead th:first-child button")
    visit.click("#images thead th:first-child button")
    assert visit.texts("#images tbody th bdi") == ["third", "second", "first"]
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "third")
    visit.press(Keys.ARROW_LEFT, Keys.ARROW_RIGHT)
    assert visit.shown() == "second" and visit.js("location.hash") == "#2"
    visit.click("[aria-label='Next image']")
    assert visit.shown() == "first" and visit.one(".position").text == "3 of 3"
    visit.driver.back()
    visit.wait(lambda: visit.shown() is None)
    assert visit.js("document.activeElement.textContent") == "first"  # where one has stopped looking


def test_arrows_follow_the_search(visit):
    visit.open(PAIR)
    visit.one("input[type=search]").send_keys("ir")  # first, third
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "first")
    visit.press(Keys.ARROW_RIGHT)
    assert visit.shown() == "third" and visit.one(".position").text == "2 of 2"


def test_only_the_pictures_on_show_and_the_neighbours_are_there_in_full(visit):
    visit.open(PAIR)
    assert not visit.all(".picture")
    visit.driver.get(visit.js("location.href") + "#1")
    visit.wait(lambda: visit.shown() == "first")
    assert len(visit.all(".picture")) == 3
    visit.press(Keys.ESCAPE)
    visit.wait(lambda: not visit.all(".picture"))


# The page as a whole


def test_one_scene_has_its_viewer_on_the_page(visit):
    image = scene("scene", candidate("lime", iqt=1.0), candidate("blue", iqt=2.0))
    visit.open(comparison(image, methods=["a.png", "b.png"], single=True))
    assert visit.texts(".single h2") == ["scene"] and not visit.all("#images") and not visit.all("dialog")
    assert visit.texts(".pane .name") == ["reference", "a.png", "b.png"]
    visit.press("w")
    assert visit.texts(".tag") == ["reference", "a.png"]
    visit.press(Keys.ARROW_RIGHT, Keys.ESCAPE, "s")
    assert len(visit.all(".pane")) == 3
    assert "Close" not in [name for _, name in visit.controls()]


@pytest.mark.parametrize("mode", "swd")
def test_every_control_has_a_name_and_a_phone_has_room_for_all(visit, mode):
    long = "a-name-without-any-place-to-break-" * 4
    image = scene(long, *[candidate(maps=WHITE_MAP, iqt=1.0)] * 3)
    visit.open(comparison(image, methods=[long] * 3, maps=[MAP]), hash="#1")
    visit.press("m", mode)
    assert all(name.strip() for _, name in visit.controls())
    visit.resize(375, 812)
    visit.wait(lambda: visit.js("document.querySelector('.stage').offsetWidth") < 375)
    assert visit.fits("html") and visit.fits("dialog")
    heights = visit.heights("dialog :is(button, select, input[type=range], .check)")
    assert heights and min(heights) >= 40
