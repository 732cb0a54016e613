"""The manifest: what a build was made of and what it made, so that others can check it."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyogrio
import pyproj
import shapely

from kiezreach.coverage import CITY
from kiezreach.sources.files import sha256

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

MANIFEST = "manifest.json"
RUN_LOG = "run-log.json"  # seconds and memory differ from run to run: not hashed, not compared
_LIBRARIES = (
    "contourpy", "folium", "geopandas", "matplotlib", "numpy", "osmium", "pandas", "pyarrow",
    "pyogrio", "pyproj", "scipy", "shapely",
)  # fmt: skip


def write_manifest(
    study: Study, inputs: Inputs, analysis: Analysis, folder: Path
) -> dict[str, Any]:
    """Write ``manifest.json`` for everything that the folder holds by now.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    folder
        The build's folder.

    Returns
    -------
    dict
        The manifest.
    """
    manifest = {
        "kiezreach": version("kiezreach"),
        "libraries": {name: version(name) for name in _LIBRARIES}
        | {
            "GDAL": ".".join(map(str, pyogrio.__gdal_version__)),
            "GEOS": shapely.geos_version_string,
            "PROJ": pyproj.proj_version_str,
        },
        "study": _portable(study),
        "crs": str(inputs.areas.crs.to_string()),
        "network": inputs.network.provenance.as_dict()
        | {
            "edges": inputs.network.n_edges,
            "km": round(float(inputs.network.edge_length.sum()) / 1000, 1),
            "main_component_km": round(
                float(inputs.network.edge_length[inputs.network.main_edges].sum()) / 1000, 1
            ),
        },
        "residents_method": study.residents.method,
        "inputs": inputs.files.to_dict(orient="records"),
        "headline": headline(analysis),
        "ranking": analysis.combinations,
        "certificate": {
            whose: [part.as_dict() for part in parts]
            for whose, parts in analysis.certificate.items()
        },
        "excluded": analysis.excluded.groupby("file").size().astype(int).to_dict(),
        "warnings": list(analysis.warnings),
        "outputs": [
            {
                "file": path.relative_to(folder).as_posix(),
                "sha256": sha256(path),
                "bytes": path.stat().st_size,
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in (MANIFEST, RUN_LOG)
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def headline(analysis: Analysis) -> dict[str, Any]:
    """Return the figures of the whole city.

    Parameters
    ----------
    analysis
        What was found.

    Returns
    -------
    dict
        ``residents``, ``centres`` (linked ones), ``unlinked``, ``gaps``, and under ``served``
        for each threshold in metres ``residents`` and ``share`` (0 to 1).
    """
    city = analysis.coverage[analysis.coverage["level"] == CITY]
    return {
        "residents": int(city["residents"].iloc[0]),
        "centres": int(analysis.centres["linked"].sum()),
        "unlinked": int(city["unlinked"].iloc[0]),
        "gaps": len(analysis.gaps),
        "served": {
            f"{row.threshold_m:g}": {
                "residents": int(row.residents_served),
                "share": round(float(row.share_served), 6),
            }
            for row in city.itertuples()
        },
    }


def _portable(study: Study) -> dict[str, Any]:
    """Return the study without paths of this machine."""
    values: dict[str, Any] = study.model_dump(mode="json")
    file = Path(values["network"]["file"])
    values["network"]["file"] = file.name if file.is_absolute() else values["network"]["file"]
    return values
