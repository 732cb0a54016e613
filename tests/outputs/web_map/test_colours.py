"""Colours of the interactive map: told apart in every kind of colour vision, and in grey."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from kiezreach.outputs import style
from kiezreach.outputs.web_map import colours

# Machado, Oliveira and Fernandes (2009), table 1: severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def linear(colour: str) -> np.ndarray:
    value = np.frombuffer(bytes.fromhex(colour[1:]), dtype=np.uint8) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str = "normal") -> np.ndarray:
    """CIE Lab (D65) of a colour as somebody sees it."""
    seen = np.clip(np.asarray(VISION[vision]) @ linear(colour), 0, 1)
    xyz = TO_XYZ @ seen / (TO_XYZ @ np.ones(3))
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """CIEDE2000, after Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    c1, c2 = np.hypot(a1 * (1 + g), b1), np.hypot(a2 * (1 + g), b2)
    h1 = np.degrees(np.arctan2(b1, a1 * (1 + g))) % 360
    h2 = np.degrees(np.arctan2(b2, a2 * (1 + g))) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * np.cos(np.radians(hm - 30))
        + 0.24 * np.cos(np.radians(2 * hm))
        + 0.32 * np.cos(np.radians(3 * hm + 6))
        - 0.20 * np.cos(np.radians(4 * hm - 63))
    )
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rotation = (
        -2
        * np.sqrt(cm**7 / (cm**7 + 25.0**7))
        * np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    )
    c, h = (c2 - c1) / sc, dh / sh
    return float(np.sqrt(((l2 - l1) / sl) ** 2 + c**2 + h**2 + rotation * c * h))


def contrast(first: str, second: str) -> float:
    """Contrast of two colours as WCAG 2 defines it."""
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_the_published_pairs(first, second, expected):
    assert difference(np.array(first), np.array(second)) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("vision", VISION)
def test_classes_of_coverage_are_told_apart_and_darken(vision):
    seen = [lab(colour, vision) for colour in colours.COVERAGE]
    assert min(difference(a, b) for a, b in combinations(seen, 2)) > 8
    assert all(a[0] - b[0] > 10 for a, b in pairwise(seen)), "in grey as well"


@pytest.mark.parametrize("vision", VISION)
def test_gaps_are_told_from_every_class_and_from_the_background(vision):
    grounds = [*colours.COVERAGE, *(colours.BACKGROUND[k] for k in ("water", "green"))]
    for colour in (colours.GAP["fill"], colours.GAP["edge"]):
        seen = lab(colour, vision)
        assert min(difference(seen, lab(ground, vision)) for ground in grounds) > 15


@pytest.mark.parametrize("vision", VISION)
def test_gained_and_lost_are_told_apart(vision):
    gained, lost = (lab(colours.CHANGE[change], vision) for change in ("gained", "lost"))
    assert difference(gained, lost) > 15


def test_what_must_be_found_stands_out_from_white():
    """Contrast of 3:1 for what is not text, where no dark edge gives it."""
    for colour in (
        colours.GAP["fill"], colours.GAP["edge"], colours.CATCHMENT, colours.BORDER,
        colours.LINK["line"], colours.LOSS, *colours.CHANGE.values(), colours.COVERAGE[-1],
        colours.SIGN_EDGE, colours.BACKGROUND["streets"],
    ):  # fmt: skip
        assert contrast(colour, "#ffffff") >= 3, colour


def test_signs_stand_out_on_every_ground():
    """Either their dark edge or the white one around it."""
    grounds = [*colours.COVERAGE, *colours.BACKGROUND.values(), colours.GAP["fill"]]
    for ground in grounds:
        assert max(contrast(ground, colours.SIGN_EDGE), contrast(ground, "#ffffff")) >= 3, ground


def test_numbers_are_read_on_their_signs():
    assert contrast(colours.GAP["text"], colours.GAP["badge"]) >= 4.5
    assert contrast(colours.GAP["text"], colours.GAP["fill"]) >= 4.5
    assert contrast(colours.PROPOSAL["edge"], colours.PROPOSAL["fill"]) >= 4.5


def test_kinds_of_centres_differ_in_shape_where_they_might_not_in_colour():
    kinds = style.kind_styles([f"kind {k}" for k in range(7)]).values()
    for vision in VISION:
        for first, second in combinations(kinds, 2):
            apart = difference(lab(first.colour, vision), lab(second.colour, vision))
            assert apart > 10 or first.marker != second.marker
