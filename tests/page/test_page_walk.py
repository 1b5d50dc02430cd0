"""Opening and closing images of the page in a real browser, and going from one to the next."""

import pytest
from pages import PAIR, candidate, comparison, scene
from selenium.webdriver.common.keys import Keys

pytest_plugins = ["browser"]

CLOSE = ".viewer-head > button"
# Every picture that the page's script makes from now on, in the document or not.
COLLECT = """
window.made = [];
document.createElement = (name) => {
  const element = Document.prototype.createElement.call(document, name);
  if (name === "img") made.push(element);
  return element;
};
"""
LOADED = "made.filter((each) => each.complete && each.naturalWidth).map((each) => each.src)"


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


@pytest.mark.parametrize("close", [lambda visit: visit.press(Keys.ESCAPE), lambda visit: visit.click(CLOSE)])
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


def test_closing_twice_at_once_closes_once(visit):
    visit.open(PAIR)
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "first")
    visit.driver.execute_script("const [close] = arguments; close.click(); close.click()", visit.one(CLOSE))
    visit.wait(lambda: visit.js("location.hash") == "")
    assert visit.shown() is None and visit.all("#images")
    assert visit.js("document.activeElement.textContent") == "first"


def test_closing_leads_to_the_table_though_another_address_was_typed_meanwhile(visit):
    visit.open(PAIR)
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "first")
    visit.driver.execute_script("location.hash = '#2'")
    visit.wait(lambda: visit.shown() == "second")
    visit.press(Keys.ESCAPE)
    visit.wait(lambda: visit.js("location.hash") == "")
    assert visit.shown() is None
    visit.click("#images .open")
    visit.wait(lambda: visit.shown() == "first")
    visit.press(Keys.ESCAPE)
    visit.wait(lambda: visit.js("location.hash") == "")
    assert visit.shown() is None


def test_the_rest_of_the_page_is_out_of_reach_while_an_image_is_open(visit):
    visit.open(PAIR, hash="#1")
    assert visit.js("document.activeElement.textContent") == "first"
    assert not [name for _, name in visit.controls() if name.startswith("Theme")]


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
    images = [
        scene(
            f"n{place}", candidate(f"#{place}00", iqt=1.0), candidate(f"#0{place}0", iqt=1.0), reference=f"#00{place}"
        )
        for place in range(6)
    ]
    visit.open(comparison(*images))
    assert not visit.all(".picture")
    visit.driver.execute_script(COLLECT)
    visit.driver.execute_script("location.hash = '#3'")
    visit.wait(lambda: places_of(visit.js(LOADED), images) == {1, 2, 3})
    visit.press(Keys.ARROW_RIGHT)
    visit.wait(lambda: places_of(visit.js(LOADED), images) == {1, 2, 3, 4})
    assert visit.shown() == "n3" and len(visit.all(".picture")) == 3
    visit.press(Keys.ESCAPE)
    visit.wait(lambda: not visit.all(".picture"))
    assert places_of(visit.js("made.map((each) => each.src)"), images) == {1, 2, 3, 4}


def places_of(sources, images):
    """The places of the images of which all pictures are among `sources`, where those hold no other picture."""
    pictures = [[entry["src"] for entry in (image["reference"], *image["candidates"])] for image in images]
    places = {place for place, each in enumerate(pictures) if set(each) <= set(sources)}
    return places if set(sources) == {source for place in places for source in pictures[place]} else None
