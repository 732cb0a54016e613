"""Online background tiles: an option of the interactive map, off until a reader asks for them."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from kiezreach.errors import shown
from kiezreach.study.parts import Part

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+(?::\d+)?")
_ADDRESS = re.compile(r"[A-Za-z0-9:/?&=._~%+,@{}-]+")


class Tiles(Part):
    """A server of map tiles that the interactive map may show when a reader asks for it.

    The map opens without it and without any connection. Whoever switches it on lets that server
    know which places are looked at.
    """

    url: str
    """Address with {z}, {x} and {y}, at one host, by https."""
    attribution: Annotated[str, Field(min_length=1)]
    """What the server's terms ask maps to say."""
    max_zoom: Annotated[int, Field(ge=1, le=22)] = 19
    """Last zoom level that the server has tiles for."""

    @property
    def host(self) -> str:
        """The one host that the map may connect to."""
        return urlsplit(self.url).netloc

    @model_validator(mode="after")
    def _address_names_one_host(self) -> Self:
        parts = urlsplit(self.url)
        fields = set(re.findall(r"\{(.*?)\}", self.url))
        usable = (
            parts.scheme == "https"
            and _HOST.fullmatch(parts.netloc)
            and _ADDRESS.fullmatch(self.url)
            and fields == {"z", "x", "y"}
        )
        if not usable:
            msg = (
                f"'{shown(self.url)}' is no address of tiles. Give https, one host, and {{z}}, "
                "{x} and {y}: https://tiles.example.org/{z}/{x}/{y}.png"
            )
            raise ValueError(msg)
        return self
