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


class Watched:
    """A page whose work is measured."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        # Thread ticks count the processor time of the page's thread, whatever else runs.
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def processor_ms(self) -> float:
        """Return the processor time of the page's thread so far."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    def cost(self, do: Callable[[], object]) -> tuple[float, int]:
        """Processor time and longest task in milliseconds; tasks below 50 count as 0."""
        self.page.evaluate("window.busy = []")
        before = self.processor_ms()
        do()
        self.page.wait_for_timeout(SETTLE_MS)
        return self.processor_ms() - before, max(self.page.evaluate("window.busy"), default=0)


def switches(watched: Watched) -> dict[str, list[tuple[float, int]]]:
    """Use every switch of the map and note what each use costs."""
    page = watched.page
    found: dict[str, list[tuple[float, int]]] = {}

    def note(name: str, do: Callable[[], object]) -> None:
        found.setdefault(name, []).append(watched.cost(do))

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
        ready, busy = [], []
        for _ in range(ROUNDS):
            context = chromium.new_context(offline=True, viewport={"width": 1440, "height": 900})
            watched = Watched(context.new_page())
            watched.page.add_init_script(OBSERVE)
            watched.page.goto(path.as_uri())
            watched.page.wait_for_selector("html[data-ready]")
            ready.append(watched.page.evaluate("performance.now()"))
            busy.append(watched.processor_ms())
        print(f"{path.stat().st_size / 1e6:.2f} MB")
        print(f"interactive after {statistics.median(ready):.0f} ms (largest {max(ready):.0f}),")
        print(f"of that {statistics.median(busy):.0f} ms of processor time of the page's thread")
        print("largest processor time, and longest task in ms (0 below 50), of a use of")
        costs = switches(watched)
        for name, uses in sorted(costs.items(), key=lambda item: -max(item[1])[0]):
            print(f"  {max(c for c, _ in uses):5.0f} {max(t for _, t in uses):5d}  {name}")
        chromium.close()


if __name__ == "__main__":
    main()
