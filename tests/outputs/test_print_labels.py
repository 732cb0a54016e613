"""No two lines of text on one place, whatever a study holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely

from kiezreach.outputs.print_map import page as sheet_page
from kiezreach.outputs.print_map.captions import place_captions
from kiezreach.outputs.print_map.labels import Room
from kiezreach.outputs.print_map.lettering import printable, text_width

from .print_world import WORLDS, build_world, text_boxes


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_no_text_overlaps_or_leaves_the_sheet(name: str) -> None:
    """On every sheet of any study, every line of text lies on the paper and on no other line."""
    sheet = shapely.box(5, 5, sheet_page.WIDTH_MM - 5, sheet_page.HEIGHT_MM - 5)
    for page in build_world(**WORLDS[name]).pages():
        boxes = text_boxes(page)
        assert [text for text, box in boxes if not shapely.covers(sheet, box)] == []
        # A tenth of a millimetre at the edge of a line is room that its letters do not use.
        lying = [(text, shapely.buffer(box, -0.1)) for text, box in boxes]
        assert [
            (first, second)
            for (first, a), (second, b) in combinations(lying, 2)
            if shapely.intersects(a, b)
        ] == []


def test_names_of_places_lie_beside_their_marks_and_apart() -> None:
    """Nine marks on a grid have their names beside them; a tenth in a corner has a line to it."""
    xy = np.array([(x, y) for x in (40, 100, 160) for y in (30, 60, 90)], dtype=float)
    names = [f"Haus {k}" for k in range(len(xy))]
    room = Room(shapely.box(0, 0, 200, 120), marks=xy)
    captions = place_captions(names, xy, 3.0, room, size=8)
    assert [caption.leader for caption in captions] == [None] * len(xy)
    for (x, y), caption in zip(xy, captions, strict=True):
        assert caption.label is not None
        assert abs(caption.label.x - x) < 20
        assert abs(caption.label.baselines[0] - y) < 5
    # All around this mark is taken, to 4 mm from it: its name goes farther away, on a line.
    taken = [(96.0, 56.0, 104.0, 64.0)]
    (caption,) = place_captions(
        ["Haus"], np.array([[100.0, 60.0]]), 3.0, Room(room.frame, taken), size=8
    )
    assert caption.leader is not None
    assert caption.leader[0] == (100.0, 60.0)


def test_a_name_without_room_is_told_to_be_missing() -> None:
    """Where nothing is free, a name has no label; it is not put on top of another."""
    everything = Room(shapely.box(0, 0, 50, 50), [(0.0, 0.0, 50.0, 50.0)])
    (caption,) = place_captions(["Haus"], np.array([[25.0, 25.0]]), 3.0, everything, size=8)
    assert caption.label is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Haus 🏠", "Haus ▯"),
        ("👨\u200d👩\u200d👧 Treff", "▯ Treff"),
        ("👍🏽", "▯"),
        ("北京路", "▯▯▯"),
        ("a\u202eb\u2066c", "abc"),
        ("Zeile\r\n\tzwei\x00", "Zeile zwei "),
        ("مركز", "مركز"),
        ("", ""),
    ],
)
def test_what_the_font_lacks_shows_as_an_empty_box(name: str, shown: str) -> None:
    """One box for each character that a reader would count; controls of direction are left out."""
    assert printable(name) == shown


def test_arabic_letters_are_joined() -> None:
    """A word of joined letters is narrower than the same letters one by one."""
    pytest.importorskip("matplotlib", minversion="3.11", reason="older ones do not shape text")
    assert text_width("مركز", 20) < 0.9 * sum(text_width(letter, 20) for letter in "مركز")
