"""How long an interactive map takes to open, and how long each switch keeps the browser busy.

Needs a build's map and Chromium: ``python benchmarks/web_map.py outputs/berlin/map.html``.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROUNDS = 5
SETTLE_MS = 600  # after each switch, for what is drawn in the next frames
OBSERVE = """
window.busy = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.busy.push(Math.round(entry.duration));
}).observe({ type: "longtask", buffered: true });
"""


def longest(page: Page, do: Callable[[], object]) -> int:
    """Longest task in milliseconds while something is done; below 50 counts as 0."""
    page.evaluate("window.busy = []")
    do()
    page.wait_for_timeout(SETTLE_MS)
    return max(page.evaluate("window.busy"), default=0)


def switches(page: Page) -> dict[str, int]:
    """Use every switch of the map."""
    found: dict[str, int] = {}

    def note(name: str, do: Callable[[], object]) -> None:
        found[name] = max(found.get(name, 0), longest(page, do))

    for label in page.locator("#thresholds label").all():
        note("walk", label.click)
    for name in page.evaluate("[...document.querySelectorAll('#layers input')].map((e) => e.id)"):
        for _ in range(2):
            note(name.replace("-", " "), page.locator(f"#{name}").click)
    for k in range(page.locator("#level option").count()):
        note("level of areas", lambda k=k: page.select_option("#level", index=k))
    for code in ("en", "de"):
        note("language", page.locator(f"#language-{code}").click)
    note("gap chosen", page.locator("#top-gaps li:first-child button").click)
    note("tables opened", page.locator("#show-tables").click)
    for k in range(page.locator("#table-choice option").count()):
        note("table chosen", lambda k=k: page.select_option("#table-choice", index=k))
    page.click("#close-tables")
    box = page.locator(".folium-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for step in [-240] * 6 + [240] * 6:
        note("zoom", lambda step=step: page.mouse.wheel(0, step))
    return found


def main() -> None:
    path = Path(sys.argv[1]).resolve()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        ready = []
        for _ in range(ROUNDS):
            context = chromium.new_context(offline=True, viewport={"width": 1440, "height": 900})
            page = context.new_page()
            page.add_init_script(OBSERVE)
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-ready]")
            ready.append(page.evaluate("performance.now()"))
        print(f"{path.stat().st_size / 1e6:.2f} MB")
        print(f"interactive after {statistics.median(ready):.0f} ms (largest {max(ready):.0f})")
        print("longest task in ms, 0 below 50:")
        for name, duration in sorted(switches(page).items(), key=lambda item: -item[1]):
            print(f"  {duration:4d}  {name}")
        chromium.close()


if __name__ == "__main__":
    main()
