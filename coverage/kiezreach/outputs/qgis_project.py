"""A QGIS project that lies inside the GeoPackage and opens all its layers, named and in order.

QGIS keeps such projects in the table ``qgis_projects``: a zipped project file in hexadecimal digits
(its class QgsGeoPackageProjectStorage). It is listed below the file in the browser of QGIS.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kiezreach.outputs.clock import build_time
from kiezreach.outputs.qgis import QGIS_VERSION, qgis_document

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.outputs.dictionary import Geometry

_GEOMETRY = {"point": "Point", "line": "Line", "polygon": "Polygon"}
# What is switched on at first; the others stand in the list, one click away.
_ZIP_YEARS = range(1980, 2108)
_SHOWN = ("inhabited", "catchments", "gaps", "proposals", "missing_links", "centres")


@dataclass(frozen=True)
class ProjectLayer:
    """A layer of the project.

    Parameters
    ----------
    name, title
        Its name in the file, and the one that the project shows.
    geometry
        Of which kind its features are.
    style
        As `kiezreach.outputs.qgis.layer_style` returns it.
    """

    name: str
    title: str
    geometry: Geometry
    style: str


def stored_project(
    name: str, file: str, ground: gpd.GeoDataFrame, layers: Sequence[ProjectLayer]
) -> tuple[str, str, str]:
    """Return the row of ``qgis_projects`` that holds a project.

    Parameters
    ----------
    name
        Name of the project.
    file
        Name of the GeoPackage.
    ground
        What the map shows at first, in the CRS of the project.
    layers
        From the lowest to the uppermost.

    Returns
    -------
    tuple of str
        Name, metadata and content; the same project is the same text.
    """
    root = ET.Element("qgis", projectname=name, version=QGIS_VERSION)
    ET.SubElement(root, "title").text = name
    _add_crs(ET.SubElement(root, "projectCrs"), ground)
    settings = ET.SubElement(ET.SubElement(root, "properties"), "SpatialRefSys")
    ET.SubElement(settings, "ProjectionsEnabled", type="int").text = "1"
    tree = ET.SubElement(root, "layer-tree-group")
    listed = ET.SubElement(root, "projectlayers")
    for layer in reversed(layers):
        source = f"./{file}|layername={layer.name}"
        ET.SubElement(
            tree,
            "layer-tree-layer",
            id=_id(layer),
            name=layer.title,
            source=source,
            providerKey="ogr",
            checked="Qt::Checked" if layer.name in _SHOWN else "Qt::Unchecked",
            expanded="1" if layer.name in _SHOWN else "0",
        )
        _add_layer(listed, layer, source, ground)
    _add_view(root, ground)
    moment = build_time()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # An archive has a time between 1980 and 2107 of each file.
        date = moment.timetuple()[:6] if moment.year in _ZIP_YEARS else (1980, 1, 1, 0, 0, 0)
        entry = zipfile.ZipInfo("project.qgs", date_time=date)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, qgis_document(root))
    about = {"last_modified_time": moment.strftime("%Y-%m-%dT%H:%M:%S"), "last_modified_user": ""}
    return name, json.dumps(about), packed.getvalue().hex()


def _add_layer(
    listed: ET.Element, layer: ProjectLayer, source: str, ground: gpd.GeoDataFrame
) -> None:
    """Describe one layer, with its style."""
    style = ET.fromstring(layer.style)  # noqa: S314 - written by this program
    entry = ET.SubElement(
        listed,
        "maplayer",
        type="vector",
        geometry=_GEOMETRY[layer.geometry],
        styleCategories=style.attrib["styleCategories"],
    )
    for tag, value in (("id", _id(layer)), ("datasource", source), ("layername", layer.title)):
        ET.SubElement(entry, tag).text = value
    _add_crs(ET.SubElement(entry, "srs"), ground)
    ET.SubElement(entry, "provider", encoding="UTF-8").text = "ogr"
    entry.extend(style)


def _id(layer: ProjectLayer) -> str:
    """Return the id of a layer: QGIS drops layers with ids of up to ten letters."""
    return f"kiezreach_{layer.name}"


def _add_crs(parent: ET.Element, ground: gpd.GeoDataFrame) -> None:
    """Name the CRS by its authority and code, or by WKT where it has none."""
    system = ET.SubElement(parent, "spatialrefsys")
    authority = ground.crs.to_authority()
    ET.SubElement(system, "wkt").text = ground.crs.to_wkt()
    ET.SubElement(system, "authid").text = ":".join(authority) if authority else ""


def _add_view(root: ET.Element, ground: gpd.GeoDataFrame) -> None:
    """Let the map open where the layers are."""
    view = ET.SubElement(root, "mapcanvas", name="theMapCanvas")
    extent = ET.SubElement(view, "extent")
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), ground.total_bounds, strict=True):
        ET.SubElement(extent, tag).text = repr(float(value))
    _add_crs(ET.SubElement(view, "destinationsrs"), ground)
