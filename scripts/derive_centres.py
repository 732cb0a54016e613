"""Derive ``data/centres/berlin_centres.csv``: Berlin's neighbourhood centres, audited.

The list starts from the community centres mapped in OpenStreetMap, from centres that public
pages name, and from houses that Berlin's registers of day-care centres and youth facilities name
as family or neighbourhood centres. A rule on names and tags decides the clear cases;
``centres_audit.csv`` decides the rest, one row per object with its reason, so that every object
has exactly one decision and an object that neither decides stops the script. ``docs/data.md``
states the rule in full.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from berlin_inputs import BERLIN_CRS, DEFAULT_DATA, DEFAULT_SHARED, read_planning_areas
from centre_inputs import (
    OSM_DATE,
    read_later_nodes,
    read_mapped,
    read_pages,
    read_registers,
)
from kiezreach.sources.centre_rule import kind_of, reason_to_drop, same_houses, slug

COLUMNS: Final = (
    "centre_id",
    "name",
    "kind",
    "operator",
    "address",
    "lon",
    "lat",
    "district_id",
    "wheelchair",
    "source",
    "source_date",
    "note",
)

AUDIT_FILE: Final = Path(__file__).with_name("centres_audit.csv")

BORDER_M: Final = 250.0
"""A centre nearer than this to another district gets a note, metres."""

GENERIC_NAMES: Final = frozenset(
    {"nachbarschaftshaus", "kieztreff", "kiez treff", "familienzentrum", "stadtteilzentrum"}
)
"""Names that need the Planungsraum beside them to tell one house from another."""


def read_audit(path: Path = AUDIT_FILE) -> pd.DataFrame:
    """Read the decisions that a rule alone cannot make, all columns as text."""
    audit = pd.read_csv(path, dtype=str, keep_default_na=False)
    if audit["centre_id"].duplicated().any():
        msg = f"{path}: {audit.loc[audit['centre_id'].duplicated(), 'centre_id'].iloc[0]} twice"
        raise ValueError(msg)
    return audit


def with_ids(mapped: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each object its Planungsraum and a stable, readable ``centre_id``.

    A node has its OpenStreetMap id. An area has the slug of its name, and where several areas
    share it also the Planungsraum and a running number from west to east.
    """
    joined = mapped.to_crs(BERLIN_CRS).sjoin(areas, predicate="within", how="inner")
    placed = mapped.loc[joined.index].assign(
        area_id=joined["area_id"], area_name=joined["name_right"]
    )
    placed = placed.assign(x=placed.geometry.x).sort_values(["node", "x", "name"], kind="stable")
    base = "osm-" + placed["name"].map(lambda n: slug(n) or "unnamed")
    shared_slug = base.duplicated(keep=False)
    base = base.where(~shared_slug, base + "-" + placed["area_id"])
    number = base.groupby(base).cumcount() + 1
    area_key = base.where(number.eq(1), base + "-" + number.astype(str))
    node_number = placed.groupby("node").cumcount() + 1
    node_key = "osm-n" + placed["node"]
    node_key = node_key.where(node_number.eq(1), node_key + "-" + node_number.astype(str))
    return placed.assign(centre_id=area_key.where(placed["node"].eq(""), node_key))


def audited(row: pd.Series, name: str) -> tuple[str, str | None, str, str]:
    """Return decision, kind, reason class and merge target as the audit has them."""
    if row["decision"] in {"keep", "add"}:
        return "keep", row["kind"] or kind_of(name), "", ""
    return row["decision"], "", row["reason_class"], row["merge_into"]


def ruled(name: str, tag: str, tag_for: str) -> tuple[str, str | None, str, str]:
    """Return decision, kind, reason class and merge target as the rule has them."""
    if (kind := kind_of(name)) is not None:
        return "keep", kind, "", ""
    if (reason := reason_to_drop(name, tag, tag_for)) is not None:
        return "drop", "", reason, ""
    return "undecided", "", "", ""


