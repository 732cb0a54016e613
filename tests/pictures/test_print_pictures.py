"""Printed maps of small towns as pictures that are checked by eye and then kept.

After a wanted change, draw them anew and look at each of them before it is kept:

    KIEZREACH_REDRAW=1 python -m pytest tests/pictures
"""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from packaging.version import Version
from PIL import Image, ImageFilter

from kiezreach.outputs.print_map import press
from kiezreach.outputs.print_map.coverage import draw_coverage
from kiezreach.outputs.print_map.gaps import draw_gaps
from kiezreach.outputs.print_map.need import draw_need
from kiezreach.outputs.print_map.page import Page

from ..outputs.print_world import World, build_world  # noqa: TID252 - tests are no package

pytestmark = pytest.mark.skipif(
    Version(mpl.__version__) < Version("3.11"),
    reason="the pictures were kept with matplotlib 3.11: before it, letters stand otherwise",
)
DPI = 50
COLOURS = 256
MOST_BYTES = 90_000
# What an eye sees as a change: after a slight blur, which takes away where letters fall between
# two pixels, a channel that differs by more than a tenth, on more than three pixels in a thousand.
BLUR, DIFFERENCE, SHARE = 1.2, 26, 0.003


@pytest.fixture(scope="module")
def town() -> World:
    """Return a long town whose centres stand close together in its middle: it has an inset."""
    return build_world(
        columns=6,
        rows=2,
        centres_at=(
            *((0.4 + k % 4 * 0.004, 0.4 + k // 4 * 0.015) for k in range(12)),
            (0.1, 0.2),
            (0.8, 0.7),
        ),
        centre_name=lambda k: f"Nachbarschaftshaus {k}",
    )


def draw(town: World, name: str) -> Page:
    """Draw one of the sheets."""
    themes = {"coverage": draw_coverage, "gaps": draw_gaps, "need": draw_need}
    theme, _, grey = name.partition("-")
    if theme == "district":
        return town.district("01", grey=bool(grey))
    return town.sheet(themes[theme], grey=bool(grey))


@pytest.mark.parametrize("name", ["coverage", "gaps", "need", "district", "district-grey"])
def test_the_sheet_looks_as_it_did_when_it_was_checked(
    town: World, name: str, tmp_path: Path
) -> None:
    kept = Path(__file__).parent / f"print-{name}.png"
    now = tmp_path / kept.name
    press._write_png(press.Sheet(name, "", draw(town, name)), now, DPI)
    with Image.open(now) as image:
        picture = image.convert("RGB")
    picture = picture.quantize(COLOURS)
    picture.save(now, optimize=True)
    if os.environ.get("KIEZREACH_REDRAW"):
        picture.save(kept, optimize=True)
        pytest.skip(f"{kept.name} is drawn anew: look at it")
    with Image.open(kept) as image:
        assert image.size == picture.size, f"another size; see {now}"
        before, after = (_seen(part) for part in (image, picture))
    changed = (np.abs(before - after).max(axis=2) > DIFFERENCE).mean()
    assert changed <= SHARE, f"{changed:.2%} of the sheet looks different; see {now}"
    assert kept.stat().st_size <= MOST_BYTES


def _seen(image: Image.Image) -> np.ndarray:
    """Return a picture as an eye sees it from some way off."""
    blurred = image.convert("RGB").filter(ImageFilter.GaussianBlur(BLUR))
    return np.asarray(blurred).astype(int)
