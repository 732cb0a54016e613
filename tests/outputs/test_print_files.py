"""The files of the printed maps: whole, the same every time, vectors as vectors, text as text."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from kiezreach.errors import OutputError
from kiezreach.outputs import style
from kiezreach.outputs.print_map import press, write_print_maps
from kiezreach.outputs.print_map.coverage import dots
from kiezreach.study import Study

from .print_world import WORLDS, World, build_world, words_on

ENDINGS = ("png", "pdf", "svg")
TOWN = ("coverage", "gaps", "need", "district-01", "district-02")


@pytest.fixture(scope="module")
def town() -> World:
    """Return the plain town; tests must not change it."""
    return build_world()


@pytest.fixture(scope="module")
def folder(town: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with all maps of the town at 300 dpi; tests must not change it."""
    target = tmp_path_factory.mktemp("print")
    write_print_maps(town.study, town.inputs, town.analysis, target)
    return target


def print_all(world: World, folder: Path, **options: Any) -> set[str]:
    """Write the maps of a world; return the names of the files."""
    written = write_print_maps(world.study, world.inputs, world.analysis, folder, **options)
    assert sorted(path.name for path in written) == sorted(p.name for p in folder.iterdir())
    return {path.name for path in written}


def names(*stems: str) -> set[str]:
    """Return the names of the files of some sheets."""
    return {f"{stem}.{ending}" for stem in stems for ending in ENDINGS}


def test_each_sheet_is_picture_and_vectors(folder: Path) -> None:
    """A study with two districts and a need index has five sheets, each in three files."""
    assert {path.name for path in folder.iterdir()} == names(*TOWN)


