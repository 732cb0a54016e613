"""Styles that QGIS takes from a GeoPackage, one per layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kiezreach.outputs.style import (
    AREA_BORDER,
    INK_SOFT,
    LAND,
    LOST,
    MISSING_LINK,
    NEAREST,
    NO_PRIORITY,
    PAPER,
    PROPOSED,
    UNSERVED,
    band_colours,
    class_colours,
    kind_styles,
    share_colours,
)
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.study import Study

_CLASSES = 5
# Names of the shapes that both matplotlib and QGIS know; the rest become circles.
_SHAPES = {
    "o": "circle", "^": "triangle", "s": "square", "D": "diamond", "P": "cross_fill",
    "v": "arrowhead_filled", "*": "star", "h": "hexagon", "p": "pentagon",
}  # fmt: skip


def layer_style(study: Study, name: str, frame: gpd.GeoDataFrame) -> str:
    """Return the style of a layer as QML.

    Parameters
    ----------
    study
        The study.
    name
        Name of the layer.
    frame
        Its features; classes are made of their values.

    Returns
    -------
    str
        A QML document, for the column ``styleQML`` of the table ``layer_styles``.
    """
    threshold = study.analysis.gap_threshold_m
    if name in ("catchments", "centre_catchments"):
        colours = band_colours(study.analysis.thresholds_m, threshold)
        categories = [
            (f"{t:g}", f"{t:g} m", _fill(colour, alpha=0.6)) for t, colour in colours.items()
        ]
        renderer = _categories("threshold_m", categories)
    elif name == "centres":
        styles = kind_styles(frame["kind"])
        categories = [
            (kind, kind or "-", _marker(style.colour, 3.2, _SHAPES.get(style.marker, "circle")))
            for kind, style in styles.items()
        ]
        renderer = _categories("kind", categories)
    elif name in ("gaps", "gaps_by_threshold"):
        breaks = _breaks(frame["priority"].dropna().tolist())
        renderer = _classes("priority", breaks, class_colours(len(breaks) - 1), alpha=0.8)
    elif name in {level.id for level in study.areas.levels}:
        steps = [k / _CLASSES for k in range(_CLASSES + 1)]
        renderer = _classes(
            f"share_served_{threshold:g}", steps, share_colours(_CLASSES), alpha=0.7
        )
    elif name == "barrier_mode":
        texts = Texts("barrier_mode", study.language)
        fields = {"metres": texts.metres(threshold)}
        categories = [
            (served, texts(served, **fields), _fill(colour, alpha=0.8))
            for served, colour in (("straight_only", UNSERVED), ("walk_only", NEAREST))
        ]
        renderer = _categories("served", categories)
    else:
        renderer = _single(_plain_symbol(name))
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    root.append(renderer)
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode")


def _plain_symbol(name: str) -> ET.Element:
    """Return how every feature of a layer is drawn that has no classes."""
    plain = {
        "gained": _marker(NEAREST, 1.6, "circle"),
        "lost": _marker(LOST, 1.6, "circle"),
        "residents": _marker(INK_SOFT, 0.6, "circle"),
        "candidates": _marker(INK_SOFT, 1.4, "circle"),
        "missing_links": _line(MISSING_LINK, 0.9),
        "proposals": _marker(PROPOSED, 4.2, "star"),
        "inhabited": _fill(NO_PRIORITY, alpha=0.5),
    }
    return plain.get(name, _fill(LAND, alpha=0.3))


def _breaks(values: list[float]) -> list[float]:
    """Class borders with equally many features in each class."""
    ordered = sorted(values) or [0.0]
    last = len(ordered) - 1
    marks = [ordered[round(k * last / _CLASSES)] for k in range(_CLASSES + 1)]
    return sorted(set(marks)) if len(set(marks)) > 1 else [marks[0], marks[0] + 1.0]


def _rgba(colour: str, alpha: float = 1.0) -> str:
    """Write #rrggbb as QGIS does."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(alpha * 255)}"


def _symbol(kind: str, layer: str, options: dict[str, str]) -> ET.Element:
    """Make a symbol of one layer."""
    symbol = ET.Element("symbol", type=kind, name="0", alpha="1", clip_to_extent="1")
    part = ET.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "pass": "0"})
    values = ET.SubElement(part, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(values, "Option", type="QString", name=key, value=value)
    return symbol


def _fill(colour: str, alpha: float) -> ET.Element:
    """Make a filled polygon with a thin outline."""
    return _symbol(
        "fill",
        "SimpleFill",
        {
            "color": _rgba(colour, alpha),
            "outline_color": _rgba(AREA_BORDER),
            "outline_width": "0.15",
            "outline_width_unit": "MM",
            "style": "solid",
        },
    )


def _line(colour: str, width_mm: float) -> ET.Element:
    """Make a line with round ends."""
    return _symbol(
        "line",
        "SimpleLine",
        {
            "line_color": _rgba(colour),
            "line_width": f"{width_mm:g}",
            "line_width_unit": "MM",
            "capstyle": "round",
        },
    )


def _marker(colour: str, size_mm: float, shape: str) -> ET.Element:
    """Make a point mark with a white edge."""
    return _symbol(
        "marker",
        "SimpleMarker",
        {
            "color": _rgba(colour),
            "name": shape,
            "outline_color": _rgba(PAPER),
            "outline_width": "0.3",
            "size": f"{size_mm:g}",
            "size_unit": "MM",
        },
    )


def _single(symbol: ET.Element) -> ET.Element:
    """Draw all features alike."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", enableorderby="0", forceraster="0")
    ET.SubElement(renderer, "symbols").append(symbol)
    return renderer


def _categories(column: str, categories: Sequence[tuple[str, str, ET.Element]]) -> ET.Element:
    """Draw each value of a column with a symbol of its own."""
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr=column, enableorderby="0")
    listed = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for k, (value, label, symbol) in enumerate(categories):
        ET.SubElement(listed, "category", value=value, label=label, symbol=str(k), render="true")
        symbol.set("name", str(k))
        symbols.append(symbol)
    return renderer


def _classes(
    column: str, breaks: Sequence[float], colours: Sequence[str], *, alpha: float
) -> ET.Element:
    """Draw classes of a number, from the lowest to the highest."""
    renderer = ET.Element("renderer-v2", type="graduatedSymbol", attr=column, enableorderby="0")
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    for k, colour in enumerate(colours):
        low, high = breaks[k], breaks[k + 1]
        label = f"{low:g} - {high:g}"
        ET.SubElement(
            ranges,
            "range",
            lower=repr(float(low)),
            upper=repr(float(high)),
            label=label,
            symbol=str(k),
            render="true",
        )
        symbol = _fill(colour, alpha)
        symbol.set("name", str(k))
        symbols.append(symbol)
    return renderer
