"""The page's table of images in a real browser: its order, its scores, its search and its rows."""

import pytest
from pages import IQT, LPIPS, PSNR, THREE, candidate, comparison, many, scene

pytest_plugins = ["browser"]

NAMES = "#images tbody th bdi"


def scores(visit):
    """What the table says, row by row."""
    cells = "[...row.cells].slice(1).map((cell) => cell.textContent)"
    return visit.js(f"[...document.querySelectorAll('#images tbody tr')].map((row) => {cells})")


def test_images_start_with_those_on_which_the_methods_differ_most(visit):
    visit.open(THREE)
    assert visit.texts(NAMES) == ["image10", "image2", "image1"]
    assert visit.one("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert [row[-1] for row in scores(visit)] == ["2.500", "0.500", "–"]


@pytest.mark.parametrize(
    "column, expected",
    [
        (1, (["image1", "image2", "image10"], "ascending")),  # numbers in names count as numbers
        (2, (["image2", "image10", "image1"], "descending")),
        (3, (["image10", "image2", "image1"], "descending")),  # no score comes last in both directions
    ],
)
def test_a_click_on_a_heading_sorts_and_another_turns_the_order(visit, column, expected):
    names, direction = expected
    visit.open(THREE)
    heading = f"#images thead th:nth-child({column})"
    visit.click(f"{heading} button")
    assert (visit.texts(NAMES), visit.one(heading).get_attribute("aria-sort")) == (names, direction)
    visit.click(f"{heading} button")
    turned = names[::-1] if column < 3 else ["image2", "image10", "image1"]
    assert visit.texts(NAMES) == turned
    assert len(visit.all("th[aria-sort]")) == 1


def test_infinity_is_sorted_above_every_number(visit):
    visit.open(THREE)
    visit.choose("Scores of", "psnr")
    visit.click("#images thead th:nth-child(2) button")
    assert [row[0] for row in scores(visit)] == ["∞", "25.00", "20.50"]


def test_another_model_brings_its_scores_its_best_and_its_spread(visit):
    visit.open(THREE)
    assert scores(visit)[0] == ["2.000", "4.500", "2.500"]
    assert visit.texts("#images tbody strong") == ["4.500", "3.000"]  # without a rival nothing is best
    visit.choose("Scores of", "psnr")
    assert scores(visit) == [["∞", "31.00", "∞"], ["20.50", "30.25", "9.75"], ["25.00", "24.00", "1.00"]]
    assert visit.texts("#images tbody strong") == ["∞", "30.25", "25.00"]


def test_of_a_model_where_lower_is_better_the_lowest_is_best(visit):
    visit.open(comparison(scene("a", candidate(lpips=0.2), candidate(lpips=0.1)), models=(LPIPS,)))
    assert visit.texts("#images tbody strong") == ["0.1000"]


def test_the_spread_is_infinite_where_only_some_scores_are_and_nothing_where_all_are_equal(visit):
    rows = {
        "finite": (30.0, 20.0, 25.0),
        "equal": (30.0, 30.0, 30.0),
        "endless": ("inf", "inf", "inf"),
        "some": (30.0, "inf", None),
        "alone": (30.0, None, None),
    }
    images = [scene(name, *(candidate(psnr=score) for score in scores)) for name, scores in rows.items()]
    visit.open(comparison(*images, methods="xyz", models=(PSNR,)))
    assert dict(zip(visit.texts(NAMES), [row[-1] for row in scores(visit)], strict=True)) == {
        "some": "∞", "finite": "10.00", "equal": "0.00", "endless": "0.00", "alone": "–"
    }  # fmt: skip
    assert visit.texts(NAMES) == ["some", "finite", "equal", "endless", "alone"]
    visit.click("#images thead th:last-child button")
    assert visit.texts(NAMES) == ["equal", "endless", "finite", "some", "alone"]


def test_search_leaves_the_images_whose_names_hold_the_words(visit):
    visit.open(THREE)
    visit.one("input[type=search]").send_keys("IMAGE1")
    assert visit.texts(NAMES) == ["image10", "image1"]
    assert visit.one(".count").text == "2 of 3 images"
    visit.one("input[type=search]").send_keys("x")
    assert visit.texts(NAMES) == [] and visit.one(".count").text == "None of 3 images"


def test_fifty_rows_stand_on_a_page(visit):
    visit.open(many(120))
    pages = []
    for _ in range(3):
        pages.append(visit.texts(NAMES))
        assert visit.one(".pager span").text == f"{50 * len(pages) - 49}–{min(50 * len(pages), 120)} of 120"
        if len(pages) < 3:
            visit.click("[aria-label='Next rows']")
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [name for page in pages for name in page] == [f"n{number:03}" for number in range(119, -1, -1)]
    assert not visit.one("[aria-label='Next rows']").is_enabled()
    visit.one("input[type=search]").send_keys("n00")
    assert len(visit.texts(NAMES)) == 10 and not visit.one(".pager").is_displayed()


def test_thumbnails_wait_until_they_are_near(visit):
    visit.open(many(50))
    assert set(visit.js("[...document.querySelectorAll('.thumb')].map((each) => each.loading)")) == {"lazy"}


def test_one_method_is_sorted_from_its_worst_and_has_no_spread(visit):
    images = [scene(name, candidate(iqt=score)) for name, score in (("a", 3.0), ("b", 1.0), ("c", 2.0))]
    visit.open(comparison(*images, methods=["jpeg"]))
    assert visit.texts(NAMES) == ["b", "c", "a"] and visit.texts("#images thead th") == ["image", "jpeg"]


def test_the_worst_stay_first_by_a_model_where_lower_is_better_and_so_do_the_best(visit):
    scored = (("a", 3.0, 0.3), ("b", 1.0, 0.1), ("c", 2.0, 0.2))
    images = [scene(name, candidate(iqt=high, lpips=low)) for name, high, low in scored]
    visit.open(comparison(*images, methods=["jpeg"], models=(IQT, LPIPS)))
    visit.choose("Scores of", "lpips")
    assert visit.texts(NAMES) == ["a", "c", "b"]
    visit.click("#images thead th:last-child button")
    assert visit.texts(NAMES) == ["b", "c", "a"]
    visit.choose("Scores of", "iqt")
    assert visit.texts(NAMES) == ["a", "c", "b"]
    visit.click("#images thead th:first-child button")
    visit.choose("Scores of", "lpips")
    assert visit.texts(NAMES) == ["a", "b", "c"]


def test_a_missing_picture_is_a_dash(visit):
    visit.open(comparison(scene("a", None, candidate(iqt=2.0), reference=None)))
    assert scores(visit) == [["–", "2.000", "–"]]
