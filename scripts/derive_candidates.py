"""Derive ``data/candidates/berlin_candidates.csv``: houses that could take in a centre or help one.

Schools, day-care centres and youth facilities come from Berlin's registers, public libraries and
places of worship from OpenStreetMap. Vocational schools, libraries of universities, archives and
firms, cemeteries and what has no name are left out; a house that stands twice within 100 m under
one name is one. ``docs/data.md`` states the rules.

Usage::

    python scripts/derive_candidates.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import geopandas as gpd
import pandas as pd

from berlin_inputs import BERLIN_CRS, DEFAULT_DATA, DEFAULT_SHARED, berlin_path, read_planning_areas
from centre_inputs import german_address, stripped
from kiezreach.sources.centre_rule import slug

COLUMNS: Final = (
    "candidate_id",
    "kind",
    "name",
    "address",
    "operator",
    "lon",
    "lat",
    "planning_area_id",
)

VOCATIONAL: Final = (
    "Berufsfachschule",
    "Berufsschule",
    "Berufsschule mit sonderpäd. Aufgaben",
    "Fachschule",
    "Kombinierte berufliche Schule",
    "Oberstufenzentrum",
)
"""Types of school whose pupils come from the whole city: no partner of a neighbourhood."""

REGISTERS: Final = {
    "daycare": "candidates/kindertagesstaetten.geojson",
    "youth_centre": "candidates/jugendfreizeiteinrichtungen.geojson",
}

OSM_POINTS: Final = {
    "library": "candidates/berlin-points-of-interest-libraries-details.csv",
    "place_of_worship": "candidates/berlin-points-of-interest-places-of-worship-details.csv",
}

NOT_FOR_EVERYBODY: Final = {
    "library": (
        r"fachbib|bereichsbib|campus|(?<!stadt)teilbib|zweigbib|archiv|institut|universit|patient|patente|"
        r"gymnasium|schulbib|stiftung|bundestag|rechtswiss|sozialwiss|wirtschaft|physik|medizin|"
        r"agentur|desy|escp|\bici\b|\bkeh\b|wiko|artothek|medienforum|konservatismus|buddhist|"
        r"der freien$|kunstbib|joseph wulf|comic|kollektiv|bücherstube|kulturpost|la rayuela|"
        r"totschka|kalabal|umweltbib|jüdischen|^bibliothek$"
    ),
    "place_of_worship": r"friedhof|kirchhof|raum der stille|kabbalah|studienkreis",
}
"""Names of special libraries, cemeteries, and rooms that belong to no congregation."""

SAME_HOUSE_M: Final = 100.0
"""One name twice within this distance is one house: a gate and a building, two programmes."""


def read_schools(shared: Path) -> gpd.GeoDataFrame:
    """Read the general and special schools of the register."""
    raw = gpd.read_file(berlin_path(shared, "candidates/schulen.geojson")).to_crs("EPSG:4326")
    raw = raw[~raw["schulart"].isin(VOCATIONAL)].reset_index(drop=True)
    columns = {
        "candidate_id": "school-" + stripped(raw, "bsn").str.lower(),
        "kind": "school",
        "name": stripped(raw, "name"),
        "address": addresses(raw, "strasse", "hausnr", "plz"),
        "operator": stripped(raw, "traeger"),
    }
    return gpd.GeoDataFrame(columns, geometry=raw.geometry)


def read_register(shared: Path, kind: str) -> gpd.GeoDataFrame:
    """Read the day-care centres or the youth facilities of their register."""
    raw = gpd.read_file(berlin_path(shared, REGISTERS[kind])).to_crs("EPSG:4326")
    raw = raw.assign(
        e_strasse=stripped(raw, "e_strasse").str.replace(r"(?i)(?<=str)\.$", "aße", regex=True)
    )
    columns = {
        "candidate_id": f"{kind.replace('_', '-')}-" + stripped(raw, "e_nr"),
        "kind": kind,
        "name": stripped(raw, "e_name"),
        "address": addresses(raw, "e_strasse", "e_hnr", "e_plz"),
        "operator": stripped(raw, "t_name"),
    }
    return gpd.GeoDataFrame(columns, geometry=raw.geometry)


def read_osm_points(shared: Path, kind: str) -> gpd.GeoDataFrame:
    """Read libraries or places of worship that OpenStreetMap has as named points."""
    raw = pd.read_csv(berlin_path(shared, OSM_POINTS[kind]), dtype="string")
    name = stripped(raw, "name")
    kept = name.ne("") & ~name.str.contains(NOT_FOR_EVERYBODY[kind], case=False, regex=True)
    raw = raw[kept].reset_index(drop=True)
    postcode = stripped(raw, "zip_code").str.removesuffix(".0")
    columns = {
        "candidate_id": f"{kind.replace('_', '-')}-osm-n" + raw["id"].astype(str),
        "kind": kind,
        "name": stripped(raw, "name"),
        "address": [
            german_address(street, "", code)
            for street, code in zip(stripped(raw, "street"), postcode, strict=True)
        ],
        "operator": "",
    }
    points = gpd.points_from_xy(raw["lon"].astype(float), raw["lat"].astype(float))
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def addresses(raw: gpd.GeoDataFrame, street: str, number: str, postcode: str) -> list[str]:
    """Return the address line of each row."""
    parts = zip(stripped(raw, street), stripped(raw, number), stripped(raw, postcode), strict=True)
    return [german_address(*part) for part in parts]


def without_doubles(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the first of the sites of one kind and name within :data:`SAME_HOUSE_M`."""
    sites = sites.sort_values("candidate_id", ignore_index=True)
    points = sites.geometry.to_crs(BERLIN_CRS)
    left, right = points.sindex.query(points, predicate="dwithin", distance=SAME_HOUSE_M)
    key = sites["kind"] + " " + sites["name"].map(slug)
    doubles = sorted(
        {int(b) for a, b in zip(left, right, strict=True) if a < b and key[a] == key[b]}
    )
    return sites.drop(index=doubles).reset_index(drop=True)


def derive(shared: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return the table of candidate sites, and how many were read of each kind."""
    frames = [
        read_schools(shared),
        *(read_register(shared, kind) for kind in REGISTERS),
        *(read_osm_points(shared, kind) for kind in OSM_POINTS),
    ]
    sites = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs="EPSG:4326")
    areas = read_planning_areas(shared)[["area_id", "geometry"]]
    inside = sites.to_crs(BERLIN_CRS).sjoin(areas, predicate="within", how="inner")
    read = sites["kind"].value_counts()
    kept = sites.loc[inside.index].assign(planning_area_id=inside["area_id"])
    table = without_doubles(kept)
    table["name"] = table["name"].str.replace(r"\s+", " ", regex=True)
    table["operator"] = table["operator"].str.replace(r"\s+", " ", regex=True)
    table["lon"] = [f"{point.x:.6f}" for point in table.geometry]
    table["lat"] = [f"{point.y:.6f}" for point in table.geometry]
    return pd.DataFrame(table[list(COLUMNS)]), read


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "candidates" / "berlin_candidates.csv",
)
def main(shared: Path, out: Path) -> None:
    """Derive the candidate sites of Berlin."""
    table, read = derive(shared)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(out, index=False, encoding="utf-8", lineterminator="\n")
    counts = pd.DataFrame({"read": read, "kept": table["kind"].value_counts()})
    click.echo(f"{counts}\n{out}: {len(table)} rows")


if __name__ == "__main__":
    main()
