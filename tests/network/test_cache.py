"""Networks that were read are kept, and only as long as nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from kiezreach.cli import group
from kiezreach.network import NetworkReport, WalkNetwork, read_network_with_report
from kiezreach.network import cache as kept
from kiezreach.network import read as reading

CRS = "EPSG:25833"
STREET = {"highway": "residential", "name": "Straße", "surface": "asphalt"}
ARRAYS = (
    "node_xy", "edge_nodes", "geometry_offsets", "geometry_xy", "edge_tags", "edge_name"
)  # fmt: skip


@pytest.fixture
def street(write_osm: Callable[..., Path]) -> Path:
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (50, 50)}
    ways = {10: ([1, 2, 3], STREET), 11: ([2, 4], {"highway": "steps"}), 12: ([3, 9], STREET)}
    return write_osm(nodes, ways)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list to which each file is added that is read and not taken from the cache."""
    calls: list[Path] = []
    plain = reading._read_whole

    def counted(path: Path, *others: object) -> object:
        calls.append(path)
        return plain(path, *others)

    monkeypatch.setattr(reading, "_read_whole", counted)
    return calls


def assert_same(a: tuple[WalkNetwork, NetworkReport], b: tuple[WalkNetwork, NetworkReport]) -> None:
    for name in ARRAYS:
        left, right = getattr(a[0], name), getattr(b[0], name)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right)
        assert not right.flags.writeable
    for name in ("crs", "tag_names", "names", "quantum_m", "provenance", "clip_buffer_m"):
        assert getattr(a[0], name) == getattr(b[0], name)
    assert a[1] == b[1]


def test_the_second_reading_is_the_same(street: Path, reads: list[Path]) -> None:
    first = read_network_with_report(street, crs=CRS)
    second = read_network_with_report(street, crs=CRS)
    assert reads == [street]
    assert_same(first, second)
    assert first[1].lines() == second[1].lines()


def test_a_copy_elsewhere_is_known_and_named(
    tmp_path: Path, street: Path, reads: list[Path]
) -> None:
    read_network_with_report(street)
    copy = tmp_path / "elsewhere" / street.name
    copy.parent.mkdir()
    copy.write_bytes(street.read_bytes())
    _, report = read_network_with_report(copy)
    assert reads == [street]
    assert report.file == str(copy)


def square(size: float) -> gpd.GeoSeries:
    box = shapely.box(390_000 - size, 5_820_000 - size, 390_000 + size, 5_820_000 + size)
    return gpd.GeoSeries([box], crs=CRS)


@pytest.mark.parametrize(
    "other",
    [
        {"crs": "EPSG:32632"},
        {"profile": "pram"},
        {"unknown": "refuse"},
        {"area": square(60)},
        {"area": square(40), "buffer_m": 11.0},
        {"area": square(40).to_crs("EPSG:3035")},
    ],
)
def test_another_question_is_read_anew(
    street: Path, reads: list[Path], other: dict[str, object]
) -> None:
    asked = {"crs": CRS, "area": square(40), "buffer_m": 10.0}
    first = read_network_with_report(street, **asked)
    read_network_with_report(street, **(asked | other))
    assert len(reads) == 2
    again = read_network_with_report(street, **asked)
    assert len(reads) == 2
    assert_same(first, again)


def test_a_changed_file_is_read_anew(street: Path, reads: list[Path]) -> None:
    read_network_with_report(street)
    text = street.read_text(encoding="utf-8")
    street.write_text(text.replace("steps", "footway"), encoding="utf-8")
    net, _ = read_network_with_report(street)
    assert len(reads) == 2
    assert not (net.edge_tags & np.uint32(1)).any()


def test_other_rules_or_another_version_are_read_anew(
    street: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_network_with_report(street)
    monkeypatch.setattr(kept, "_reader", lambda: ["other rules"])
    read_network_with_report(street)
    assert len(reads) == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
def test_a_damaged_entry_is_read_anew_and_replaced(
    street: Path, reads: list[Path], cache_folder: Path, damage: str
) -> None:
    first = read_network_with_report(street)
    (entry,) = cache_folder.iterdir()
    data = entry.read_bytes()
    middle = len(data) // 2
    damaged = {
        "empty": b"",
        "cut": data[:middle],
        "flipped": data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :],
        "other": b"PK and something else",
    }
    entry.write_bytes(damaged[damage])
    assert_same(first, read_network_with_report(street))
    assert len(reads) == 2
    assert entry.read_bytes()[:middle] == data[:middle]
    read_network_with_report(street)
    assert len(reads) == 2


