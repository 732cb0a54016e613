"""The manifest: what a build was made of and what it made, so that others can check it."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pyproj
import shapely

from kiezreach.groups import AGE_GROUP
from kiezreach.network.rules import rule_hashes
from kiezreach.outputs.clock import build_time
from kiezreach.outputs.layer_formats import ENDINGS
from kiezreach.outputs.spreading import method_text
from kiezreach.sources.areas import CITY
from kiezreach.sources.files import sha256
from kiezreach.sources.finished import MANIFEST, RUN_LOG
from kiezreach.study import packaged_data

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

_LIBRARIES = (
    "branca", "contourpy", "django-js-lib-leaflet", "folium", "geopandas", "highspy", "jinja2",
    "matplotlib", "networkx", "numpy", "osmium", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy",
    "shapely", "typst",
)  # fmt: skip
_CRS_OF_PROJ = "it defines the CRS as PROJ's database does, and versions of that change some"


def write_manifest(
    study: Study, inputs: Inputs, analysis: Analysis, folder: Path, *, maps: str
) -> dict[str, Any]:
    """Write ``manifest.json`` for everything that the folder holds by now.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    folder
        The build's folder.
    maps
        Which printed maps were asked for.

    Returns
    -------
    dict
        The manifest.
    """
    manifest = {
        **versions(),
        "time": build_time().isoformat(),
        "study": portable_study(study),
        "study_file": study_origin(study),
        "maps": maps,
        "crs": str(inputs.areas.crs.to_string()),
        "network": inputs.network.provenance.as_dict()
        | {
            "edges": inputs.network.n_edges,
            "km": round(float(inputs.network.edge_length.sum()) / 1000, 1),
            "main_component_km": round(
                float(inputs.network.edge_length[inputs.network.main_edges].sum()) / 1000, 1
            ),
        },
        "residents_method": {language: method_text(study, language) for language in ("de", "en")},
        "plausible_spreads": list(study.residents.plausible_spreads),
        "inputs": inputs.files.to_dict(orient="records"),
        "headline": headline(study, analysis),
        "ranking": analysis.combinations,
        "certificate": {
            whose: [part.as_dict() for part in parts]
            for whose, parts in analysis.certificate.items()
        },
        "excluded": analysis.excluded.groupby("file").size().astype(int).to_dict(),
        "warnings": list(analysis.warnings),
        "outputs": output_entries(folder),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def versions() -> dict[str, Any]:
    """Return what figures depend on beside the data: tool, libraries and walk rules.

    Returns
    -------
    dict
        ``kiezreach``, ``libraries`` by name, ``walk_rules``: SHA-256 by profile.
    """
    return {
        "kiezreach": version("kiezreach"),
        "libraries": {name: version(name) for name in _LIBRARIES}
        | {
            "GDAL": ".".join(map(str, pyogrio.__gdal_version__)),
            "GEOS": shapely.geos_version_string,
            "PROJ": pyproj.proj_version_str,
        },
        "walk_rules": rule_hashes(),
    }


def study_origin(study: Study) -> dict[str, Any]:
    """Say which file a study was read from, without naming a place on this machine.

    Returns
    -------
    dict
        ``file`` (its name), ``sha256``, and ``packaged``: whether it comes with kiezreach.
    """
    if study.file is None:
        return {"file": "", "sha256": "", "packaged": False}
    return {
        "file": study.file.name,
        "sha256": sha256(study.file),
        "packaged": study.file.parent == packaged_data().resolve(),
    }


def output_entries(folder: Path) -> list[dict[str, Any]]:
    """List the files of a result with their hashes, but for manifest and run log.

    ``may_differ`` says of a file why another version of a library can give it other bytes though
    its content is the same, even among those that are pinned together.
    """
    return [
        {
            "file": path.relative_to(folder).as_posix(),
            "sha256": sha256(path),
            "bytes": path.stat().st_size,
            **({"may_differ": _CRS_OF_PROJ} if path.suffix == ENDINGS["geoparquet"] else {}),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (MANIFEST, RUN_LOG)
    ]


def headline(study: Study, analysis: Analysis) -> dict[str, Any]:
    """Return the figures of the whole city.

    Parameters
    ----------
    study, analysis
        What was asked, and what was found.

    Returns
    -------
    dict
        ``residents``, ``centres`` (linked ones), ``unlinked``, ``gaps``, where the study has a
        filter ``gaps_only_in`` (the selection that they are restricted to), and under ``served``
        for each threshold in metres ``residents``, ``share`` (0 to 1, null without residents),
        and ``share_low`` and ``share_high`` over all spreadings of the residents. Within the gap
        threshold: ``served_by_class``, the share of each class of planning area, by breakdown.
        ``equity``: some measures of `kiezreach.equity.equity_table`; what has no value is null.
    """
    city = analysis.coverage[analysis.coverage["level"] == CITY]
    return {
        "residents": int(city["residents"].iloc[0]),
        "centres": int(analysis.centres["linked"].sum()),
        "unlinked": int(city["unlinked"].iloc[0]),
        "gaps": len(analysis.gaps),
        **_gaps_only_in(study),
        "served": {
            f"{row.threshold_m:g}": {
                "residents": int(row.residents_served),
                "share": _share(row.share_served),
                "share_low": _share(row.share_low),
                "share_high": _share(row.share_high),
            }
            for row in city.itertuples()
        },
        "served_by_class": _served_by_class(study, analysis),
        "equity": _equity(study, analysis),
    }


def _gaps_only_in(study: Study) -> dict[str, str]:
    """Name the selection that gaps are restricted to, where there is one."""
    if study.filter is None:
        return {}
    return {"gaps_only_in": str(getattr(study.filter.labels, study.language))}


def _served_by_class(study: Study, analysis: Analysis) -> dict[str, dict[str, float | None]]:
    """Return the share served of each class of planning area within the gap threshold."""
    rows = analysis.by_group
    rows = rows[(rows["level"] == CITY) & (rows["breakdown"] != AGE_GROUP)]
    rows = rows[rows["threshold_m"] == study.analysis.gap_threshold_m]
    found: dict[str, dict[str, float | None]] = {}
    for row in rows.itertuples():
        found.setdefault(row.breakdown, {})[row.group] = _share(row.share_served)
    return found


def _equity(study: Study, analysis: Analysis) -> dict[str, float | None]:
    """Return the measures of equity that have one value for the city at the gap threshold."""
    rows = analysis.equity[(analysis.equity["level"] == CITY) & (analysis.equity["group"] == "")]
    gap = rows["threshold_m"].isin([study.analysis.gap_threshold_m])
    rows = rows[rows["threshold_m"].isna() | gap].set_index("measure")["value"].drop("residents")
    return {name: _share(value) for name, value in rows.items()}


def _share(value: float) -> float | None:
    """Round a share or a measure; without residents there is none."""
    return None if np.isnan(value) else round(float(value), 6)


def portable_study(study: Study) -> dict[str, Any]:
    """Return the settings of a study without paths of this machine."""
    values: dict[str, Any] = study.model_dump(mode="json")
    file = Path(values["network"]["file"])
    values["network"]["file"] = file.name if file.is_absolute() else values["network"]["file"]
    return values
