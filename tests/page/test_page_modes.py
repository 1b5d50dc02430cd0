"""The viewer's modes in a real browser: one zoom for all panes, wipe, difference and maps, judged by their pixels."""

import numpy as np
import pytest
from pages import MAP, PAIR, WHITE_MAP, address, candidate, colour_at, comparison, scene
from PIL import Image
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

pytest_plugins = ["browser"]

RED, LIME = (255, 0, 0), (0, 255, 0)
MAPPED = comparison(scene("a", candidate("black", maps=WHITE_MAP, iqt=1.0), candidate("black", iqt=2.0)), maps=[MAP])


def difference(before, after):
    """How far a transform has moved."""
    places = [np.array([float(part) for part in each[7:-1].split(",")[4:]]) for each in (before, after)]
    return tuple(places[1] - places[0])


# Zoom


def test_all_panes_zoom_and_move_together(visit):
    visit.open(comparison(scene("a", *[candidate(size=(600, 400), iqt=1.0)] * 2, size=(600, 400))), hash="#1")
    visit.press("1")
    whole = visit.transforms()
    assert visit.zoomed() == "100 %" and set(visit.style(".picture", "imageRendering")) == {"auto"}
    for _ in range(4):
        visit.click("[aria-label='Zoom in']")
    assert visit.zoomed() == "400 %" and set(visit.style(".picture", "imageRendering")) == {"pixelated"}
    near = visit.transforms()
    assert len(set(near)) == 1 and near != whole and near[0].startswith("matrix(4, 0, 0, 4, ")
    visit.drag(".pane:nth-child(2) .stage", -50, 30)
    moved = visit.transforms()
    assert len(set(moved)) == 1 and difference(near[0], moved[0]) == pytest.approx((-50, 30), abs=1)


def test_an_image_cannot_be_moved_out_of_sight(visit):
    visit.open(PAIR, hash="#1")
    visit.press(*"+" * 20)
    assert visit.zoomed() == "3200 %"
    for _ in range(3):
        visit.drag(".stage", -150, -100)
    visit.press(Keys.SHIFT, *[Keys.ARROW_RIGHT, Keys.ARROW_DOWN] * 40)
    assert colour_at(visit.pixels(".stage"), 0.99, 0.99) == RED
    visit.press(Keys.NULL, *"-" * 40)
    assert visit.zoomed() == "100 %"  # smaller than the pane: never less than its own pixels, and in the middle
    pixels = visit.pixels(".stage")
    assert colour_at(pixels, 0.5, 0.5) == RED != colour_at(pixels, 0.02, 0.02)


def test_the_wheel_zooms_where_the_pointer_is(visit):
    slope = address(Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1))))
    image = scene("a", candidate(size=(256, 256), iqt=1.0) | {"src": slope}, size=(256, 256), reference=None)
    visit.open(comparison(image, methods=["x"]), hash="#1")
    visit.press(*"+" * 4)
    before = visit.pixels(".stage")
    visit.actions().scroll_from_origin(ScrollOrigin.from_element(visit.one(".stage"), 200, 0), 0, -300).perform()
    after = visit.pixels(".stage")
    row, at = before.shape[0] // 2, before.shape[1] // 2 + 200
    assert abs(after[row, at, 0] - before[row, at, 0]) <= 1
    assert after[row, at - 300, 0] - before[row, at - 300, 0] > 10


def test_a_double_click_changes_between_the_whole_and_one_to_one(visit):
    visit.open(comparison(scene("a", *[candidate(size=(900, 900), iqt=1.0)] * 2, size=(900, 900))), hash="#1")
    whole = visit.zoomed()
    visit.actions().double_click(visit.one(".stage")).perform()
    assert visit.zoomed() == "100 %" != whole
    visit.actions().double_click(visit.one(".stage")).perform()
    assert visit.zoomed() == whole


def test_two_fingers_zoom(visit):
    visit.open(PAIR, hash="#1")
    box = visit.one(".stage").rect
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind, *distances):
        points = [{"x": middle[0] + distance, "y": middle[1], "id": place} for place, distance in enumerate(distances)]
        visit.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = float(visit.zoomed().split()[0])
    touch("touchStart", -40, 40)
    touch("touchMove", -60, 60)
    touch("touchMove", -80, 80)
    touch("touchEnd")
    assert float(visit.zoomed().split()[0]) == pytest.approx(2 * before, rel=0.05)


def test_one_to_one_counts_the_pixels_of_the_screen(visit):
    visit.open(PAIR, hash="#1")
    visit.resize(1200, 900, ratio=2)
    visit.press("1")
    visit.wait(lambda: visit.transforms()[0].startswith("matrix(0.5, 0, 0, 0.5, "))
    assert visit.zoomed() == "100 %"


# Wipe and difference


