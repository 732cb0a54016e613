"""What a brief tells of a place: figures from the tables of a build, as no language writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.groups import AGE_GROUP, UNKNOWN
from kiezreach.outputs.brief.figures import Figure, Rows
from kiezreach.outputs.brief.scope import Scope, shape
from kiezreach.outputs.tables import centre_table, gap_table, proposal_table, published
from kiezreach.sources.areas import CITY, area_of_points, holding_areas

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import AreaClasses, Norm, Study

GAPS_SHOWN = 3
_CENTRES_SHOWN = 16  # as many as fit on the page
_CENTRES_OF_MANY = 12  # where more are left out
SITES_SHOWN = 3


@dataclass(frozen=True)
class Served:
    """Who is served within one threshold."""

    threshold_m: float
    residents: Figure
    served: Figure
    unserved: Figure
    share: Figure
    share_unserved: Figure
    low: Figure
    high: Figure


@dataclass(frozen=True)
class Group:
    """One age group or class: how many there are, and who of them is served per threshold."""

    name: str
    residents: Figure
    served: tuple[Figure, ...]
    share: Figure


@dataclass(frozen=True)
class Gap:
    """One gap."""

    gap_id: str
    name: str
    residents: Figure
    need: Figure
    walk: Figure
    centre: str
    rank: Figure
    best: Figure
    worst: Figure
    top_ten: Figure


@dataclass(frozen=True)
class Centre:
    """One centre, and what would be lost if it closed."""

    centre_id: str
    name: str
    linked: bool
    within: Figure
    lost: Figure
    extra_walk: Figure
    next_name: str


@dataclass(frozen=True)
class NormResult:
    """How many areas meet one norm, and what the others lack."""

    norm: Norm
    areas: Figure
    met: Figure
    failed: Figure
    unknown: Figure
    lacks: Figure | None
    lacking: tuple[str, ...]
    unit: str


@dataclass(frozen=True)
class Site:
    """One proposed site."""

    candidate_id: str
    name: str
    address: str
    rank: Figure
    gained: Figure
    times_chosen: Figure | None


@dataclass(frozen=True)
class Facts:
    """Everything that is told of one place; see the classes above.

    ``gaps`` are those of highest priority in it, `n_gaps_city` how many there are in all; ``sites``
    is None where none were looked for.
    """

    scope: Scope
    served: tuple[Served, ...]
    gap_threshold_m: float
    age_groups: tuple[Group, ...]
    classes: AreaClasses | None
    class_groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    n_gaps_city: Figure
    centres: tuple[Centre, ...]
    n_centres: Figure
    norms: tuple[NormResult, ...]
    sites: tuple[Site, ...] | None
    n_sites: Figure
    n_sites_city: Figure

    @property
    def numbered_centres(self) -> tuple[Centre, ...]:
        """The centres that are told of one by one, and bear a number on the map."""
        many = len(self.centres) > _CENTRES_SHOWN
        return self.centres[: _CENTRES_OF_MANY if many else _CENTRES_SHOWN]

    @property
    def main(self) -> Served:
        """Who is served within the threshold of the gaps."""
        return next(s for s in self.served if s.threshold_m == self.gap_threshold_m)


class Tables:
    """The tables of a build as they are published; read once for all briefs.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    """

    def __init__(self, study: Study, inputs: Inputs, analysis: Analysis) -> None:
        self.study, self.inputs, self.analysis = study, inputs, analysis
        self.coverage = published(analysis.coverage)
        self.by_group = published(analysis.by_group)
        self.gaps = published(gap_table(analysis.gaps))
        self.centres = published(centre_table(analysis.centres))
        self.norms = published(analysis.norms)
        self.criticality = published(analysis.criticality)
        found = analysis.proposals
        self.proposals = pd.DataFrame() if found is None else published(proposal_table(found.sites))

    def facts(self, scope: Scope) -> Facts:
        """Gather what is told of a place."""
        settings = self.study.analysis
        whole = Rows("coverage", self.coverage, {}).part(level=scope.level, area_id=scope.area_ids)
        thresholds = sorted(settings.thresholds_m)
        gaps = self._gaps_of(scope)
        centres = self._centres_of(scope)
        sites = self._sites_of(scope)
        classes = _shown_classes(self.study)
        return Facts(
            scope=scope,
            served=tuple(_served(whole.part(threshold_m=f"{t:.0f}"), t) for t in thresholds),
            gap_threshold_m=settings.gap_threshold_m,
            age_groups=tuple(self._groups(scope, AGE_GROUP, self.study.residents.age_groups)),
            classes=classes,
            class_groups=() if classes is None else tuple(self._class_groups(scope, classes)),
            gaps=tuple(self._gaps(gaps)),
            n_gaps_city=Rows("gaps", self.gaps, {}).count(),
            centres=tuple(self._centres(centres)),
            n_centres=centres.count(),
            norms=tuple(self._norms(scope)),
            sites=None if self.analysis.proposals is None else tuple(self._sites(sites)),
            n_sites=sites.count(),
            n_sites_city=Rows("proposals", self.proposals, {}).count(),
        )

    def _groups(self, scope: Scope, breakdown: str, names: tuple[str, ...]) -> Iterator[Group]:
        """Take groups from their table, counted on the common walk."""
        rows = Rows("coverage_by_group", self.by_group, {}).part(
            level=scope.level,
            area_id=scope.area_ids,
            breakdown=breakdown,
            profile=self.study.network.profile,
            case=self.inputs.network_case,
        )
        for name in names:
            own = rows.part(group=name)
            if len(own):
                yield self._group(name, own)

    def _class_groups(self, scope: Scope, classes: AreaClasses) -> Iterator[Group]:
        """Take the classes from their table; of planning areas, add up those of each class."""
        names = (*classes.groups, UNKNOWN)
        finest = self.study.areas.levels[-1].id
        if scope.level != finest:
            yield from self._groups(scope, classes.id, names)
            return
        own = self.inputs.classes[classes.id].reindex(list(scope.area_ids)).fillna("")
        own = own.replace("", UNKNOWN)
        rows = Rows("coverage", self.coverage, {}).part(level=finest, area_id=scope.area_ids)
        for name in names:
            inside = tuple(own.index[own == name])
            if inside:
                yield self._group(name, rows.part(area_id=inside))

    def _group(self, name: str, rows: Rows) -> Group:
        settings = self.study.analysis
        by_threshold = {t: rows.part(threshold_m=f"{t:.0f}") for t in sorted(settings.thresholds_m)}
        chosen = by_threshold[settings.gap_threshold_m]
        return Group(
            name,
            chosen.total("residents"),
            tuple(part.total("residents_served") for part in by_threshold.values()),
            _share(chosen),
        )

    def _gaps_of(self, scope: Scope) -> Rows:
        """Return the gaps that belong to a place, or touch it where it is no whole district."""
        rows = Rows("gaps", self.gaps, {})
        if scope.is_city:
            return rows
        if scope.district_ids:
            return rows.part(district_id=scope.district_ids)
        wanted = set(scope.planning_areas)
        touching = self.gaps["planning_area_ids"].map(
            lambda ids: not wanted.isdisjoint(ids.split())
        )
        return rows.part(gap_id=tuple(self.gaps.loc[touching, "gap_id"]))

    def _gaps(self, rows: Rows) -> Iterator[Gap]:
        """Take the gaps of highest priority."""
        order = rows.frame.sort_values(["rank", "gap_id"]).head(GAPS_SHOWN)
        for gap in order.itertuples():
            own = Rows("gaps", self.gaps, {}).part(gap_id=str(gap.gap_id))
            yield Gap(
                str(gap.gap_id),
                str(gap.name),
                own.total("residents"),
                own.total("need", "index"),
                own.total("distance_m", "metres"),
                str(gap.nearest_centre_name or gap.nearest_centre_id or ""),
                own.total("rank"),
                own.total("rank_best"),
                own.total("rank_worst"),
                own.total("top_ten_share", "percent"),
            )

    def _centres_of(self, scope: Scope) -> Rows:
        """Return the centres that stand in a place."""
        rows = Rows("centres", self.centres, {})
        if scope.is_city:
            return rows
        if scope.district_ids:
            return rows.part(district_id=scope.district_ids)
        chosen = self.inputs.areas.loc[shape(scope, self.inputs.areas).index]
        inside = area_of_points(self.analysis.centres.geometry, chosen) != ""
        return rows.part(centre_id=tuple(self.analysis.centres.index[inside]))

    def _centres(self, rows: Rows) -> Iterator[Centre]:
        """Take the centres, first those whose closing would lose most."""
        threshold = f"{self.study.analysis.gap_threshold_m:.0f}"
        within = f"residents_within_{self.study.analysis.gap_threshold_m:g}"
        order = rows.frame.sort_values(
            ["residents_only_here", "centre_id"], ascending=[False, True]
        )
        for centre in order.itertuples():
            centre_id = str(centre.centre_id)
            own = Rows("centres", self.centres, {}).part(centre_id=centre_id)
            closed = Rows("criticality", self.criticality, {}).part(
                centre_id=centre_id, threshold_m=threshold, breakdown="all"
            )
            yield Centre(
                centre_id,
                str(centre.name or centre_id),
                bool(centre.linked),
                own.total(within),
                closed.total("residents_lost"),
                closed.total("extra_walk_mean_m", "metres"),
                next(iter(closed.frame["next_centre_name"].astype(str)), ""),
            )

    def _norms(self, scope: Scope) -> Iterator[NormResult]:
        """Count which areas meet each norm: those of its level that hold some of the place."""
        for norm in self.inputs.norms:
            rows = Rows("norms", self.norms, {}).part(norm_id=norm.id)
            if not scope.is_city and norm.level != CITY:
                holder = holding_areas(self.inputs.areas, norm.level)
                inside = tuple(sorted(set(holder[list(scope.planning_areas)])))
                rows = rows.part(area_id=inside)
            failed = rows.part(result="fail")
            lacking = failed.frame.sort_values(["deficit", "area_id"], ascending=[False, True])
            yield NormResult(
                norm,
                rows.count(),
                rows.part(result="pass").count(),
                failed.count(),
                rows.part(result="not_assessable").count(),
                failed.total("deficit") if len(failed) else None,
                tuple(str(row.area_name or row.area_id) for row in lacking.itertuples()),
                "" if failed.frame.empty else str(failed.frame["deficit_unit"].iloc[0]),
            )

    def _sites_of(self, scope: Scope) -> Rows:
        """Return the proposed sites in a place."""
        rows = Rows("proposals", self.proposals, {})
        if scope.is_city or self.proposals.empty:
            return rows
        if scope.district_ids:
            return rows.part(district_id=scope.district_ids)
        return rows.part(planning_area_id=scope.planning_areas)

    def _sites(self, rows: Rows) -> Iterator[Site]:
        """Take the sites of best rank."""
        for site in rows.frame.sort_values("rank").head(SITES_SHOWN).itertuples():
            candidate_id = str(site.candidate_id)
            own = Rows("proposals", self.proposals, {}).part(candidate_id=candidate_id)
            times = None if pd.isna(site.times_chosen) else own.total("times_chosen", "percent")
            yield Site(
                candidate_id,
                str(site.name or candidate_id),
                str(site.address),
                own.total("rank"),
                own.total("residents_gained"),
                times,
            )


def _served(rows: Rows, threshold: float) -> Served:
    return Served(
        threshold,
        rows.total("residents"),
        rows.total("residents_served"),
        rows.rest("residents", "residents_served"),
        _share(rows),
        rows.share_left("residents_served", "residents"),
        rows.mean("share_low", "residents"),
        rows.mean("share_high", "residents"),
    )


def _share(rows: Rows) -> Figure:
    """Return the share served: the cell of one row, or the share of the sums."""
    if len(rows) == 1:
        return rows.total("share_served", "percent")
    return rows.share("residents_served", "residents")


def _shown_classes(study: Study) -> AreaClasses | None:
    """Choose the classes that tell of need: the first that name deprived ones, or the first."""
    named = [part for part in study.classes if part.deprived]
    return next(iter([*named, *study.classes]), None)
