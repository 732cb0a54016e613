"""What goes out is whole, the same bytes every time, and works away from the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from distribution import bill
from distribution.environments import Away, differing, install, new_environment
from distribution.packages import build, build_time, sources_faults, unpacked, wheel_faults

from .worlds import write_small_study

ROOT = Path(__file__).parents[1]
EPOCH = 1_700_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Source distribution and wheel of this tree."""
    out = tmp_path_factory.mktemp("dist")
    wheel, sources = sorted(
        build(ROOT, out, "sdist", "wheel", epoch=EPOCH), key=lambda path: path.suffix == ".gz"
    )
    return sources, wheel


def test_both_carry_all_they_must_and_nothing_else(built):
    sources, wheel = built
    assert wheel_faults(wheel) == []
    assert sources_faults(sources) == []


def test_what_is_missing_changed_or_too_much_in_a_wheel_is_named(built, tmp_path):
    _, wheel = built
    broken = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            if name.endswith(("py.typed", "licenses/LICENSE")):
                continue
            more = b"x" if name == "kiezreach/data/SOURCES.md" else b""
            archive.writestr(name, whole.read(name) + more)
        archive.writestr("tests/test_build.py", "")
    assert sorted(wheel_faults(broken)) == [
        "LICENSE is missing",
        "kiezreach/data/SOURCES.md is not what stands in data/SOURCES.md",
        "kiezreach/py.typed is missing",
        "tests/test_build.py does not belong there",
    ]


def test_the_source_distribution_gives_the_same_wheel_and_itself_again(built, tmp_path):
    sources, wheel = built
    tree = unpacked(sources, tmp_path / "tree")
    for one in build(tree, tmp_path / "again", "sdist", "wheel", epoch=EPOCH):
        assert one.read_bytes() == (wheel.parent / one.name).read_bytes()


def test_what_is_built_carries_the_time_that_is_given(monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert build_time() == 1234567890
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert build_time(tmp_path) == 1580601600  # no repository, no commit


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The wheel in an environment of its own, which uses the libraries of this one."""
    away = Away(tmp_path_factory.mktemp("away"))
    libraries = Path(sysconfig.get_path("purelib"))
    python = new_environment(away.folder / "environment", libraries=libraries)
    install(python, built[1])
    return away, python


def test_the_wheel_builds_a_study_away_from_the_repository(installed, tmp_path):
    away, python = installed
    command = python.with_name("kiezreach")
    place = away.run(python, "-c", "import kiezreach; print(kiezreach.__file__)").strip()
    assert Path(place).is_relative_to(away.folder)
    study = write_small_study(tmp_path / "study")
    package = Path(place).parent
    before = files_of(package)
    away.run(command, "build", study, "--quiet", "--maps", "none", "--out", "out")
    assert files_of(package) == before  # a build writes nothing where it is installed
    subprocess.run(
        [sys.executable, "-m", "kiezreach", "build", str(study), "--quiet", "--maps", "none",
         "--out", str(tmp_path / "here")],
        check=True, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "coverage")},
    )  # fmt: skip
    assert differing(tmp_path / "here", away.folder / "work/out") == []


def test_the_wheel_knows_its_data_and_their_licences(installed):
    away, python = installed
    command = python.with_name("kiezreach")
    assert away.run(command, "--version") == f"kiezreach {version('kiezreach')}\n"
    told = json.loads(away.run(command, "--licences", "--json"))
    assert Path(told["sources"]).is_relative_to(away.folder)
    assert told["kiezreach"]["licence"] == "MIT"
    (licence,) = told["kiezreach"]["licence_files"]
    assert Path(licence).read_bytes() == (ROOT / "LICENSE").read_bytes()


def files_of(folder: Path) -> dict[str, bytes]:
    """All files, but for what Python itself keeps of modules that it has read."""
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_bill_of_materials_is_valid_complete_and_always_the_same(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    text = bill.bill()
    assert bill.fault_of(text) == ""
    assert bill.bill() == text
    content = json.loads(text)
    listed = {
        (part["name"], part["version"]): {
            one["content"] for ref in part["externalReferences"] for one in ref["hashes"]
        }
        for part in content["components"]
    }
    pinned = {
        (pin.name, pin.version): set(pin.sha256)
        for pin in bill.read_pins(ROOT / "requirements/user.txt")
    }
    assert {name for name, _ in pinned} - {name for name, _ in listed} <= {
        "editables", "hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers",
    }  # fmt: skip
    assert all(listed[part] == pinned[part] for part in listed)
    needs = {row["ref"]: row.get("dependsOn", []) for row in content["dependencies"]}
    assert {ref.partition("@")[0] for ref in needs["kiezreach"]} >= {"shapely", "geopandas"}


def test_a_bill_that_breaks_its_schema_is_refused():
    broken = json.loads(bill.bill())
    del broken["components"][0]["name"]
    assert "name" in bill.fault_of(json.dumps(broken))


@pytest.mark.parametrize("name", ["user", "dev", "lowest", "pip"])
def test_every_pin_has_hashes_and_no_address(name):
    path = ROOT / f"requirements/{name}.txt"
    assert all(pin.sha256 for pin in bill.read_pins(path))
    assert "://" not in path.read_text("utf-8")


def test_lowest_pins_are_the_bounds_that_are_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {
        pin.name: Version(pin.version) for pin in bill.read_pins(ROOT / "requirements/lowest.txt")
    }
    for text in project["dependencies"]:
        one = Requirement(text)
        (bound,) = one.specifier
        assert pinned[canonicalize_name(one.name)] == Version(bound.version), text
