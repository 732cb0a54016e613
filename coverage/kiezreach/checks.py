"""The data doctor: what a study's inputs hold, and what is odd about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import pandas as pd
import shapely

from kiezreach.classes import area_classes, selected_areas
from kiezreach.errors import InputError
from kiezreach.inputs import named_files, read_background, require_usable
from kiezreach.network.snap import point_xy, snap, street_near
from kiezreach.population import read_population
from kiezreach.sources.addresses import read_address_book
from kiezreach.sources.areas import area_of_points, read_areas
from kiezreach.sources.barriers import read_barriers
from kiezreach.sources.centres import read_centres
from kiezreach.sources.files import require_file
from kiezreach.sources.indicators import read_indicators
from kiezreach.sources.norms import read_norms
from kiezreach.sources.residents import read_inhabited
from kiezreach.sources.scenarios import read_scenarios
from kiezreach.study_networks import read_study_network

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.network import NetworkReport, WalkNetwork
    from kiezreach.population import Population
    from kiezreach.sources.indicators import IndicatorTable
    from kiezreach.study import Study

Severity = Literal["error", "warning", "info"]
_Result = TypeVar("_Result")

STALE_YEARS = 5  # older than one round of the usual reporting of cities
NEAR_DUPLICATE_M = 50.0  # two centres this close may be one house that was listed twice
JOINED_SHARE = 0.8  # real cities have 97 % or more of their ways in one piece; islands have less
_LISTED = 5  # rows left out for one reason are named up to here, and counted beyond


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Parameters
    ----------
    severity
        ``error`` stops a build, ``warning`` is worth a look, ``info`` is a count.
    subject
        The input concerned.
    text
        What was found.
    """

    severity: Severity
    subject: str
    text: str


@dataclass
class Report:
    """What was found, in the order of reading."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether a build would find its inputs in order."""
        return all(finding.severity != "error" for finding in self.findings)

    def add(self, severity: Severity, subject: str, text: str) -> None:
        """Append a finding."""
        self.findings.append(Finding(severity, subject, text))

    def attempt(self, subject: str, read: Callable[[], _Result]) -> _Result | None:
        """Read an input; an error becomes a finding, so that the next input is read as well."""
        try:
            return read()
        except InputError as error:
            self.add("error", subject, str(error))
            return None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {"ok": self.ok, "findings": [asdict(finding) for finding in self.findings]}


def check(
    study: Study,
    today: date,
    tell: Callable[[str], None] = lambda _: None,
    *,
    cache: bool = True,
) -> Report:
    """Read all inputs of a study and report what is in them.

    Parameters
    ----------
    study
        The study.
    today
        Day against which the age of data is judged.
    tell
        Called with a few words before each longer step.
    cache
        Whether the network may come from the cache and be kept there.

    Returns
    -------
    Report
        With every error that can be found in one go, not only the first.
    """
    report = Report()
    tell("areas")
    areas = report.attempt("areas", lambda: read_areas(study))
    if areas is None:
        # The rest is judged against the areas; whether it is there can be said without them.
        for role, file, _ in named_files(study):
            if role != "areas":
                report.attempt(role, partial(require_file, study.path(file)))
        return report
    _describe_areas(report, areas)
    tell("centres and residents")
    centres = report.attempt("centres", lambda: read_centres(study, areas))
    people = _check_people(report, study, areas, tell)
    tell("walking network")
    network = None
    read = report.attempt("network", lambda: read_study_network(study, areas, cache=cache))
    if read is not None:
        network, account = read
        _describe_network(report, network, account)
    if centres is not None:
        _describe_centres(report, study, centres[0], centres[1])
    if centres is not None and network is not None:
        _describe_centre_links(report, study, centres[0], network)
    if network is not None and people is not None:
        _describe_links(report, study, people.residents, network)
    report.attempt("norms", lambda: _describe_norms(report, study))
    report.attempt("scenarios", lambda: _describe_scenarios(report, study))
    report.attempt("barriers", lambda: _describe_barriers(report, study, areas))
    _describe_ages(report, study, network, today)
    return report


def _check_people(
    report: Report, study: Study, areas: gpd.GeoDataFrame, tell: Callable[[str], None]
) -> Population | None:
    """Read who lives where, and what is known of the areas that they live in."""
    inhabited = report.attempt("inhabited", lambda: read_inhabited(study, areas))
    background = report.attempt("background", lambda: read_background(study, areas)) or {}
    people = report.attempt(
        "residents", lambda: read_population(study, areas, inhabited, background, tell)
    )
    table = report.attempt("indicators", lambda: read_indicators(study, areas))
    if table is not None:
        _describe_indicators(report, study, table)
    if table is not None and people is not None:
        residents = people.residents
        report.attempt("indicators", lambda: _describe_classes(report, study, table, residents))
    if people is not None:
        _describe_residents(report, study, people, areas)
    if inhabited is not None:
        km2 = inhabited.area.sum() / 1e6
        report.add("info", "inhabited", f"{len(inhabited)} polygons, {km2:,.1f} km2")
    return people


