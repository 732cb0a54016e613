"""Neighbourhood centres from OpenStreetMap, told from other houses by the audited rule."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.fetch.delivery import Ask, Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.fetch.regions import (
    Region,
    file_origin,
    find_region,
    openstreetmap,
    region_asks,
)
from kiezreach.outputs.tables import harmless_table
from kiezreach.sources.centre_rule import kind_of, reason_to_drop, same_houses, slug
from kiezreach.sources.columns import ids, require_columns
from kiezreach.sources.files import read_table
from kiezreach.sources.osm_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiezreach.sources.downloads.files import Download

Rule = Literal["german-names", "none"]

NAME = "centres.csv"
REST = "centres_left_out.csv"
_COLUMNS = (
    "centre_id", "name", "kind", "operator", "address", "lon", "lat", "wheelchair", "source",
    "source_date", "note",
)  # fmt: skip
_REST_COLUMNS = ("centre_id", "name", "decision", "reason", "operator", "address", "lon", "lat")
_LETTER = {"node": "n", "way": "w", "relation": "r"}


def asks(job: Job, region: Region) -> list[Ask]:
    """Return what a fetch would ask of whom."""
    osm = openstreetmap(job)
    status = Ask(f"GET {osm.overpass}/status", "when there is a free slot", 0.1, "")
    what = f"objects with {_told(osm.centre_tags)} in the area"
    query = Ask(f"POST {osm.overpass}/interpreter", what, osm.max_mb, osm.licence)
    return [*region_asks(job, region), status, query]


def fetch(
    job: Job,
    region: Region,
    *,
    file: Path | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
    rule: Rule = "german-names",
    audit: Path | None = None,
) -> Delivery:
    """Fetch centres as a CSV, and beside it what was left out, with the reason.

    Parameters
    ----------
    job
        Services, folder.
    region
        Where to look; nowhere else, also where a file reaches farther.
    file
        An OpenStreetMap file to look in; Overpass is asked without one.
    tags
        Values by key of objects that may be centres; those of the catalogue without any.
    rule
        ``german-names``: names and tags decide, made for Berlin; ``none``: every object with a
        name counts.
    audit
        A CSV of decisions on single objects that go before the rule: ``centre_id`` (or osm- and
        the name in lower case with hyphens), ``decision`` (keep or drop), ``kind``, ``reason``.

    Raises
    ------
    InputError
        If a file is wrong or nothing is found.
    DownloadError
        If a service does not answer as asked.
    """
    osm = openstreetmap(job)
    wanted = osm.centre_tags if tags is None else tags

    def make(path: Path, _: Record | None) -> Made:
        decisions = _read_audit(audit)
        area = find_region(job, region)
        downloads: tuple[Download, ...] = ()
        if file is None:
            from kiezreach.sources.downloads.openstreetmap import find_objects

            raw, date, download = find_objects(job.http, osm, area, dict(wanted))
            downloads = (download,)
            origin = Origin(osm.source, osm.licence, date or osm.vintage, osm.attribution)
        else:
            raw = read_objects(file, wanted)
            origin = file_origin(job, file)
        objects = _as_objects(raw, area, origin.vintage)
        if objects.empty:
            msg = f"OpenStreetMap has no object with {_told(wanted)} in the area"
            raise InputError(msg, remedy="Ask for others with --tag, or write the list by hand")
        decided = _decided(objects, rule, decisions, str(area.crs))
        kept = decided[decided["decision"] == "keep"]
        rest = decided[decided["decision"] != "keep"]
        _write(kept, _COLUMNS, path)
        _write(rest, _REST_COLUMNS, path.with_name(REST))
        return Made(origin, downloads, notes=_notes(decided))

    return deliver(job, NAME, make)


def snippet(file: str, origin: Origin) -> str:
    """Return the table of a study that names the centres."""
    return toml_table("[centres]", {"file": file, **origin.keys})


def _told(tags: Mapping[str, tuple[str, ...]]) -> str:
    """Say which tags are meant."""
    return " or ".join(f"{key}={value}" for key, values in tags.items() for value in values)


def _as_objects(raw: gpd.GeoDataFrame, area: gpd.GeoSeries, date: str) -> gpd.GeoDataFrame:
    """Return what OpenStreetMap says of objects in an area in one form, points in degrees."""
    tags = raw.drop(columns="geometry").astype("string").fillna("")
    index = [(str(kind), int(number)) for kind, number in raw.index]

    def tag(name: str) -> pd.Series:
        column = tags[name] if name in tags else pd.Series("", index=tags.index, dtype="string")
        return column.str.split().str.join(" ").astype(object)

    street = (tag("addr:street") + " " + tag("addr:housenumber")).str.strip()
    town = (tag("addr:postcode") + " " + tag("addr:city")).str.strip()
    # A point in the metric CRS of the area: halfway in degrees is another place.
    inside = raw.geometry.to_crs(area.crs).representative_point()
    frame = gpd.GeoDataFrame(
        {
            "centre_id": [f"osm-{_LETTER[kind]}{number}" for kind, number in index],
            "name": tag("name").to_numpy(),
            "operator": tag("operator").to_numpy(),
            "address": [
                ", ".join(part for part in parts if part) if parts[0] else ""
                for parts in zip(street, town, strict=True)
            ],
            "wheelchair": tag("wheelchair").to_numpy(),
            "tag": tag("community_centre").to_numpy(),
            "tag_for": tag("community_centre:for").to_numpy(),
            "source": [f"OpenStreetMap {kind} {number}" for kind, number in index],
            "source_date": date,
        },
        geometry=inside.to_numpy(),
        crs=area.crs,
    )
    within = frame.within(area.union_all())
    lonlat = frame[within].to_crs(4326)
    lonlat["lon"], lonlat["lat"] = lonlat.geometry.x.round(7), lonlat.geometry.y.round(7)
    return lonlat.drop_duplicates("centre_id").sort_values("centre_id", ignore_index=True)


def _decided(
    objects: gpd.GeoDataFrame, rule: Rule, audit: pd.DataFrame, crs: str
) -> gpd.GeoDataFrame:
    """Give each object its decision (keep, drop, merge, open), kind, and reason."""
    alias = "osm-" + objects["name"].map(slug)
    alias = alias.where(~alias.duplicated(keep=False), "")  # a name of several tells none apart
    told = []
    for at, place in enumerate(objects.itertuples()):
        key = next((k for k in (place.centre_id, alias[at]) if k in audit.index), None)
        told.append(
            _by_rule(place.name, place.tag, place.tag_for, rule)
            if key is None
            else _by_audit(audit.loc[key], place.name)
        )
    decided = objects.copy()
    decided[["decision", "kind", "reason"]] = pd.DataFrame(told, index=decided.index)
    into = same_houses(decided[decided["decision"] == "keep"], crs)
    decided.loc[into.index, "decision"] = "merge"
    decided.loc[into.index, "reason"] = "the same house as " + into
    decided["note"] = decided["reason"].where(decided["decision"] == "keep", "")
    return decided


def _by_rule(name: str, tag: str, tag_for: str, rule: Rule) -> tuple[str, str, str]:
    """Return decision, kind and reason as the rule has them."""
    if rule == "none":
        return ("keep", "other", "every named object counts") if name else ("drop", "", "unnamed")
    if (kind := kind_of(name)) is not None:
        return "keep", kind, "kept by its name"
    if (reason := reason_to_drop(name, tag, tag_for)) is not None:
        return "drop", "", reason
    return "open", "", "neither name nor tags say what it is: decide by hand"


def _by_audit(row: pd.Series, name: str) -> tuple[str, str, str]:
    """Return decision, kind and reason as a person has decided."""
    reason = row.get("reason", "") or row.get("reason_class", "")
    if row["decision"] == "keep":
        return "keep", row.get("kind", "") or kind_of(name) or "other", reason
    return "drop", "", reason or "left out by hand"


def _read_audit(path: Path | None) -> pd.DataFrame:
    """Read decisions on single objects, indexed by id."""
    if path is None:
        return pd.DataFrame()
    raw = read_table(path)
    require_columns(raw, ["centre_id", "decision"], path)
    key = ids(raw, "centre_id", path)
    strange = raw[~raw["decision"].isin(["keep", "drop", "merge", "add"])]
    if len(strange):
        msg = f"'decision' is '{shown(strange['decision'].iloc[0])}'"
        row = f"row {strange.index[0]}"
        raise InputError(msg, file=path, row=row, remedy="Write keep or drop")
    return raw.set_index(key)


def _write(frame: pd.DataFrame, columns: tuple[str, ...], path: Path) -> None:
    """Write a table of centres; names are anybody's, and a spreadsheet runs some as formulas."""
    table = pd.DataFrame(frame[list(columns)])
    harmless_table(table).to_csv(path, index=False, lineterminator="\n")


def _notes(decided: pd.DataFrame) -> tuple[str, ...]:
    """Say how many were kept, left out, and are open."""
    count = Counter(decided["decision"])
    told = [f"{count['keep']} centres kept of {len(decided)} objects"]
    if count["drop"]:
        reasons = Counter(decided.loc[decided["decision"] == "drop", "reason"])
        told.append(
            f"{count['drop']} left out: "
            + ", ".join(f"{reason} {n}" for reason, n in sorted(reasons.items()))
        )
    if count["merge"]:
        told.append(f"{count['merge']} merged: the same house mapped twice")
    if count["open"]:
        told.append(
            f"{count['open']} that the rule does not decide are in {REST}: "
            "look at each, and give the decisions with --audit"
        )
    return tuple(told)
