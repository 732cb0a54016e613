"""The folder of a scenario: tables, layers, map and the account in words."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from kiezreach.outputs.data_package import write_data_package
from kiezreach.outputs.folder import own_folder, require_own
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.layers import scenario_differences
from kiezreach.outputs.manifest import output_entries
from kiezreach.outputs.print_map.scenario import write_scenario_map
from kiezreach.outputs.tables import scenario_tables, write_csv
from kiezreach.sources.finished import MANIFEST

if TYPE_CHECKING:
    from kiezreach.decisions.scenarios import ScenarioResult
    from kiezreach.outputs.scenario import ScenarioAccount

KIND = "scenario"  # what the manifest of a scenario tells of, and that of a build does not


def require_scenario_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier scenario."""
    require_own(folder, KIND)


def write_scenario(account: ScenarioAccount, folder: Path) -> None:
    """Write what a scenario changes.

    Parameters
    ----------
    account
        What is told about it.
    folder
        Folder for the outputs; an earlier scenario in it is replaced when this one is whole. It
        gets ``summary.txt``, ``tables/scenarios.csv``, ``tables/scenario_gaps.csv``,
        ``scenario.gpkg`` (layers ``new_gaps``, ``gained``, ``lost``, ``centres``),
        ``print/scenario.png``, ``.pdf`` and ``.svg``, ``datapackage.json`` and ``manifest.json``;
        the same bytes for the same scenario.

    Raises
    ------
    OutputError
        If the folder holds anything else, or cannot be written.
    """
    study, inputs = account.base.study, account.base.inputs
    with own_folder(folder, KIND) as held, held.whole_folder() as work:
        for name in ("tables", "print"):
            (work / name).mkdir()
        for name, table in scenario_tables([account.result]).items():
            write_csv(table, work / "tables" / f"{name}.csv")
        write_geopackage(study, scenario_layers(account.result), work / "scenario.gpkg")
        write_data_package(study, inputs, work)
        write_scenario_map(account, work / "print")
        _write_text(work / "summary.txt", "\n".join(account.lines()))
        manifest = {
            "kiezreach": version("kiezreach"),
            KIND: account.as_dict(),
            "inputs": inputs.files.to_dict(orient="records"),
            "outputs": output_entries(work),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
        _write_text(work / MANIFEST, text)


def scenario_layers(result: ScenarioResult) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a scenario by name, in the order in which a map stacks them."""
    centres = result.situation.centres.drop(columns="row", errors="ignore").reset_index()
    return {**scenario_differences({result.name: result}), "centres": centres}


def _write_text(path: Path, text: str) -> None:
    """Write a text file, the same bytes everywhere."""
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
