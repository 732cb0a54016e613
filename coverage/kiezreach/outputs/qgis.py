"""Styles that QGIS takes from a GeoPackage, one per layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
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
    PROPOSED_SITE,
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

QGIS_VERSION = "3.22.0"  # whose form styles and projects have; later ones read it too
_CLASSES = 5
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Names of the shapes that both matplotlib and QGIS know; the rest become circles.
_SHAPES = {
    "o": "circle", "^": "triangle", "s": "square", "D": "diamond", "P": "cross_fill",
    "v": "arrowhead_filled", "*": "star", "h": "hexagon", "p": "pentagon",
}  # fmt: skip


def layer_style(
    study: Study, name: str, frame: gpd.GeoDataFrame, aliases: Mapping[str, str]
) -> str:
    """Return the style of a layer as QML.

    Parameters
    ----------
    study
        The study.
    name
        Name of the layer.
    frame
        Its features; classes are made of their values.
    aliases
        Name in words of each field.

    Returns
    -------
    str
        A QML document, for the column ``styleQML`` of the table ``layer_styles``.
    """
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Fields")
    root.append(_renderer(study, name, frame))
    named = ET.SubElement(root, "aliases")
    for index, (field, alias) in enumerate(aliases.items(), start=1):  # 0 is the feature id
        ET.SubElement(named, "alias", index=str(index), field=field, name=alias)
    ET.indent(root)
    return qgis_document(root)


def qgis_document(root: ET.Element) -> str:
    """Write a style or a project as QGIS reads it; names may have characters that XML forbids."""
    return "<!DOCTYPE qgis>\n" + _NOT_IN_XML.sub("", ET.tostring(root, encoding="unicode"))


def _renderer(study: Study, name: str, frame: gpd.GeoDataFrame) -> ET.Element:
    """Say how the features of a layer are drawn."""
    threshold = study.analysis.gap_threshold_m
    texts = Texts("layers", study.language)
    if name in ("catchments", "centre_catchments"):
        colours = band_colours(study.analysis.thresholds_m, threshold)
        categories = [
            (f"{t:g}", texts.metres(t), _fill(colour, alpha=0.6)) for t, colour in colours.items()
        ]
        renderer = _categories("threshold_m", categories)
    elif name == "centres":
        styles = kind_styles(frame["kind"])
        categories = [
            (
                kind,
                kind or texts("no_kind"),
                _marker(style.colour, 3.2, _SHAPES.get(style.marker, "circle")),
            )
            for kind, style in styles.items()
        ]
        renderer = _categories("kind", categories)
    elif name in ("gaps", "gaps_by_threshold"):
        breaks = _breaks(frame["priority"].dropna().tolist())
        labels = _ranges(texts, [texts.number(mark, 1) for mark in breaks])
        # Without outlines: at the scale of a city, those of the blocks would hide the colours.
        fills = [_fill(colour, alpha=0.8, outline="no") for colour in class_colours(len(labels))]
        renderer = _classes("priority", breaks, labels, fills, texts("no_priority"))
    elif name in {level.id for level in study.areas.levels}:
        steps = [k / _CLASSES for k in range(_CLASSES + 1)]
        labels = _ranges(texts, [texts.percent(step) for step in steps])
        fills = [_fill(colour, alpha=0.7) for colour in share_colours(_CLASSES)]
        renderer = _classes(f"share_served_{threshold:g}", steps, labels, fills, texts("no_share"))
    elif name == "barrier_mode":
        fields = {"metres": texts.metres(threshold)}
        categories = [
            (served, texts(served, **fields), _fill(colour, alpha=0.8))
            for served, colour in (("straight_only", UNSERVED), ("walk_only", NEAREST))
        ]
        renderer = _categories("served", categories)
    else:
        renderer = _single(_SYMBOLS.get(name, lambda: _fill(LAND, alpha=0.3))())
    return renderer


def _breaks(values: list[float]) -> list[float]:
    """Class borders with equally many features in each class."""
    ordered = sorted(values) or [0.0]
    last = len(ordered) - 1
    marks = [ordered[round(k * last / _CLASSES)] for k in range(_CLASSES + 1)]
    return sorted(set(marks)) if len(set(marks)) > 1 else [marks[0], marks[0] + 1.0]


# Layers whose features are all drawn alike.
_SYMBOLS: dict[str, Callable[[], ET.Element]] = {
    "residents": lambda: _marker(INK_SOFT, 0.6, "circle"),
    "candidates": lambda: _marker(INK_SOFT, 1.4, "circle"),
    "gained": lambda: _marker(NEAREST, 1.6, "circle"),
    "lost": lambda: _marker(LOST, 1.6, "circle"),
    "new_gaps": lambda: _fill(LOST, alpha=0.5),
    "missing_links": lambda: _line(MISSING_LINK, 0.9),
    "proposals": lambda: _marker(PROPOSED_SITE, 4.2, "star"),
    "inhabited": lambda: _fill(NO_PRIORITY, alpha=0.5),
}


def _ranges(texts: Texts, marks: Sequence[str]) -> list[str]:
    """Say from where to where each class goes."""
    return [texts("range", low=low, high=high) for low, high in pairwise(marks)]


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


def _fill(colour: str, alpha: float, outline: str = "solid") -> ET.Element:
    """Make a filled polygon with a thin outline, or with ``no`` outline."""
    return _symbol(
        "fill",
        "SimpleFill",
        {
            "color": _rgba(colour, alpha),
            "outline_color": _rgba(AREA_BORDER),
            "outline_style": outline,
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
    column: str,
    breaks: Sequence[float],
    labels: Sequence[str],
    fills: Sequence[ET.Element],
    unknown: str,
) -> ET.Element:
    """Draw classes of a number, from the lowest to the highest, and features without one.

    A graduated renderer would leave out the features whose number is not known.
    """
    renderer = ET.Element("renderer-v2", type="RuleRenderer", enableorderby="0", forceraster="0")
    rules = ET.SubElement(renderer, "rules", key="classes")
    symbols = ET.SubElement(renderer, "symbols")
    last = len(labels) - 1
    within = [
        f'"{column}" >= {low!r} AND "{column}" {"<=" if k == last else "<"} {high!r}'
        for k, (low, high) in enumerate(pairwise(breaks))
    ]
    others = ("ELSE", unknown, _fill(NO_PRIORITY, alpha=0.8))
    for k, (what, label, symbol) in enumerate([*zip(within, labels, fills, strict=True), others]):
        ET.SubElement(rules, "rule", key=f"class{k}", symbol=str(k), label=label, filter=what)
        symbol.set("name", str(k))
        symbols.append(symbol)
    return renderer
