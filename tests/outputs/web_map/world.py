"""Small studies with their maps, the page as a parser sees it, and a reader with a browser."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import shapely

from kiezreach.analysis import analyse
from kiezreach.inputs import read_inputs
from kiezreach.outputs.web_map import write_web_map
from kiezreach.study import Study, read_study

from ...worlds import lonlat, write_small_study  # noqa: TID252 - tests are no package

TABLES = """
[candidates]
file = "candidates.csv"

[proposals]
k = 2

[norms]
file = "norms.toml"

[[scenarios]]
file = "scenario.toml"
"""
SCENARIO = """
name = "Ein Umzug"

[[steps]]
close = "c1"

[[steps]]
open = { candidate = "s" }
"""
NORMS = """
[[norms]]
id = "nine"
labels = { de = "Neun Zentren je Bezirk", en = "Nine centres in each district" }
kind = "count_per_area"
level = "district"
value = 9
unit = "centres"
status = "assumption"
source = "made up"
date = 2024-01-01
"""
HOUSES = {
    "s": ("school", "Schule Nordost", (1490, 1490)),
    "d": ("daycare", "Kita Nordost", (1510, 1600)),
    "l": ("library", "Bücherei", (990, 1010)),
}


@dataclasses.dataclass(frozen=True)
class World:
    """A study with what it read and found."""

    study: Study
    inputs: object
    analysis: object

    def write(self, path: Path) -> Path:
        write_web_map(self.study, self.inputs, self.analysis, path)
        return path

    def spoken(self, language: str) -> World:
        """Give the same world in a language."""
        return dataclasses.replace(self, study=self.study.model_copy(update={"language": language}))


def world(folder: Path, **changes: object) -> World:
    study = read_study(write_small_study(folder, **changes))
    inputs = read_inputs(study)
    return World(study, inputs, analyse(study, inputs))


def world_with_plans(folder: Path) -> World:
    """Make the small study with houses, proposed sites, a norm and a scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(
        {
            "candidate_id": list(HOUSES),
            "kind": [kind for kind, _, _ in HOUSES.values()],
            "name": [name for _, name, _ in HOUSES.values()],
            "lon": [lonlat(*place)[0] for _, _, place in HOUSES.values()],
            "lat": [lonlat(*place)[1] for _, _, place in HOUSES.values()],
        }
    )
    frame.to_csv(folder / "candidates.csv", index=False)
    (folder / "norms.toml").write_text(NORMS, encoding="utf-8")
    (folder / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    return world(folder, study=lambda text: text + TABLES)


def approximate(town: World, accuracy: str) -> World:
    """Give the same world with a network that is known to be inexact."""
    provenance = dataclasses.replace(
        town.inputs.network.provenance, quality="approximate", accuracy=accuracy
    )
    network = dataclasses.replace(town.inputs.network, provenance=provenance)
    return dataclasses.replace(town, inputs=dataclasses.replace(town.inputs, network=network))


def link_frame(town: World, **columns: object) -> object:
    """Make one missing link across the middle of the town, as the analysis would list it."""
    import geopandas as gpd

    west, south, east, north = town.inputs.areas.total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    row = {
        "link_id": "0201-link-1", "rank": 1, "barrier": "water railway", "name": "Südost / Nordost",
        "planning_area_id": "0201", "district_id": "02", "length_m": 80.0, "share_in_blocks": 0.25,
        "between_m": 700.0, "walk_now_m": 900.0, "walk_new_m": 300.0, "residents_gained": 123,
        "threshold_m": 500.0, "from_lon": 0.0, "from_lat": 0.0, "to_lon": 0.0, "to_lat": 0.0,
    } | columns  # fmt: skip
    line = shapely.LineString([(x, y - 40), (x, y + 40)])
    return gpd.GeoDataFrame([row], geometry=[line], crs=town.inputs.areas.crs)


class Page(HTMLParser):
    """The tags of a page and the text of its scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, _tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text.append(data)

    @property
    def data(self) -> dict:
        return json.loads(next(text for text in self.scripts if text.startswith("{")))

    @property
    def policy(self) -> str:
        (policy,) = [a["content"] for _, a in self.tags if a.get("http-equiv")]
        return policy


class Reader:
    """Somebody who opens a map in a browser without a network."""

    def __init__(self, browser, size: tuple[int, int] = (1280, 900), *, offline=True) -> None:
        width, height = size
        self.context = browser.new_context(
            offline=offline, viewport={"width": width, "height": height}
        )
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path, fragment: str = ""):
        self.page.goto("about:blank")  # a new fragment alone would not load the page again
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready]", timeout=10_000)
        return self.page

    def choose(self, text: str) -> None:
        """Search for something by keyboard and take the first that is found."""
        self.page.fill("#search-input", text)
        self.page.keyboard.press("Enter")

    def close(self) -> None:
        """Leave, having seen no fault and asked for nothing outside."""
        self.context.close()
        assert self.faults == []
        assert all(url.startswith(("file:", "data:", "about:")) for url in self.requests)
