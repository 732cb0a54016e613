"""What a build writes beside its tables, and in which forms."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator

from kiezreach.study.parts import Language, Part, as_tuple

Edition = Literal["de", "en", "de-leicht"]
"""An edition of a brief; de-leicht is plain German."""
LayerFormat = Literal["geojson", "geoparquet"]
LAYER_FORMATS: tuple[LayerFormat, ...] = get_args(LayerFormat)
_Names = TypeVar("_Names", bound=tuple[str, ...] | bool)


def _sorted_once(formats: tuple[LayerFormat, ...]) -> tuple[LayerFormat, ...]:
    return tuple(sorted(set(formats)))


def _distinct(names: _Names) -> _Names:
    if isinstance(names, tuple) and len(set(names)) < len(names):
        msg = f"{', '.join(names)} names one twice. Name each once"
        raise ValueError(msg)
    return names


class Outputs(Part):
    """In which forms results are written."""

    languages: Annotated[
        tuple[Language, ...],
        BeforeValidator(as_tuple, json_schema_input_type=tuple[Language, ...]),
        AfterValidator(_distinct),
    ] = ()
    """Languages of printed maps and briefs; the study's alone if absent."""
    greyscale: bool = False
    """Draw each printed map in shades of grey too, for printers and copiers without colour."""
    formats: Annotated[tuple[LayerFormat, ...], AfterValidator(_sorted_once)] = ()
    """Formats of the layers beside `layers.gpkg`, one file per layer in the folder `layers`:
    geojson (RFC 7946, longitude and latitude) or geoparquet (in the CRS of the study)."""
    briefs: Annotated[
        bool | tuple[Edition, ...],
        BeforeValidator(as_tuple, json_schema_input_type=bool | tuple[Edition, ...]),
        AfterValidator(_distinct),
    ] = True
    """Editions of the briefs on the city and each district, de-leicht for plain German; true for
    one in each language, false for none."""
