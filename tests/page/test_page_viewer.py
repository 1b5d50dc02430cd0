"""The viewer of the page in a real browser: its panes, its captions, and the viewer of one scene alone."""

import pytest
from pages import IQT, MAP, PAIR, PSNR, WHITE_MAP, candidate, comparison, scene
from selenium.webdriver.common.keys import Keys

pytest_plugins = ["browser"]


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


@pytest.mark.parametrize("single", [True, False])
def test_panes_are_as_high_as_their_pictures_need_where_there_is_room(visit, single):
    sizes = {}
    for shape in ((512, 512), (600, 300), (200, 800)):
        image = scene("a", *[candidate(size=shape, iqt=1.0)] * 2, size=shape)
        visit.open(comparison(image, single=single), hash="" if single else "#1")
        stage = visit.one(".stage")
        sizes[shape] = stage.size["height"] / stage.size["width"]
        assert visit.js("arguments[0].clientHeight < innerHeight * 0.8", stage)
    assert sizes == pytest.approx({(512, 512): 1, (600, 300): 0.5, (200, 800): sizes[200, 800]}, abs=0.01)
    assert 1 < sizes[200, 800] < 4


def test_panes_stand_in_one_row_where_more_would_not_show_the_pictures_larger(visit):
    columns = {}
    for shape in ((340, 230), (1100, 200)):
        visit.open(comparison(scene("a", *[candidate(size=shape, iqt=1.0)] * 2, size=shape)), hash="#1")
        columns[shape] = len({box.location["x"] for box in visit.all(".stage")})
    assert columns == {(340, 230): 3, (1100, 200): 1}


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
