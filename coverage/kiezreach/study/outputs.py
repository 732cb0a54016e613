"""What a build writes beside its maps and tables."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator

from kiezreach.study.parts import Part

LayerFormat = Literal["geojson", "geoparquet"]
LAYER_FORMATS: tuple[LayerFormat, ...] = get_args(LayerFormat)


def _each_once(formats: tuple[LayerFormat, ...]) -> tuple[LayerFormat, ...]:
    return tuple(sorted(set(formats)))


class Outputs(Part):
    """What is written on request."""

    formats: Annotated[tuple[LayerFormat, ...], AfterValidator(_each_once)] = ()
    """Formats of the layers beside `layers.gpkg`, one file per layer in the folder `layers`:
    geojson (RFC 7946, longitude and latitude) or geoparquet (in the CRS of the study)."""
