"""Make the picture of the README from the printed map of a build.

    python scripts/readme_picture.py [OUTPUT_FOLDER]

OUTPUT_FOLDER is what `kiezreach build` wrote (outputs/berlin unless given). The picture,
docs/images/berlin.png, is the coverage map at a size that a screen shows, in 256 colours.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "berlin.png"
WIDTH_PX = 1600  # twice the width of a README's column, for fine screens
MOST_BYTES = 500_000
COLOURS = (256, 128, 64)  # tried in this order until the file is small enough


def make_picture(sheet: Path, picture: Path) -> int:
    """Write a small version of a printed map.

    Parameters
    ----------
    sheet
        PNG of the printed map.
    picture
        PNG to write.

    Returns
    -------
    int
        Size of the picture in bytes.

    Raises
    ------
    ValueError
        If it does not fit `MOST_BYTES` even with the fewest colours.
    """
    with Image.open(sheet) as image:
        size = (WIDTH_PX, round(WIDTH_PX * image.height / image.width))
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    for colours in COLOURS:
        # k-means gives large pale grounds and small vivid marks the colours that they have.
        reduced = small.quantize(
            colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
        )
        reduced.save(picture, optimize=True)
        if picture.stat().st_size < MOST_BYTES:
            return picture.stat().st_size
    msg = f"{picture} has {picture.stat().st_size} bytes; allowed are {MOST_BYTES}"
    raise ValueError(msg)


def main() -> None:
    """Read the command line and make the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "outputs",
        nargs="?",
        type=Path,
        default=ROOT / "outputs" / "berlin",
        help="folder of a build (default: outputs/berlin)",
    )
    sheet = parser.parse_args().outputs / "print" / "coverage.png"
    if not sheet.is_file():
        parser.error(f"{sheet} does not exist: run kiezreach build first")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    print(f"{PICTURE}: {make_picture(sheet, PICTURE):,} bytes")


if __name__ == "__main__":
    main()
