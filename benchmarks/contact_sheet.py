"""How fast a contact sheet of `iqa rank --html` opens and scrolls in Chromium: python benchmarks/contact_sheet.py

It makes a sheet of photographs of its own, each with a thumbnail that no other has and one fifth of them in groups,
and opens it as a file. Printed are the seconds until the thumbnails of the first screen are drawn, the milliseconds of
a frame while the sheet is scrolled at the pace of a wheel and while it is flung through as a whole, and those from a
step of the score slider to the new sheet. Needs Chromium with its driver and `iqa-cli[test]`.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from iqa_cli.page.contact_sheet import write_contact_sheet
from iqa_cli.page.thumbnails import Thumbnails
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.records import ModelInfo, ScoreRange

OPENED = """
const done = arguments[arguments.length - 1];
const look = () => {
  const inView = (each) => each.getBoundingClientRect().top < innerHeight;
  const shots = [...document.querySelectorAll(".shot img")].filter(inView);
  if (shots.length && shots.every((each) => each.complete && each.naturalWidth)) {
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() / 1000)));
  } else requestAnimationFrame(look);
};
look();
"""
SCROLLED = """
const [seconds, pace, done] = arguments;
const far = Math.min(document.documentElement.scrollHeight - innerHeight, pace * seconds);
const frames = [], start = performance.now();
let before = start, blank = 0;
const turn = (now) => {
  frames.push(now - before);
  before = now;
  const shots = [...document.querySelectorAll(".card")].map((each) => each.getBoundingClientRect());
  blank += !shots.some((each) => each.top < innerHeight * 0.9 && each.bottom > innerHeight * 0.5);
  if (now - start > seconds * 1000) return done({ frames: frames.slice(2), blank });
  scrollTo(0, (far * (now - start)) / (seconds * 1000));
  requestAnimationFrame(turn);
};
requestAnimationFrame(turn);
"""
FILTERED = """
const done = arguments[arguments.length - 1];
const input = document.querySelector(".range input"), start = performance.now();
input.value = String((Number(input.min) + Number(input.max)) / 2);
input.dispatchEvent(new Event("input"));
requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
"""

PACES = {"scrolled by 4000 px a second": 4000, "flung to the end": 10**9}


def make_sheet(page: Path, count: int) -> float:
    """Write a sheet of that many photographs; seconds that its writing took, thumbnails not counted."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:1:150j, 0:1:224j]
    photographs = []
    with Thumbnails(page) as thumbnails:
        for number in range(count):
            a, b, c = random.uniform(2, 40, 3)
            picture = np.stack([np.sin(a * x + b * y * x), np.cos(b * y), np.sin(c * (x - y) ** 2)], axis=-1) / 2 + 0.5
            picture += random.normal(0, 0.05, picture.shape)  # the grain of photographs, which costs them their bytes
            path, score = f"{page.parent}/photographs/IMG_{number:05}.jpg", 4.8 - 3.6 * number / count
            thumbnails.add(path, np.clip(picture, 0, 1).astype(np.float32))
            photographs.append(
                Photograph(
                    path,
                    number + 1,
                    {"triq-lite": score},
                    {"triq-lite": "fair"},
                    {"triq-lite": 50.0},
                    number // 25 + 1 if number % 25 < 5 else None,
                    number % 25 in (0, *range(5, 25)),
                    width=4000,
                    height=3000,
                )
            )
        start = time.perf_counter()
        ranking = Ranking(tuple(photographs), (ModelInfo("triq-lite", ScoreRange(1, 5)),), "similar", "Made up.")
        write_contact_sheet(ranking, thumbnails, page)
        return time.perf_counter() - start


def main() -> None:
    """Make it, open it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each scrolling")
    chosen = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from browser import open_browser

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "sheet.html"
        wrote = make_sheet(page, chosen.photographs)
        print(
            f"{chosen.photographs} photographs, a page of {page.stat().st_size / 1e6:.1f} MB, written in {wrote:.2f} s"
        )
        driver = open_browser(Path(folder) / "profile")
        driver.set_script_timeout(120)
        try:
            for width, height in ((1280, 800), (390, 844)):
                size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                driver.get("about:blank")
                driver.get(page.as_uri())
                opened = driver.execute_async_script(OPENED)
                told = [f"{width} x {height} px: first screen after {opened:.2f} s"]
                for way, pace in PACES.items():
                    scrolled = driver.execute_async_script(SCROLLED, chosen.seconds, pace)
                    p50, p95, most = np.percentile(scrolled["frames"], (50, 95, 100))
                    told.append(
                        f"{way}, a frame takes {p50:.0f} ms (95 %: {p95:.0f}, most: {most:.0f}), "
                        f"{scrolled['blank']} of {len(scrolled['frames'])} without cards"
                    )
                told.append(f"the slider answers in {driver.execute_async_script(FILTERED):.0f} ms")
                print("; ".join(told))
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
