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
_WORDS_ABOUT_A_CRS = {"remarks", "usages", "scope", "area", "bbox"}  # in PROJJSON
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
    GDAL winds rings by the right-hand rule. It writes into memory, because it does not tell when
    the end of a file does not fit on the disk.
    """
    degrees = cut_at_antimeridian(to_lonlat(frame))
    text = BytesIO()
    pyogrio.write_dataframe(
        degrees.set_geometry(degrees.geometry.set_precision(_DEGREES)),
        text,
        driver="GeoJSON",
        geometry_type=kind,
        promote_to_multi=kind == "MultiPolygon",
        layer_options={"RFC7946": "YES", "WRITE_NAME": "NO"},
    )
    path.write_bytes(text.getvalue())


def _write_geoparquet(frame: gpd.GeoDataFrame, path: Path, _: str) -> None:
    """Write GeoParquet 1.1 with geometries as WKB, which every reader knows.

    The CRS is told once, and without prose about it, which differs between versions of PROJ.
    """
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd", schema_version="1.1.0")
    table = pq.ParquetFile(buffer).read(use_threads=False)
    told = json.loads(table.schema.metadata[b"geo"])
    for column in told["columns"].values():
        column["crs"] = _without_words(column["crs"])
        column["crs"].get("base_crs", {}).pop("type", None)  # not all versions tell it
    metadata = table.schema.metadata | {b"geo": json.dumps(told).encode()}
    # GeoArrow's metadata of the column would tell the CRS again.
    schema = pa.schema([field.remove_metadata() for field in table.schema], metadata)
    pq.write_table(table.cast(schema), path, compression="zstd")


def _without_words(projjson: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return PROJJSON without what has no bearing on coordinates."""
    if isinstance(projjson, dict):
        return {k: _without_words(v) for k, v in projjson.items() if k not in _WORDS_ABOUT_A_CRS}
    return [_without_words(part) for part in projjson] if isinstance(projjson, list) else projjson


_WRITERS: dict[LayerFormat, Callable[[gpd.GeoDataFrame, Path, str], None]] = {
    "geojson": _write_geojson,
    "geoparquet": _write_geoparquet,
}
