"""Addresses with their places, and the one that somebody means."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.sources.columns import require_columns
from kiezreach.sources.files import read_table
from kiezreach.sources.places import lonlat_points

if TYPE_CHECKING:
    from kiezreach.study import Study

_COLUMNS = ["street", "housenumber", "postcode"]
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_POSTCODE = re.compile(r"\b\d{5}\b")
_NUMBER = re.compile(
    r"(?P<street>.*?\D)\s*(?P<number>\d+\s*[a-z]?(\s*[-/]\s*\d+\s*[a-z]?)?)$", re.IGNORECASE
)
_NEAR = 4  # addresses that a message names


@dataclass(frozen=True, eq=False)
class AddressBook:
    """Addresses by street and number.

    Parameters
    ----------
    table
        ``street``, ``housenumber``, ``postcode`` as in the file, the keys ``street_key`` and
        ``number_key`` that they are compared by, and points in EPSG:4326.
    file
        The file, for messages.
    """

    table: gpd.GeoDataFrame
    file: Path

    def find(self, asked: str) -> tuple[str, shapely.Point]:
        """Return the address that somebody means, as the file writes it, and its place.

        Parameters
        ----------
        asked
            Street and number, with the postcode where several streets share the name. Case, ß or
            ss, umlauts or ae, Str. or Straße, hyphens and blanks make no difference.

        Raises
        ------
        InputError
            If there is none, or several; with those that may be meant.
        """
        postcode = _POSTCODE.search(asked)
        before = asked[: postcode.start()] if postcode else asked
        parts = _NUMBER.match(before.split(",")[0].strip())
        if parts is None:
            msg = f"'{shown(asked)}' has no house number"
            raise InputError(
                msg, remedy="Give street and number, for example: Hauptstraße 5, 10827"
            )
        street, number = _key(parts["street"]), _key(parts["number"])
        there = self.table[self.table["street_key"] == street]
        if postcode:
            there = there[there["postcode"] == postcode[0]]
        if there.empty:
            raise self._unknown(asked, street)
        found = there[there["number_key"] == number]
        if len(found) == 1:
            return _written(found.iloc[0]), found.geometry.iloc[0]
        if len(found):
            msg = f"there are {len(found)} addresses '{shown(asked)}'"
            listed = "; ".join(_written(row) for _, row in found.iterrows())
            raise InputError(msg, remedy=f"Add the postcode: {listed}")
        msg = f"'{shown(asked)}' is not in {shown(self.file.name)}"
        listed = "; ".join(_written(row) for _, row in _nearest(there, parts["number"]).iterrows())
        remedy = f"Take one beside it ({listed}), or give at = [longitude, latitude]"
        raise InputError(msg, remedy=remedy)

    def _unknown(self, asked: str, street: str) -> InputError:
        """Say that there is no such street, and which are likest to it."""
        names = self.table.drop_duplicates("street_key").set_index("street_key")["street"]
        close = [names[key] for key in difflib.get_close_matches(street, names.index, n=3)]
        msg = f"no street of '{shown(asked)}' is in {shown(self.file.name)}"
        if street in names:
            here = sorted(set(self.table.loc[self.table["street_key"] == street, "postcode"]))
            close = [f"{names[street]}, {code}" for code in here]
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        return InputError(msg, remedy=f"{hint}Not every address is there: give at = [lon, lat]")


def read_address_book(study: Study) -> AddressBook | None:
    """Read the addresses of a study; None where it names no file.

    Raises
    ------
    InputError
        If the file or a coordinate is wrong.
    """
    if study.addresses is None:
        return None
    path = study.path(study.addresses.file)
    raw = read_table(path)
    require_columns(raw, _COLUMNS, path)
    keys = pd.DataFrame(
        {"street_key": raw["street"].map(_key), "number_key": raw["housenumber"].map(_key)}
    )
    table = gpd.GeoDataFrame(raw[_COLUMNS].join(keys), geometry=lonlat_points(raw, path))
    return AddressBook(table, path)


def _key(text: str) -> str:
    """Return what a street or number is compared by: letters and digits, Str. written out."""
    plain = text.strip().lower().translate(_UMLAUTS)
    plain = re.sub(r"str(\.|$|(?=[\s-]))", "strasse", plain)
    return re.sub(r"[^a-z0-9]", "", plain)


def _written(row: pd.Series) -> str:
    """Write an address on one line."""
    return f"{row['street']} {row['housenumber']}, {row['postcode']}"


def _nearest(there: pd.DataFrame, number: str) -> pd.DataFrame:
    """Return the addresses of a street whose numbers are nearest to one."""
    asked = int(re.findall(r"\d+", number)[0])
    numbers = there["housenumber"].str.extract(r"(\d+)")[0].astype(float).fillna(1e9)
    order = (numbers - asked).abs().sort_values(kind="stable").index
    return there.loc[order].head(_NEAR)
