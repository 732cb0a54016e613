"""Layers in other formats, one file per layer, where a study asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from kiezreach.lonlat import cut_at_antimeridian, to_lonlat
from kiezreach.outputs.dictionary import Dictionary
from kiezreach.outputs.geopackage import GEOMETRY_TYPES

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.study import Study
    from kiezreach.study.outputs import LayerFormat

LAYER_FOLDER = "layers"
_DEGREES = 1e-7  # a centimetre
_GEO = b"geo"  # where GeoParquet, and the type of a geometry in Arrow, keep the CRS
_EXTENSION = b"ARROW:extension:metadata"
ENDINGS: dict[LayerFormat, str] = {"geojson": ".geojson", "geoparquet": ".parquet"}


def write_layer_formats(study: Study, layers: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Write each layer in every format that the study asks for.

    Parameters
    ----------
    study
        The study.
    layers
        As `kiezreach.outputs.layers.layers` returns them.
    folder
        The build's folder; the files go to ``layers`` in it. The same layers give the same bytes.
    """
    if not study.outputs.formats:
        return
    (folder / LAYER_FOLDER).mkdir()
    dictionary = Dictionary(study)
    for form in study.outputs.formats:
        for name, frame in layers.items():
            path = folder / LAYER_FOLDER / f"{name}{ENDINGS[form]}"
            _WRITERS[form](frame, path, GEOMETRY_TYPES[dictionary.layer(name).geometry])


def _write_geojson(frame: gpd.GeoDataFrame, path: Path, kind: str) -> None:
    """Write GeoJSON by RFC 7946.

    Coordinates have 7 decimals (a centimetre); rounded before GDAL does it, shapes stay valid.
    GDAL winds rings by the right-hand rule.
    """
    degrees = cut_at_antimeridian(to_lonlat(frame))
    pyogrio.write_dataframe(
        degrees.set_geometry(degrees.geometry.set_precision(_DEGREES)),
        path,
        driver="GeoJSON",
        geometry_type=kind,
        promote_to_multi=kind == "MultiPolygon",
        layer_options={"RFC7946": "YES", "WRITE_NAME": "NO"},
    )


def _write_geoparquet(frame: gpd.GeoDataFrame, path: Path, _: str) -> None:
    """Write GeoParquet 1.1 with geometries as WKB, which every reader knows."""
    whole = BytesIO()
    frame.to_parquet(whole, index=False, compression="zstd", schema_version="1.1.0")
    table = pq.ParquetFile(whole).read(use_threads=False)
    fields = [
        field.with_metadata(_plain_metadata(field.metadata, _EXTENSION)) for field in table.schema
    ]
    schema = pa.schema(fields, _plain_metadata(table.schema.metadata, _GEO))
    pq.write_table(pa.Table.from_arrays(table.columns, schema=schema), path, compression="zstd")


def _plain_metadata(metadata: dict[bytes, bytes] | None, key: bytes) -> dict[bytes, bytes] | None:
    """Make the CRS plain that stands in one entry of the metadata of a Parquet file or field."""
    if metadata is None or key not in metadata:
        return metadata
    return metadata | {key: json.dumps(_plain_crs(json.loads(metadata[key]))).encode()}


def _plain_crs(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    """Leave out of any CRS what one version of PROJ says and another does not.

    These are remarks, and the type of a base CRS: one of no stated type is geographic.
    """
    if not isinstance(value, dict):
        return value
    parts = {key: _plain_crs(part) for key, part in value.items() if key != "remarks"}
    base = parts.get("base_crs", {})
    if base.get("type") == "GeographicCRS":
        del base["type"]
    return parts


_WRITERS: dict[LayerFormat, Callable[[gpd.GeoDataFrame, Path, str], None]] = {
    "geojson": _write_geojson,
    "geoparquet": _write_geoparquet,
}
