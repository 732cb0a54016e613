"""Worlds, their maps and a browser for the tests of the interactive map."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from .world import Reader, World, approximate, link_frame, world, world_with_plans


@pytest.fixture(scope="session")
def town(tmp_path_factory) -> World:
    return world(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def town_map(town, tmp_path_factory) -> Path:
    return approximate(town, "mean error 12 m").write(tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture(scope="session")
def plans(tmp_path_factory) -> World:
    found = world_with_plans(tmp_path_factory.mktemp("plans"))
    analysis = dataclasses.replace(found.analysis, missing_links=link_frame(found))
    return dataclasses.replace(found, analysis=analysis)


@pytest.fixture(scope="session")
def plans_map(plans, tmp_path_factory) -> Path:
    return plans.write(tmp_path_factory.mktemp("map") / "plans.html")


@pytest.fixture
def reader(browser):
    someone = Reader(browser)
    yield someone
    someone.close()