def test_every_flipped_byte_is_noticed_or_harmless(street: Path, cache_folder: Path) -> None:
    first = read_network_with_report(street)
    (entry,) = cache_folder.iterdir()
    data = entry.read_bytes()
    for at in range(0, len(data), 7):
        entry.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
        found = kept.load(entry.name.split(".")[0], street)
        if found is not None:
            assert_same(first, found)


def test_without_the_cache_nothing_is_kept(
    street: Path, reads: list[Path], cache_folder: Path
) -> None:
    read_network_with_report(street, cache=False)
    assert list(cache_folder.iterdir()) == []
    read_network_with_report(street)
    read_network_with_report(street, cache=False)
    assert len(reads) == 3


def test_own_files_are_not_kept_twice(tmp_path: Path, street: Path, cache_folder: Path) -> None:
    net, _ = read_network_with_report(street, cache=False)
    net.save(tmp_path / "own.walk.parquet")
    read_network_with_report(tmp_path / "own.walk.parquet")
    assert list(cache_folder.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    tmp_path: Path, street: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv(kept.FOLDER_VARIABLE, str(tmp_path / "file"))
    for _ in range(2):
        read_network_with_report(street)
    assert len(reads) == 2


def test_the_report_survives_json(street: Path) -> None:
    _, report = read_network_with_report(street)
    assert NetworkReport.from_dict(report.as_dict()) == report
    bare = replace(report, ways=None)
    assert NetworkReport.from_dict(bare.as_dict()) == bare


def test_list_and_clear(street: Path, cache_folder: Path) -> None:
    read_network_with_report(street)
    read_network_with_report(street, profile="step_free", unknown="refuse")
    (cache_folder / "damaged.walk.npz").write_bytes(b"")
    (cache_folder / "half.part").write_bytes(b"123")
    run = CliRunner()
    listed = run.invoke(group, ["cache", "list"]).output.splitlines()
    assert len(listed) == 3
    assert all(str(street) in line for line in listed[:2])
    assert sum("step_free, worst case" in line for line in listed) == 1
    assert listed[2].startswith("2 networks")
    assert len(kept.entries()) == 2
    assert "removed" in run.invoke(group, ["cache", "clear"]).output
    assert list(cache_folder.iterdir()) == []
    assert run.invoke(group, ["cache", "list"]).output.startswith("0 networks")


def test_clearing_minds_no_file_that_is_gone_already(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process clears at the same time: files vanish once they are listed."""
    for name in ("a", "b", "c"):
        (cache_folder / f"{name}.walk.npz").write_bytes(b"12345")
    plain = Path.unlink

    def racing(path: Path) -> None:
        plain(path)
        plain(cache_folder / "b.walk.npz", missing_ok=True)

    monkeypatch.setattr(Path, "unlink", racing)
    assert kept.clear() == 10
    assert list(cache_folder.iterdir()) == []


def test_what_cannot_be_removed_is_one_error(cache_folder: Path) -> None:
    (cache_folder / "a.walk.npz").write_bytes(b"12345")
    (cache_folder / "b.walk.npz").mkdir()
    (cache_folder / "c.part").write_bytes(b"12345")
    run = CliRunner().invoke(group, ["cache", "clear"])
    assert run.exit_code == 2
    assert run.stderr.count("\n") == 1
    assert "b.walk.npz" in run.stderr
    assert [left.name for left in cache_folder.iterdir()] == ["b.walk.npz"]


def test_a_cache_that_cannot_be_changed_is_one_error(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (cache_folder / f"{name}.walk.npz").write_bytes(b"12345")

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    run = CliRunner().invoke(group, ["cache", "clear"])
    assert run.exit_code == 2
    assert "a.walk.npz (Permission denied) and 2 more cannot be removed" in run.stderr
    monkeypatch.setattr(Path, "iterdir", refused)
    run = CliRunner().invoke(group, ["cache", "clear"])
    assert run.exit_code == 2
    assert "the cache cannot be read (Permission denied)" in run.stderr


def test_a_cache_that_is_not_there_is_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (tmp_path / "nowhere", tmp_path / "file"):
        monkeypatch.setenv(kept.FOLDER_VARIABLE, str(place))
        (tmp_path / "file").write_text("no folder", encoding="utf-8")
        run = CliRunner().invoke(group, ["cache", "clear"])
        assert run.exit_code == 0
        assert run.output.startswith("0.0 MB removed")
