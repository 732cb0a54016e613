"""The data dictionary of a build: a Frictionless Data Package of every table and layer.

The form is that of the Data Package standard, version 1 (specs.frictionlessdata.io).
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyogrio import list_layers, read_info

from kiezreach.outputs.dictionary import Dictionary
from kiezreach.outputs.layer_formats import ENDINGS, LAYER_FOLDER
from kiezreach.sources.files import sha256

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

DATA_PACKAGE = "datapackage.json"
_MEDIA = {"geojson": "application/geo+json", "geoparquet": "application/vnd.apache.parquet"}


def write_data_package(study: Study, inputs: Inputs, folder: Path) -> Path:
    """Describe every table and layer in the folder of a build.

    Parameters
    ----------
    study, inputs
        What was asked, and with what.
    folder
        The build's folder.

    Returns
    -------
    Path
        ``datapackage.json``: per table its path, hash, dialect, columns (name, title, type, unit,
        description in the study's language) and keys; the same of each layer of the GeoPackage;
        which layer each further file holds; licences and sources of the inputs.

    Raises
    ------
    KeyError
        If a column, table or layer has no entry in ``texts/fields.toml``: a fault of the program.
    """
    dictionary = Dictionary(study)
    paths = sorted((folder / "tables").glob("*.csv"))
    package = {
        "profile": "data-package",
        "name": slug(study.name),
        "title": dictionary.title,
        "licenses": _licences(inputs),
        "sources": _sources(inputs),
        "resources": [
            *(_table(dictionary, path, folder) for path in paths),
            *_layers(dictionary, folder),
        ],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2)
    path = folder / DATA_PACKAGE
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _table(dictionary: Dictionary, path: Path, folder: Path) -> dict[str, Any]:
    """Describe one table."""
    with path.open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    title, schema = dictionary.table(path.stem, columns)
    return {
        "profile": "tabular-data-resource",
        "name": path.stem.replace("_", "-"),
        "title": title,
        **_file(path, folder, "csv", "text/csv"),
        "encoding": "utf-8",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": schema,
    }


def _layers(dictionary: Dictionary, folder: Path) -> list[dict[str, Any]]:
    """Describe GeoPackages layer by layer, and say which layer each other file holds."""
    described = [
        {
            "profile": "data-resource",
            "name": path.stem,
            **_file(path, folder, "gpkg", "application/geopackage+sqlite3"),
            "layers": [
                _layer(dictionary, path, str(name)) for name, kind in list_layers(path) if kind
            ],
        }
        for path in sorted(folder.glob("*.gpkg"))
    ]
    for path in sorted((folder / LAYER_FOLDER).glob("*")):
        form = next(form for form, ending in ENDINGS.items() if ending == path.suffix)
        title = dictionary.layer(path.stem).title
        described.append(
            {
                "profile": "data-resource",
                "name": f"{path.stem.replace('_', '-')}-{form}",
                "title": title,
                **_file(path, folder, form, _MEDIA[form]),
                "layer": path.stem,
            }
        )
    return described


def _layer(dictionary: Dictionary, path: Path, name: str) -> dict[str, Any]:
    """Describe one layer of the GeoPackage."""
    text = dictionary.layer(name)
    columns = read_info(path, layer=name)["fields"]
    return {
        "name": name,
        "title": text.title,
        "description": text.meaning,
        "geometry": text.geometry,
        "schema": {"fields": [dictionary.field(name, str(column)) for column in columns]},
    }


def _file(path: Path, folder: Path, form: str, media: str) -> dict[str, Any]:
    """Say where a file is, what it is, and what it must be to the last byte."""
    return {
        "path": path.relative_to(folder).as_posix(),
        "format": form,
        "mediatype": media,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }


def _licences(inputs: Inputs) -> list[dict[str, str]]:
    """List the licences of the inputs: the tables are derived from all of them."""
    named = sorted(
        {licence for text in inputs.files["licence"] if text for licence in text.split(", ")}
    )
    spelt = {slug(name): name for name in reversed(named)}  # "ODbL 1.0" and "ODbL-1.0" are one
    return [{"name": slug, "title": spelt[slug]} for slug in sorted(spelt)]


def _sources(inputs: Inputs) -> list[dict[str, str]]:
    """List the inputs with what is said about them."""
    return [
        {
            "title": row.source or row.role,
            "path": row.file,
            "role": row.role,
            "licence": row.licence,
            "vintage": row.vintage,
        }
        for row in inputs.files.itertuples()
    ]


def slug(text: str) -> str:
    """Make a name of letters, digits, dots and hyphens, as the standard asks for.

    Parameters
    ----------
    text
        A name in any language.
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-") or "kiezreach"