def _describe_areas(report: Report, areas: gpd.GeoDataFrame) -> None:
    report.add("info", "areas", f"CRS {areas.crs.to_string()} ({areas.crs.name})")
    for level, part in areas.groupby("level", sort=False):
        km2 = part.area.sum() / 1e6
        report.add("info", "areas", f"{level}: {len(part)} areas, {km2:,.1f} km2")
        names = part["name"][part["name"].duplicated()].unique()
        if len(names):
            listed = ", ".join(names[:5])
            report.add("info", "areas", f"{level}: names that stand twice (ids differ): {listed}")
        if nameless := int((part["name"] == part["area_id"]).sum()):
            report.add("warning", "areas", f"{level}: {nameless} have no name and go by their id")


def _describe_centres(
    report: Report, study: Study, centres: gpd.GeoDataFrame, excluded: pd.DataFrame
) -> None:
    report.add("info", "centres", f"{len(centres)} centres")
    for kind, count in centres["kind"].value_counts().sort_index().items():
        report.add("info", "centres", f"kind {kind or '(none given)'}: {count}")
    if study.accessibility is not None:
        known = centres["capacity"].notna().sum()
        text = f"{known} of {len(centres)} have a capacity ({study.accessibility.unit})"
        report.add("info" if known == len(centres) else "warning", "centres", text)
    for reason, rows in excluded.groupby("reason", sort=False):
        if len(rows) > _LISTED:
            text = f"{len(rows)} centres are left out: {reason}"
            report.add("warning", "centres", text)
            continue
        for row in rows.itertuples():
            report.add("warning", "centres", f"{row.id} (row {row.row}) is left out: {reason}")
    beyond = centres["district_id"] == ""
    if beyond.any():
        listed = ", ".join(centres.index[beyond][:5])
        report.add("info", "centres", f"{beyond.sum()} stand just outside the areas: {listed}")
    first, second = shapely.STRtree(centres.geometry.to_numpy()).query(
        centres.geometry.to_numpy(), predicate="dwithin", distance=NEAR_DUPLICATE_M
    )
    for a, b in zip(first[first < second], second[first < second], strict=True):
        pair = centres.iloc[[a, b]]
        names = " and ".join(f"{i} ({n})" for i, n in pair["name"].items())
        text = f"{names} stand within {NEAR_DUPLICATE_M:g} m: one house listed twice?"
        report.add("warning", "centres", text)
    for kind in sorted(set(study.centres.kinds or ()) - set(centres["kind"])):
        report.add("warning", "centres", f"no centre is of the kind '{kind}' that the study counts")


def _describe_centre_links(
    report: Report, study: Study, centres: gpd.GeoDataFrame, network: WalkNetwork
) -> None:
    limit = study.analysis.max_snap_m
    place = snap(network, point_xy(centres, network.crs), limit)
    if not place.linked.any():
        text = f"no centre has a {street_near(limit, 'its')}: check centres and network"
        report.add("error", "centres", text)
        return
    for k in np.flatnonzero(~place.linked):
        nearest = f"the nearest of all is {place.access[k]:.0f} m away"
        text = (
            f"{centres.index[k]} has no {street_near(limit, 'its')} ({nearest}): it serves nobody"
        )
        report.add("warning", "centres", text)


def _describe_residents(
    report: Report, study: Study, people: Population, areas: gpd.GeoDataFrame
) -> None:
    residents = people.residents
    total = residents["residents"].sum()
    report.add("info", "residents", f"{total:,} residents at {len(residents):,} points")
    if len(people.excluded):
        text = f"{len(people.excluded)} points lie in no planning area and are left out"
        report.add("warning", "residents", text)
    for method, points in people.spreads.items():
        report.add("info", "residents", f"also spread by {method}: {len(points):,} points")
    for note in people.notes:
        report.add("warning", "residents", note)
    if not study.residents.method and study.residents.spread is None:
        text = "the study does not say how residents were spread over the points (method)"
        report.add("info", "residents", text)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    astray = area_of_points(residents.geometry, finest) != residents["planning_area_id"]
    if astray.any():
        text = f"{astray.sum()} points lie outside the planning area that they name"
        report.add("warning", "residents", f"{text}, for example {residents.index[astray][0]}")
    empty = set(finest["area_id"]) - set(residents["planning_area_id"][residents["residents"] > 0])
    if empty:
        listed = ", ".join(sorted(empty)[:5])
        report.add("info", "residents", f"{len(empty)} planning areas without residents: {listed}")


