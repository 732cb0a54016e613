"""What is told of licences is true of what is installed, and nothing unknown slips in."""

from __future__ import annotations

import json
import re
from email.message import Message
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kiezreach.cli import group
from kiezreach.licences import carried, licences
from kiezreach.licences.declared import distributions, home_page, licence_files, licence_of

ROOT = Path(__file__).parents[1]

# Licences that were read and found fit to go with an MIT licence: they ask for their notice, and
# the MPL for changes to its own files.
REVIEWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "MIT", "MIT-CMU", "MPL-2.0",
    "Unlicense",
    "PSF-2.0", "Zlib",
}  # fmt: skip


def unreviewed(expression: str) -> set[str]:
    """What of a licence expression was not reviewed; an empty one as a whole."""
    parts = re.split(r" AND | OR | WITH ", expression.replace("(", "").replace(")", ""))
    return set(parts) - REVIEWED


def pinned_here() -> dict[str, str]:
    """The pinned requirements that are meant for this machine."""
    lines = (ROOT / "requirements/user.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z]", line)]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


@pytest.fixture(scope="module")
def found():
    return licences()


def test_every_library_has_a_reviewed_licence(found):
    assert {part["name"]: unreviewed(part["licence"]) for part in found["libraries"]} == {
        part["name"]: set() for part in found["libraries"]
    }


def test_the_libraries_are_those_that_are_pinned(found):
    pinned = pinned_here()
    installed = {part["name"]: part["version"] for part in found["libraries"]}
    if any(pinned.get(name) != version for name, version in installed.items() if name in pinned):
        pytest.skip("other versions than the pinned ones are installed, which may need others")
    build_tools = {*distributions("hatchling"), *distributions("editables")} - {*installed}
    assert installed == {name: pinned[name] for name in pinned if name not in build_tools}


@pytest.mark.parametrize(
    ("metadata", "text", "licence"),
    [
        ({"License-Expression": "mit"}, "", "MIT"),
        ({"License": "Apache-2.0"}, "", "Apache-2.0"),
        ({"License": "BSD 3-Clause License\n\n Copyright (c) 2021"}, "", "BSD-3-Clause"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "", "MIT"),
        (
            {"Classifier": "License :: OSI Approved :: BSD License"},
            "Redistribution and use in source\nand binary forms ... Neither the name of X ...",
            "BSD-3-Clause",
        ),
        (
            {"Classifier": "License :: OSI Approved :: BSD License"},
            "Redistribution and use in source and binary forms, with or without",
            "BSD-2-Clause",
        ),
        # What is not plain is told in its own words, and is not on the reviewed list.
        ({"Classifier": "License :: OSI Approved :: BSD License"}, "", "BSD License"),
        ({"License": "Ask the author\nfirst"}, "", "Ask the author"),
        ({"License-Expression": "GPL-3.0-only"}, "", "GPL-3.0-only"),
        ({}, "All rights reserved.", ""),
    ],
)
def test_licences_of_old_and_new_metadata(tmp_path, metadata, text, licence):
    part = write_distribution(tmp_path, metadata, text)
    assert licence_of(part) == licence
    known = licence in {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"}
    assert (not unreviewed(licence)) == known


def test_a_home_page_is_found_under_its_many_names(tmp_path):
    urls = {"Project-URL": "Source Code, https://code.example"}
    assert home_page(write_distribution(tmp_path / "a", urls, "")) == "https://code.example"
    old = {"Home-page": "https://old.example"}
    assert home_page(write_distribution(tmp_path / "b", old, "")) == "https://old.example"
    assert not home_page(write_distribution(tmp_path / "c", {}, ""))


def write_distribution(folder: Path, metadata: dict[str, str], text: str) -> PathDistribution:
    """Write what an installer leaves of a distribution."""
    info = folder / "thing-1.dist-info"
    info.mkdir(parents=True)
    message = Message()
    for key, value in {"Name": "thing", "Version": "1", **metadata}.items():
        message[key] = value.replace("\n", "\n        ")
    (info / "METADATA").write_text(str(message), "utf-8")
    (info / "LICENSE").write_text(text, "utf-8")
    (info / "RECORD").write_text("thing-1.dist-info/LICENSE,,\nthing/licence.py,,\n", "utf-8")
    part = PathDistribution(info)
    assert licence_files(part) == [info / "LICENSE"]
    return part


def test_shared_libraries_inside_wheels_are_all_told():
    told = {file for part in carried() for file in part["files"]}
    seen = {
        re.split(r"-[0-9a-f]{8}|\.so", file.name)[0]
        for part in distributions("kiezreach").values()
        for file in part.files or []
        if file.parts[0].endswith(".libs")
    }
    assert seen <= told


def test_what_is_carried_is_inside_a_library_that_is_needed(found):
    names = {part["name"] for part in found["libraries"]}
    assert {name for part in carried() for name in part["inside"]} <= names


def test_every_packaged_file_has_a_licence(found):
    rows = {row["file"]: row["licence"] for row in found["data"]}
    folder = Path(found["sources"]).parent
    shipped = {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}
    assert shipped - {"network/berlin_skeleton_accuracy.csv"} == set(rows)  # measured for the docs
    assert all(rows.values())


def test_the_option_prints_text_that_fits_and_json(found, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(group, ["--licences"])
    assert done.exit_code == 0
    long = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert all(line.startswith("Origins of the data: ") for line in long)
    assert all(f"  {p['name']} {p['version']}" in done.stdout for p in found["libraries"])
    assert "LGPL-2.1-only; in shapely" in done.stdout
    for order in (["--licences", "--json"], ["--json", "--licences"]):
        assert json.loads(CliRunner().invoke(group, order).stdout) == found


def test_json_alone_is_wrong_usage():
    done = CliRunner().invoke(group, ["--json", "build"])
    assert done.exit_code == 2
    assert "after the command" in done.stderr
