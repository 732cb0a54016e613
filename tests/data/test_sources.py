"""What the maps print about the data is what the documentation says they print."""

from __future__ import annotations

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_every_attribution_of_the_study_stands_in_the_sources():
    study = tomllib.loads((REPOSITORY / "data/berlin.toml").read_text(encoding="utf-8"))
    sources = (REPOSITORY / "data/SOURCES.md").read_text(encoding="utf-8")
    parts = ["areas", "centres", "residents", "inhabited", "network", "candidates"]
    texts = [study[part]["attribution"] for part in parts]
    texts += [part["attribution"] for part in study["indicators"]]
    texts.append(study["background"]["water"]["attribution"])
    for text in texts:
        assert f"„{text}“" in sources


def test_every_packaged_file_has_its_sources():
    sources = (REPOSITORY / "data/SOURCES.md").read_text(encoding="utf-8")
    for path in sorted((REPOSITORY / "data").glob("*/*")):
        assert path.name in sources, path