def _describe_indicators(report: Report, study: Study, table: IndicatorTable) -> None:
    if study.need is None:
        report.add("info", "indicators", "no need index: gaps are ranked by residents alone")
    for column, missing in table.numbers.isna().sum().items():
        text = f"{column}: {table.numbers[column].notna().sum()} planning areas"
        report.add("info", "indicators", f"{text}, {missing} without a value")
    for doubt in table.doubts:
        report.add("warning", "indicators", doubt)
    for file, rows in table.excluded.groupby("file"):
        listed = ", ".join(rows["id"][:_LISTED]) + (", ..." if len(rows) > _LISTED else "")
        text = f"{file}: {len(rows)} of its level's areas have no row: {listed}"
        report.add("warning", "indicators", text)


def _describe_classes(
    report: Report,
    study: Study,
    table: IndicatorTable,
    residents: gpd.GeoDataFrame,
) -> None:
    """Count the planning areas of each class and those that meet the filter."""
    people = residents.groupby("planning_area_id")["residents"].sum()
    classes = area_classes(study.classes, table.numbers, table.texts, people)
    require_usable(study, table.numbers, classes)
    for part in study.classes:
        count = classes[part.id].value_counts()
        told = ", ".join(f"{group}: {count.get(group, 0)}" for group in part.groups)
        unknown = f", not known: {count['']}" if "" in count else ""
        report.add("info", "indicators", f"planning areas by {part.id}: {told}{unknown}")
    if study.filter is not None:
        met = len(selected_areas(study.filter, table.numbers, classes))
        report.add("info", "indicators", f"{met} of {len(classes)} planning areas meet the filter")


def _describe_barriers(report: Report, study: Study, areas: gpd.GeoDataFrame) -> None:
    for kind, part in read_barriers(study, areas).groupby("kind"):
        size = f"{part.length.sum() / 1000:,.0f} km of line and border"
        report.add("info", "barriers", f"{kind}: {len(part)} shapes, {size}")


def _describe_norms(report: Report, study: Study) -> None:
    for norm in read_norms(study):
        value = "no value" if norm.value is None else f"{norm.value:g} {norm.unit}"
        report.add("info", "norms", f"{norm.id}: {value} ({norm.status})")


def _describe_scenarios(report: Report, study: Study) -> None:
    scenarios = [scenario for _, scenario in read_scenarios(study)]
    for scenario in scenarios:
        actions = ", ".join(step.action for step in scenario.steps)
        report.add("info", "scenarios", f"{scenario.name}: {actions}")
    book = read_address_book(study) if scenarios else None
    if book is not None:
        report.add("info", "scenarios", f"{len(book.table):,} addresses to open centres at")


def _describe_network(report: Report, network: WalkNetwork, account: NetworkReport) -> None:
    known = network.provenance
    source = known.source or "source not stated"
    report.add("info", "network", f"{source} {known.data_date}".strip())
    total = network.edge_length.sum()
    main = network.edge_length[network.main_edges].sum() / total
    text = f"{network.n_edges:,} edges, {total / 1000:,.0f} km, {main:.1%} of it joined"
    report.add("info", "network", text)
    if main < JOINED_SHARE:
        text = (
            f"only {main:.1%} of the streets are joined to each other, and nobody is linked to "
            "the rest: split lines where they meet, and snap their ends together"
        )
        report.add("warning", "network", text)
    for line in account.lines()[2:]:  # source, date and size stand above
        report.add("info", "network", line)
    if known.quality == "approximate":
        report.add("warning", "network", f"approximate street network: {known.accuracy}")


def _describe_links(
    report: Report, study: Study, residents: gpd.GeoDataFrame, network: WalkNetwork
) -> None:
    limit = study.analysis.max_access_m
    place = snap(network, point_xy(residents, network.crs), limit)
    lost = ~place.linked
    count = int(residents["residents"][lost].sum())
    who = "1 resident" if count == 1 else f"{count:,} residents"
    where = "1 point" if lost.sum() == 1 else f"{lost.sum()} points"
    has = "has" if count == 1 else "have"
    report.add(
        "warning" if count else "info",
        "residents",
        f"{who} at {where} {has} no {street_near(limit)}",
    )


def _describe_ages(report: Report, study: Study, network: WalkNetwork | None, today: date) -> None:
    """Name inputs without licence or date, and those that are old."""
    for role, file, part in named_files(study, network):
        for key, word in (("vintage", "date"), ("licence", "licence"), ("source", "source")):
            told_elsewhere = role == "scenario" or role in type(study.background).model_fields
            if not getattr(part, key) and not told_elsewhere:
                report.add("warning", role, f"{file} has no {word} in the study ({key})")
        year = part.vintage[:4]
        if year.isdigit() and today.year - int(year) > STALE_YEARS:
            age = today.year - int(year)
            report.add("warning", role, f"{file} describes {part.vintage}: {age} years ago")
