"""Real Chromium without a window, and what a person does in it. A plugin: `pytest_plugins = ["browser"]`.

Without Chromium and its driver the tests that need them skip; where IQA_BROWSER is "required" they fail instead.
"""

import io
import os
import shutil

import numpy as np
import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import Select, WebDriverWait

from iqa_cli.page.render import Page, render

SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=HeapProfilerReporting",  # which some runs have by lot: they take many times as long
)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVER = ("chromedriver", "chromium.chromedriver")


def installed(names):
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One Chromium for all tests, driven by selenium."""
    programs = installed(CHROMIUM), installed(DRIVER)
    if not all(programs):
        complaint = "no Chromium with its driver"
        pytest.fail(complaint) if os.environ.get("IQA_BROWSER") == "required" else pytest.skip(complaint)
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


def open_browser(profile):
    """A Chromium of our own, without a window, that keeps what it must in an empty folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = installed(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(installed(DRIVER)))


class Visit:
    """A page that is open, and what a person can do on it. Selectors are CSS."""

    def __init__(self, driver, folder):
        self.driver, self.folder = driver, folder

    def open(self, data, hash="", grids=(), notes=(), title="Comparison", caption="How they compare", answer=()):
        """Write the page and open it as a file, in a window of 1200 × 900 pixels and a light theme."""
        page = Page(title, caption, tuple(grids), tuple(notes), data, "0.0", tuple(answer))
        path = self.folder / "page.html"
        path.write_text(render(page), encoding="utf-8")
        return self.read(path, hash)

    def read(self, path, hash=""):
        """Open a page that is already there as `open` does."""
        self.resize(1200, 900)
        self.prefer("light")
        self.driver.get("about:blank")
        self.driver.get(path.as_uri() + hash)
        return self

    def resize(self, width, height, ratio=1):
        metrics = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def js(self, script, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector):
        """textContent of every match, in the document's order, seen or not."""
        return self.js("[...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector)

    def style(self, selector, name):
        """The computed style of every match."""
        script = "[...document.querySelectorAll(arguments[0])].map((each) => getComputedStyle(each)[arguments[1]])"
        return self.js(script, selector, name)

    def click(self, selector):
        self.one(selector).click()

    def press(self, *keys):
        self.actions().send_keys(*keys).perform()

    def actions(self):
        return ActionChains(self.driver, duration=20)

    def drag(self, selector, x, y=0):
        """Press in the middle, move, release."""
        self.actions().click_and_hold(self.one(selector)).move_by_offset(x, y).release().perform()

    def choose(self, label, text):
        """Pick an option of the select with that label."""
        Select(self.one_labelled(label, "select")).select_by_visible_text(text)

    def slide(self, label, value):
        """Move the slider with that label, as dragging it does."""
        script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
        self.driver.execute_script(script, self.one_labelled(label, "input"), value)

    def one_labelled(self, label, kind):
        return self.driver.find_element("xpath", f"//label[span[text()='{label}']]//{kind}")

    def wait(self, condition):
        """Until it is true; a test that waits in vain fails."""
        WebDriverWait(self.driver, 5, poll_frequency=0.02).until(lambda _: condition())

    def loaded(self, selector="dialog[open] .stage img, .single .stage img"):
        """Until the pictures are there."""
        script = "[...document.querySelectorAll(arguments[0])].every((each) => each.complete && each.naturalWidth)"
        self.wait(lambda: self.js(script, selector))

    def pixels(self, selector):
        """What is seen of an element: H x W x 3 integers."""
        self.loaded()
        element = self.one(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)  # else it is cut off
        picture = Image.open(io.BytesIO(element.screenshot_as_png)).convert("RGB")
        return np.asarray(picture).astype(int)

    def shown(self):
        """The name of the image that the viewer has on show over the page, or None."""
        return self.js("document.querySelector('dialog[open] h2')?.textContent ?? null")

    def transforms(self):
        return self.style(".stage .canvas", "transform")

    def zoomed(self):
        return self.one("output.zoom").text

    def fits(self, selector):
        """Whether it need not be scrolled sideways."""
        return self.js("(({scrollWidth, clientWidth}) => scrollWidth <= clientWidth)(arguments[0])", self.one(selector))

    def heights(self, selector):
        """The heights of all matches that are shown."""
        return self.js(
            "[...document.querySelectorAll(arguments[0])].map((e) => e.offsetHeight).filter(Boolean)", selector
        )

    def controls(self):
        """Role and accessible name of everything that can be operated now."""
        roles = {"button", "combobox", "slider", "searchbox", "checkbox", "link"}
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [
            (node["role"]["value"], node["name"]["value"])
            for node in nodes
            if not node["ignored"] and node["role"]["value"] in roles
        ]

    def messages(self):
        """What the console says: errors, warnings and violations of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def visit(browser, tmp_path):
    """Opens pages; whatever a test does, nothing may be complained of in the console."""
    browser.get_log("browser")
    visit = Visit(browser, tmp_path)
    yield visit
    complaints = visit.messages()
    browser.get("about:blank")  # a page that plays would take a core from the tests that follow
    assert complaints == []
