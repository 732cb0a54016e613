"""Read the sources of Berlin's neighbourhood centres into one form, a row per object.

Every reader returns points in EPSG:4326 with the columns ``name``, ``operator``, ``address``,
``source``, ``source_date``, ``node``, ``tag``, ``tag_for`` and ``wheelchair``; text is stripped and
empty where missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from berlin_inputs import berlin_path
from kiezreach.sources.centre_rule import kind_of, slug

OSM_DATE: Final = "2025-09-30"
"""Date of the OpenStreetMap extract with all tags."""

LATER_OSM_DATE: Final = "2026-03"
"""Date of the later OpenStreetMap extract (nodes only, no tags beyond name and address)."""

REGISTERS: Final = {
    "kita": ("candidates/kindertagesstaetten.geojson", "day-care centres"),
    "jfe": ("candidates/jugendfreizeiteinrichtungen.geojson", "youth facilities"),
}
"""Public registers of houses of which some are family or neighbourhood centres by name."""

REGISTER_DATE: Final = "2022"
"""Year of the registers (2022 to 2023)."""

PARTIAL_OPERATORS: Final = (
    "Trägerverbund (not named)",
    "KIS: Humanistischer Verband Berlin-Brandenburg",
)
"""Operators as given for a page's centre that name nobody, or the body in one part of the house."""


def german_address(street: str, number: str, postcode: str) -> str:
    """Return ``Straße Nr, PLZ Berlin`` with what is known; empty without a street."""
    if not street:
        return ""
    return f"{f'{street} {number}'.strip()}, {f'{postcode} Berlin'.strip()}"


def stripped(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as stripped text, empty where missing."""
    return frame[column].fillna("").astype(str).str.strip()


def read_mapped(shared: Path) -> gpd.GeoDataFrame:
    """Read the community centres mapped in OpenStreetMap, one row per object.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per object in EPSG:4326. An area has no OpenStreetMap id in the extract.
    """
    path = berlin_path(shared, "centres/osm_community_centres_berlin_2025-09.geojson")
    raw = gpd.read_file(path)
    postcode = pd.to_numeric(raw["addr:postcode"]).astype("Int64").astype("string").fillna("")
    node = stripped(raw, "osm_node_id")
    columns = {
        "node": node,
        "name": stripped(raw, "name"),
        "operator": stripped(raw, "operator").str.replace(r"\s*;\s*", "; ", regex=True),
        "tag": stripped(raw, "community_centre"),
        "tag_for": stripped(raw, "community_centre:for"),
        "address": [
            german_address(*parts)
            for parts in zip(
                stripped(raw, "addr:street"),
                stripped(raw, "addr:housenumber"),
                postcode,
                strict=True,
            )
        ],
        "wheelchair": stripped(raw, "wheelchair"),
        "source": [
            f"OpenStreetMap node {n}" if n else "OpenStreetMap area (no id in the extract)"
            for n in node
        ],
        "source_date": OSM_DATE,
    }
    return gpd.GeoDataFrame(columns, geometry=raw.geometry, crs=raw.crs).to_crs("EPSG:4326")


def read_later_nodes(shared: Path, known: pd.Series) -> gpd.GeoDataFrame:
    """Read the nodes that only the later OpenStreetMap extract has and whose name is kept."""
    path = berlin_path(shared, "candidates/berlin-points-of-interest-community-centers-details.csv")
    raw = pd.read_csv(path, dtype="string")
    name = stripped(raw, "name")
    new = ~raw["id"].isin(known) & name.map(lambda n: kind_of(n) is not None)
    raw, name = raw[new].reset_index(drop=True), name[new].reset_index(drop=True)
    columns = {
        "node": raw["id"].astype(str),
        "name": name,
        "operator": "",
        "tag": "",
        "tag_for": "",
        "address": [
            german_address(street, "", postcode)
            for street, postcode in zip(
                stripped(raw, "street"), stripped(raw, "zip_code"), strict=True
            )
        ],
        "wheelchair": "",
        "source": "OpenStreetMap node " + raw["id"].astype(str),
        "source_date": LATER_OSM_DATE,
    }
    points = gpd.points_from_xy(raw["lon"].astype(float), raw["lat"].astype(float))
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def read_registers(shared: Path) -> gpd.GeoDataFrame:
    """Read the day-care centres and youth facilities whose registered name is kept."""
    tables = []
    for key, (relative, title) in REGISTERS.items():
        raw = gpd.read_file(berlin_path(shared, relative)).to_crs("EPSG:4326")
        raw = raw[stripped(raw, "e_name").map(lambda name: kind_of(name) is not None)]
        street = stripped(raw, "e_strasse").str.replace(r"(?i)(?<=str)\.$", "aße", regex=True)
        parts = zip(street, stripped(raw, "e_hnr"), stripped(raw, "e_plz"), strict=True)
        columns = {
            "centre_id": f"register-{key}-" + stripped(raw, "e_nr").str.lower(),
            "name": stripped(raw, "e_name"),
            "operator": stripped(raw, "t_name"),
            "address": [german_address(*part) for part in parts],
            "source": f"Geoportal Berlin, register of {title}, no. " + stripped(raw, "e_nr"),
            "source_date": REGISTER_DATE,
        }
        tables.append(gpd.GeoDataFrame(columns, geometry=raw.geometry, crs=raw.crs))
    registers = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True))
    registers[["node", "tag", "tag_for", "wheelchair"]] = ""
    return registers


def read_pages(shared: Path, audit: pd.DataFrame) -> gpd.GeoDataFrame:
    """Read the centres that public pages name; the audit may correct place, address and source."""
    raw = pd.read_csv(
        berlin_path(shared, "centres/centres_seen_on_pages.tsv"), sep="\t", dtype="string"
    )
    name = stripped(raw, "name").str.replace('"', "", regex=False)
    address = zip(*(stripped(raw, c) for c in ("street", "housenumber", "postcode")), strict=True)
    pages = pd.DataFrame(
        {
            "centre_id": "page-" + name.map(slug),
            "name": name,
            "operator": stripped(raw, "operator").replace(list(PARTIAL_OPERATORS), ""),
            "address": [german_address(*parts) for parts in address],
            "source": stripped(raw, "source_url"),
            "source_date": stripped(raw, "page_date").str.extract(r"(\d{4}(?:-\d{2}-\d{2})?)")[0],
            "lon": pd.to_numeric(raw["lon"]),
            "lat": pd.to_numeric(raw["lat"]),
        }
    )
    added = audit[audit["decision"].eq("add")]
    extra = added[["centre_id", "name", "operator", "address", "source", "source_date"]]
    pages = pd.concat([pages, extra], ignore_index=True).set_index("centre_id")
    place = audit[audit["lon"].ne("")].set_index("centre_id")
    pages.loc[place.index, "lon"] = place["lon"].astype(float)
    pages.loc[place.index, "lat"] = place["lat"].astype(float)
    pages = pages.reset_index().fillna({"source_date": ""})
    pages[["node", "tag", "tag_for", "wheelchair"]] = ""
    return gpd.GeoDataFrame(
        pages.drop(columns=["lon", "lat"]),
        geometry=gpd.points_from_xy(pages["lon"], pages["lat"]),
        crs="EPSG:4326",
    )
