"""A city before its files are written, so that any of them can be changed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st
from pyproj import Transformer

Draw = Callable[[st.SearchStrategy], Any]
XY = tuple[float, float]


@dataclass
class City:
    """A study and its files, before they are written."""

    crs: str
    corner: XY
    study: dict[str, Any] = field(default_factory=dict)
    levels: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    damage: dict[str, Callable[[bytes], bytes | None]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """What was made odd or wrong."""

    def frame(self, shapes: list[shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:
        """Put shapes of the paper into the city's CRS."""
        moved = [
            None if s is None else shapely.transform(s, lambda xy: xy + self.corner) for s in shapes
        ]
        return gpd.GeoDataFrame(columns, geometry=moved, crs=self.crs)

    def lonlat(self, places: list[XY]) -> list[XY]:
        change = Transformer.from_crs(self.crs, 4326, always_xy=True)
        x, y = np.array(places).T + np.array(self.corner)[:, None]
        return list(zip(*(np.round(v, 7).tolist() for v in change.transform(x, y)), strict=True))

    def write(self, folder: Path) -> Path:
        """Write all files, and the study that names them."""
        folder.mkdir(parents=True)
        with warnings.catch_warnings(action="ignore"):  # strange columns, layers without CRS
            for name, frame in self.levels.items():
                frame.to_file(folder / "areas.gpkg", layer=name)
            for name, frame in self.layers.items():
                path = folder / f"{name}.{self.formats.get(name, 'parquet')}"
                frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
                self._name(name, path.name)
        for name, table in self.tables.items():
            table.to_csv(folder / f"{name}.csv", index=False)
        for name, text in self.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / "study.toml"
        path.write_text(as_toml(self.study), encoding="utf-8")
        for name, harm in self.damage.items():
            for file in folder.glob(f"{name}*"):
                spoilt = harm(file.read_bytes())
                file.unlink() if spoilt is None else file.write_bytes(spoilt)
        return path

    def _name(self, layer: str, file: str) -> None:
        """Write the name of a layer's file where the study has it."""
        key = "network" if layer == "streets" else layer
        if layer in ("water", "green", "railway"):
            self.study.setdefault("background", {}).setdefault(layer, {})["file"] = file
        elif key in self.study and "totals" not in self.study[key]:
            self.study[key]["file"] = file

    def __repr__(self) -> str:
        """Show what tells one city from another."""
        return f"City({self.crs}, {self.told}, {self.arguments}, {as_toml(self.study)})"


def as_toml(study: dict[str, Any]) -> str:
    """Return a study as the text of a TOML file, each of its tables on one line."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in study.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def rarely(draw: Draw, share: float) -> bool:
    """Draw whether something rare is so; it is not in the simplest city."""
    return draw(st.integers(0, 99)) >= 100 * (1 - share)