def test_the_wipe_shows_one_picture_left_and_the_other_right_of_the_divider(visit):
    visit.open(PAIR, hash="#1")
    visit.press("w")
    assert visit.texts(".stage .tag") == ["reference", "jpeg"]
    seen = {}
    for place in (25, 75):
        visit.slide("Divider", place)
        seen[place] = visit.style(".layer", "clipPath")[1]
        pixels = visit.pixels(".stage")
        # The image is in the middle of the pane: its own extent is where red or green is.
        columns = np.flatnonzero((pixels[20] == RED).all(-1) | (pixels[20] == LIME).all(-1))
        row = pixels[20, columns.min() : columns.max() + 1]
        assert tuple(row[int(len(row) * (place - 2) / 100)]) == RED
        assert tuple(row[int(len(row) * (place + 2) / 100)]) == LIME
    assert seen[25] != seen[75]


def test_the_divider_can_be_dragged_and_moved_by_keys(visit):
    visit.open(PAIR, hash="#1")
    visit.press("w")
    start = visit.style(".layer", "clipPath")[1]
    visit.drag(".divider", 120)
    dragged = visit.style(".layer", "clipPath")[1]
    slider = visit.one_labelled("Divider", "input")
    value = int(slider.get_attribute("value"))
    assert start != dragged and value > 50
    slider.send_keys(Keys.ARROW_LEFT)
    assert int(slider.get_attribute("value")) == value - 1 and visit.style(".layer", "clipPath")[1] != dragged
    assert visit.shown() == "first"  # the arrow belonged to the slider


def test_other_pictures_can_be_chosen_for_the_wipe(visit):
    visit.open(PAIR, hash="#1")
    visit.click(".segments button:nth-child(2)")
    visit.choose("Left", "jpeg")
    visit.choose("Right", "blur")
    visit.slide("Divider", 90)
    assert colour_at(visit.pixels(".stage"), 0.5, 0.1) == LIME


def test_the_difference_of_equal_pictures_is_black(visit):
    visit.open(PAIR, hash="#1")
    visit.press("d")
    visit.choose("Second", "blur")
    assert colour_at(visit.pixels(".stage"), 0.5, 0.5) == (0, 0, 0)
    visit.choose("Second", "jpeg")
    assert colour_at(visit.pixels(".stage"), 0.5, 0.5) == (255, 255, 0)


def test_the_difference_is_amplified_as_often_as_asked(visit):
    visit.open(comparison(scene("a", candidate("#646464", iqt=1.0), candidate("#666464", iqt=1.0))), hash="#1")
    visit.press("d")
    visit.choose("First", "jpeg")
    visit.choose("Second", "blur")
    for gain in (1, 4, 8, 16):
        visit.choose("Amplify", f"× {gain}")
        assert colour_at(visit.pixels(".stage"), 0.5, 0.5) == pytest.approx((2 * gain, 0, 0), abs=1)


def test_pictures_beside_the_page_work_as_those_inside(visit):
    folder = visit.folder / "page files"
    folder.mkdir()
    for name, colour in (("a b.png", "red"), ("c.png", "lime")):
        Image.new("RGB", (60, 40), colour).save(folder / name)
    image = scene("a", candidate(iqt=1.0))
    for entry, name in ((image["reference"], "a%20b.png"), (image["candidates"][0], "c.png")):
        entry.update(src=f"page%20files/{name}", thumb=f"page%20files/{name}")
    visit.open(comparison(image, methods=["x"]), hash="#1")
    assert colour_at(visit.pixels(".pane:nth-child(2) .stage"), 0.5, 0.5) == LIME
    visit.press("d")
    assert colour_at(visit.pixels(".stage"), 0.5, 0.5) == (255, 255, 0)


# Maps


def test_a_map_lies_over_the_candidate_that_has_it_as_strongly_as_asked(visit):
    visit.open(MAPPED, hash="#1")
    assert not visit.all(".map")
    visit.choose("Map", "iqt attention")
    assert len(visit.all(".map")) == 1 and visit.one(".legend").text.split("\n") == ["0", "3.25", "attention, mean 1"]
    visit.slide("Opacity", 50)
    assert visit.style(".map", "opacity") == ["0.5"]
    grey = colour_at(visit.pixels(".pane:nth-child(2) .stage"), 0.5, 0.5)
    assert grey == pytest.approx((128, 128, 128), abs=2)
    visit.click("dialog h2")
    visit.press("w")
    assert visit.style(".map", "opacity") == ["0.5"]
    visit.press("d")
    assert not visit.all(".map") and not visit.one(".legend").is_displayed()
    visit.press("s", "m")
    assert not visit.all(".map")


def test_the_colours_tell_their_range_only_where_an_image_has_the_map(visit):
    without = scene("b", candidate(iqt=1.0), candidate(iqt=1.0))
    visit.open(comparison(*MAPPED["images"], without, maps=[MAP]), hash="#1")
    visit.press("m")
    assert visit.one(".legend").is_displayed()
    visit.press(Keys.ARROW_RIGHT)
    assert visit.shown() == "b" and not visit.one(".legend").is_displayed()
    visit.press(Keys.ARROW_LEFT)
    assert visit.one(".legend").is_displayed() and len(visit.all(".map")) == 1


def test_without_maps_there_is_nothing_to_choose_of_them(visit):
    visit.open(PAIR, hash="#1")
    assert "Map" not in [name for _, name in visit.controls()]
    visit.press("m")
    assert not visit.all(".map")