def decide(objects: gpd.GeoDataFrame, audit: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give each object its decision, kind or reason class, and merge target.

    Raises
    ------
    ValueError
        If an object has no decision, or the audit names an object that does not exist.
    """
    unknown = set(audit["centre_id"]) - set(objects["centre_id"])
    if unknown:
        msg = f"{AUDIT_FILE.name}: no such object: {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    rows = audit.set_index("centre_id")
    keys = zip(
        objects["centre_id"], objects["name"], objects["tag"], objects["tag_for"], strict=True
    )
    decided = [
        audited(rows.loc[centre_id], name) if centre_id in rows.index else ruled(name, *tags)
        for centre_id, name, *tags in keys
    ]
    result = objects.copy()
    columns = ["decision", "kind", "reason_class", "merge_into"]
    result[columns] = pd.DataFrame(decided, index=result.index, columns=columns)
    open_cases = result.loc[result["decision"].eq("undecided"), "centre_id"]
    if len(open_cases):
        msg = f"{AUDIT_FILE.name} lacks a decision on: {', '.join(open_cases)}"
        raise ValueError(msg)
    return result


def merge_same_names(decided: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Merge kept objects of one name that are the same house."""
    into = same_houses(decided[decided["decision"].eq("keep")], BERLIN_CRS)
    result = decided.copy()
    result.loc[into.index, "decision"] = "merge"
    result.loc[into.index, "merge_into"] = into
    return result


def fill_from_merged(decided: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the kept centres; blanks are filled from the objects merged into them."""
    kept = decided[decided["decision"].eq("keep")].set_index("centre_id")
    kept["merged"] = ""
    merged = decided[decided["decision"].eq("merge")].sort_values("centre_id")
    missing = set(merged["merge_into"]) - set(kept.index)
    if missing:
        msg = f"merge target is not a kept centre: {', '.join(sorted(missing))}"
        raise ValueError(msg)
    for target, group in merged.groupby("merge_into"):
        for column in ("operator", "address", "wheelchair"):
            values = [v for v in group[column] if v]
            if not kept.loc[target, column] and values:
                kept.loc[target, column] = values[0]
        ids = [
            i if i.startswith("osm-") else f"{i} ({s})"
            for i, s in zip(group["centre_id"], group["source"], strict=True)
        ]
        kept.loc[target, "merged"] = ", ".join(ids)
    return kept


def apply_audit_fields(kept: gpd.GeoDataFrame, audit: pd.DataFrame) -> gpd.GeoDataFrame:
    """Set the name, operator and address that the audit gives, and the reason as ``why``."""
    rows = audit.set_index("centre_id").reindex(kept.index).fillna("")
    result = kept.assign(why=rows["reason"], evidence=rows["evidence"])
    generic = result["name"].str.lower().isin(GENERIC_NAMES)
    result["name"] = result["name"].where(
        ~generic, result["name"] + " (" + result["area_name"] + ")"
    )
    for column in ("display_name", "operator", "address", "source", "source_date"):
        target = "name" if column == "display_name" else column
        result[target] = rows[column].where(rows[column].ne(""), result[target])
    return result


def nearest_ten(distance_m: float) -> int:
    """Return a distance rounded to ten metres, at least ten."""
    return max(round(distance_m / 10) * 10, 10)


def border_notes(kept: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return for each centre a note on other districts within :data:`BORDER_M`, else empty."""
    districts = areas.assign(district=areas["area_id"].str[:2]).dissolve("district").geometry
    notes = []
    for district, point in zip(
        kept["area_id"].str[:2], kept.to_crs(BERLIN_CRS).geometry, strict=True
    ):
        others = districts.drop(district).distance(point)
        near = others[others <= BORDER_M].sort_values()
        notes.append("; ".join(f"{nearest_ten(d)} m from district {i}" for i, d in near.items()))
    return pd.Series(notes, index=kept.index)


def final_table(kept: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the table in the order of :data:`COLUMNS`, sorted by ``centre_id``."""
    by_name = kept["why"].where(kept["why"].ne(""), "kept by its name")
    evidence = kept["evidence"].map(lambda url: f"evidence: {url}" if url else "")
    merged = kept["merged"].map(lambda ids: f"merged: {ids}" if ids else "")
    parts = zip(by_name, evidence, merged, border_notes(kept, areas), strict=True)
    table = pd.DataFrame(kept.drop(columns="geometry")).reset_index()
    table["note"] = ["; ".join(p for p in row if p) for row in parts]
    table["lon"] = [f"{p.x:.7f}" for p in kept.geometry]
    table["lat"] = [f"{p.y:.7f}" for p in kept.geometry]
    table["district_id"] = table["area_id"].str[:2]
    renamed = table["centre_id"].str.startswith("osm-unnamed")
    table["centre_id"] = table["centre_id"].where(~renamed, "osm-" + table["name"].map(slug))
    return table[list(COLUMNS)].sort_values("centre_id", ignore_index=True)


def derive(shared: Path) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of centres and the decision on every object read."""
    areas = read_planning_areas(shared)
    audit = read_audit()
    mapped = read_mapped(shared)
    later = read_later_nodes(shared, mapped["node"])
    osm = with_ids(pd.concat([mapped, later], ignore_index=True), areas)
    others = pd.concat([read_pages(shared, audit), read_registers(shared)], ignore_index=True)
    joined = others.to_crs(BERLIN_CRS).sjoin(areas, predicate="within", how="left")
    others = others.assign(area_id=joined["area_id"], area_name=joined["name_right"])
    decided = decide(pd.concat([osm, others], ignore_index=True), audit)
    decided = merge_same_names(decided)
    kept = apply_audit_fields(fill_from_merged(decided), audit)
    nowhere = kept.index[kept["area_id"].isna()]
    if len(nowhere):
        msg = f"kept without a place in Berlin: {', '.join(nowhere)}"
        raise ValueError(msg)
    return final_table(kept, areas), decided


def report(table: pd.DataFrame, decided: gpd.GeoDataFrame) -> str:
    """Return counts per kind and district, and per reason class of what was left out."""
    cross = pd.crosstab(table["district_id"], table["kind"], margins=True, margins_name="all")
    osm = decided[decided["source_date"].eq(OSM_DATE) & decided["centre_id"].str.startswith("osm")]
    decisions = Counter(osm["decision"])
    reasons = Counter(osm.loc[osm["decision"].eq("drop"), "reason_class"])
    lines = [cross.to_string(), f"mapped objects {len(osm)}: {dict(sorted(decisions.items()))}"]
    lines += [f"  left out, {reason}: {count}" for reason, count in reasons.most_common()]
    return "\n".join(lines)


def main() -> None:
    """Derive the list and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--out", type=Path, default=DEFAULT_DATA / "centres/berlin_centres.csv")
    args = parser.parse_args()
    table, decided = derive(args.shared)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out, index=False, lineterminator="\n", encoding="utf-8")
    print(report(table, decided))


if __name__ == "__main__":
    main()