@pytest.mark.parametrize(
    ("world", "sheets"),
    [
        ("one planning area", ("coverage", "gaps")),
        ("nobody at all", ("coverage", "gaps", "district-01", "district-02")),
        ("other scripts and signs", TOWN),
    ],
)
def test_odd_worlds_give_all_files(
    world: str,
    sheets: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """Any study gives its sheets, without a warning."""
    monkeypatch.setattr(press, "DPI", 40)
    assert print_all(build_world(**WORLDS[world]), tmp_path) == names(*sheets)
    assert all(path.stat().st_size > 1000 for path in tmp_path.iterdir())
    assert [str(warning.message) for warning in recwarn] == []


def test_fewer_maps_on_request(
    town: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may have the maps of the city alone, or none."""
    monkeypatch.setattr(press, "DPI", 30)
    assert print_all(town, tmp_path, maps="none") == set()
    assert print_all(town, tmp_path, maps="city") == names("coverage", "gaps", "need")


def test_languages_and_grey_as_the_study_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files in the study's language and colour have plain names; the others say what they are."""
    monkeypatch.setattr(press, "DPI", 30)
    outputs = {"languages": ["de", "en"], "greyscale": True}
    world = build_world(levels=1, need=False, outputs=outputs)
    stems = ("coverage", "coverage.en", "coverage-grey", "coverage-grey.en")
    gaps = [stem.replace("coverage", "gaps") for stem in stems]
    assert print_all(world, tmp_path) == names(*stems, *gaps)
    told = {stem: pdf_text(tmp_path / f"{stem}.pdf") for stem in stems}
    for stem, text in told.items():
        assert ("Who can walk" in text) == stem.endswith(".en")
        assert ("Wer erreicht" in text) == (not stem.endswith(".en"))
        assert bool(colourful(tmp_path / f"{stem}.png")) == ("grey" not in stem)


def colourful(path: Path) -> int:
    """Count the pixels that are not grey."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    return int((np.ptp(pixels, axis=2) > 2).sum())


@pytest.mark.parametrize("languages", [["de", "de"], ["fr"]])
def test_a_wrong_language_is_refused(languages: list[str]) -> None:
    """A language twice, or one that there is none of, is an error."""
    with pytest.raises(ValueError, match="languages"):
        Study.model_validate(
            build_world(levels=1, need=False).study.model_dump()
            | {"outputs": {"languages": languages}}
        )


def test_areas_have_files_of_their_own() -> None:
    """Ids of areas may hold anything; no two files have one name, in no case of letters."""
    module = sys.modules["kiezreach.outputs.print_map"]
    ids = ["01", "0/1", "0-1", "ä/ö", "a", "A", "../x", ""]
    found = module._file_names("district", ids)
    assert found[:2] == ["district-01", "district-0-1"]
    assert len({name.lower() for name in found}) == len(ids)
    assert all(re.fullmatch(r"[\w-]+", name, re.ASCII) for name in found)


def test_another_process_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Hash seed, time zone, a user's matplotlibrc and further processes change no byte."""
    code = (
        "import sys; from pathlib import Path; from print_world import *\n"
        "if __name__ == '__main__':\n"
        "    w = build_world()\n"
        "    from kiezreach.outputs.print_map import write_print_maps\n"
        "    write_print_maps(w.study, w.inputs, w.analysis, Path(sys.argv[1]), processes=2)"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    rc = tmp_path / "matplotlibrc"
    rc.write_text("savefig.bbox: tight\nfont.size: 30\npdf.fonttype: 3\naxes.facecolor: red\n")
    other = tmp_path / "other"
    other.mkdir()
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "PYTHONPATH": path}
    env |= {"MATPLOTLIBRC": str(rc)}
    subprocess.run([sys.executable, str(script), str(other)], env=env, check=True)
    assert {path.name for path in other.iterdir()} == names(*TOWN)
    for name in names(*TOWN):
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.parametrize("name", TOWN)
def test_pictures_are_a3_at_300_dpi(folder: Path, name: str) -> None:
    """Pictures have the paper's size, tell nothing but their title, and are no empty sheet."""
    with Image.open(folder / f"{name}.png") as image:
        assert image.size == (4960, 3507)
        assert image.mode == "RGB"
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert set(image.info) <= {"dpi", "Title"}
        colours = image.resize((400, 283)).getcolors(400 * 283)
    assert len(colours) > 50


def pdf_text(path: Path) -> str:
    """Return the text of a PDF in one line with ordinary blanks."""
    (page,) = PdfReader(path).pages
    return re.sub(r"\s+", " ", page.extract_text())


@pytest.mark.parametrize("name", TOWN)
def test_pdf_holds_vectors_and_text_with_its_fonts(folder: Path, name: str) -> None:
    """A PDF has the paper's size, no picture, no clock, and embedded TrueType fonts alone."""
    data = (folder / f"{name}.pdf").read_bytes()
    (page,) = PdfReader(folder / f"{name}.pdf").pages
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([1190.55, 841.89], abs=0.01)
    resources = page["/Resources"]
    objects = resources["/XObject"].values() if "/XObject" in resources else []
    assert [x for x in objects if x.get_object()["/Subtype"] == "/Image"] == []
    fonts = [font.get_object() for font in resources["/Font"].values()]
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
        assert "/FontFile2" in inner.get_object()["/FontDescriptor"]
    assert b"/Type3" not in data
    assert b"CreationDate" not in data
    assert b"atplotlib" not in data


def test_pdf_text_can_be_searched_and_copied(town: World, folder: Path) -> None:
    """What stands on the district's sheet is found in its PDF: title, names, figures, umlauts."""
    text = pdf_text(folder / "district-01.pdf")
    written = words_on(town.district("01")).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Straße am Gewässer 101 (Musterstadt): Wer erreicht zu Fuß" in text
    for word in ("Zentrum 0", "Zentrum 1", "Genähertes Straßennetz", "Maßstab 1:"):
        assert word in text
    figures = set(re.findall(r"\d[\d.]+", written))
    assert len(figures) > 20
    assert figures <= set(re.findall(r"\d[\d.]+", text))


@pytest.mark.parametrize("name", TOWN)
def test_svg_holds_vectors_and_text_with_its_fonts(town: World, folder: Path, name: str) -> None:
    """An SVG is well-formed, holds no picture, no link and no date, text as text, and its fonts."""
    source = (folder / f"{name}.svg").read_text(encoding="utf-8")
    root = ET.fromstring(source)
    tags = {node.tag.rsplit("}", 1)[-1] for node in root.iter()}
    assert not tags & {"image", "script", "foreignObject"}
    assert "date" not in tags
    assert "atplotlib" not in source
    assert source.count("@font-face") == source.count("url(data:font/woff;base64,") == 2
    if name == "coverage":
        drawn = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        page = next(town.pages())
        halo_free = [t.get_text() for t in page.axes.texts if not t.get_path_effects()]
        assert [text for text in halo_free if text.strip() and text not in drawn] == []


def test_grey_tells_every_class_of_a_legend_apart(tmp_path: Path) -> None:
    """On sheets in grey, the fields of the legend differ by lightness or by a pattern."""
    world = build_world()
    bands = [*style.band_colours((500, 800, 1000), 800).values(), style.UNSERVED]
    gaps = [*style.class_colours(5), style.SERVED_GROUND]
    need = style.need_colours(5)
    for colours in (bands, gaps, need):
        looks = [
            (style.GREY_PATTERNS.get(colour, ""), lightness(style.grey(colour)))
            for colour in colours
        ]
        for (pattern, light), (other, dark) in combinations(looks, 2):
            assert pattern != other or abs(light - dark) > 10
    # On a district's sheet, bands lie beside gaps as dark as they: dots against plain shades.
    thresholds = [500.0, 800.0]
    assert "" not in (patterns := {dots(thresholds, t) for t in thresholds})
    assert len(patterns) == len(thresholds)
    press.print_sheet(press.Sheet("grey", "", world.district("01", grey=True)), tmp_path, dpi=60)
    assert colourful(tmp_path / "grey.png") == 0


def lightness(grey: str) -> float:
    """Return L* of CIELAB, 0 to 100, of a grey."""
    value = int(grey[1:3], 16) / 255
    linear = ((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92
    return float(116 * np.cbrt(linear) - 16)


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#4b2a86", "#f0b95e", "#0072b2"])
def test_grey_is_as_light_as_the_colour(colour: str) -> None:
    """The grey of a colour is what a copier makes of it: Pillow's luminance in linear light."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [
        ((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in (red, green, blue)
    ]
    wanted = 116 * np.cbrt(np.dot([0.2126, 0.7152, 0.0722], linear)) - 16
    assert lightness(style.grey(colour)) == pytest.approx(wanted, abs=0.5)


def test_readme_picture_is_small_and_keeps_the_colours_of_marks(
    town: World, folder: Path, tmp_path: Path
) -> None:
    """The README's picture has its width and at most 500 kB; marks keep their colour."""
    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "readme_picture.py"))
    size = script["make_picture"](folder / "coverage.png", tmp_path / "small.png")
    assert size == (tmp_path / "small.png").stat().st_size < 500_000
    with Image.open(tmp_path / "small.png") as image:
        assert image.width == 1600
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    marks = [mark.colour for mark in style.kind_styles(town.inputs.centres["kind"]).values()]
    for colour in [*marks, style.OUTSIDE, style.UNSERVED]:
        wanted = list(bytes.fromhex(colour[1:]))
        assert np.abs(pixels - wanted).max(axis=1).min() < 8, colour


class _Deadly:
    """A page whose reading ends the process that reads it."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (1,)


def test_a_writer_that_is_killed_is_told_in_one_line(tmp_path: Path) -> None:
    sheet = press.Sheet("map", "Map", _Deadly())
    with pytest.raises(OutputError, match="--maps none"):
        press.print_sheets([sheet], tmp_path, processes=2)
