"""Proposed sites in words, tables, layers and on a map."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.decisions.dossier import differing
from kiezreach.decisions.question import NO_LIMITS
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.print_map.proposals import write_proposals_map
from kiezreach.outputs.tables import proposal_table, write_csv
from kiezreach.outputs.texts import Texts
from kiezreach.whole import whole_files

if TYPE_CHECKING:
    from kiezreach.decisions.dossier import Dossier
    from kiezreach.decisions.problem import Problem
    from kiezreach.decisions.proposals import Proposals
    from kiezreach.decisions.question import Question
    from kiezreach.decisions.situation import Situation
    from kiezreach.study import Study

_ON_REQUEST = ("menu.csv", "alternatives.csv", "pareto.csv", "sensitivity.csv")


@dataclass(frozen=True, eq=False)
class ProposalReport:
    """What was found for a question, ready to be told.

    Parameters
    ----------
    study, situation, problem, question
        What was asked.
    found
        The answer and its menu.
    """

    study: Study
    situation: Situation
    problem: Problem
    question: Question
    found: Dossier

    def lines(self) -> list[str]:
        """Tell everything in the study's language."""
        texts = Texts("propose", self.study.language)
        best = self.found.proposals
        lines = [self.headline(texts), *self._certainty(texts), ""]
        if len(best.sites):
            lines.append(texts("heading"))
            for row in proposal_table(best.sites).itertuples():
                lines += self._site(row, texts)
        lines += [*self._menu(texts), *self._alternatives(texts), *self._pareto(texts)]
        lines += [*self._sensitivity(texts), "", texts("caveat")]
        known = self.situation.inputs.network.provenance
        if known.quality == "approximate":
            lines.append(texts("approximate", accuracy=known.accuracy_in(self.study.language)))
        return lines

    def headline(self, texts: Texts) -> str:
        """Say in one sentence what the sites achieve."""
        best, problem = self.found.proposals, self.problem
        unserved = int(problem.residents[problem.unserved].sum())
        total = int(problem.residents.sum())
        gain = best.residents_gained
        fields: dict[str, object] = {
            "place": _place(self.study, self.situation, texts),
            "sites": _centres(len(best.sites), texts),
            "with_sites": _centres(len(best.sites), texts, "with_centres"),
            "gain": texts.number(gain),
            "objective": texts.number(best.objective),
            "unserved": texts.number(unserved),
            "percent": texts.percent(gain / unserved if unserved else math.nan, 1),
            "metres": texts.metres(best.threshold_m),
        }
        key: str = best.model
        if key == "lscp":
            share = self.question.share or 0.0
            fields["share"] = texts.percent(share, 1)
            fields["now"] = texts.percent(1 - unserved / total if total else math.nan, 1)
        elif key != "mclp":
            fields["before"], fields["after"] = self._walks(texts)
        elif problem.unit != 1:
            key = "mclp_need"
        return texts(key, **fields)

    def _walks(self, texts: Texts) -> tuple[str, str]:
        """Return mean or longest walk before and after."""
        best, problem, longest = self.found.proposals, self.problem, self.question.longest_m
        counted = problem.homes.place.linked & (problem.weight > 0)
        walk = problem.homes.walk[counted]
        if best.model == "p-center":
            most = float(walk.max())
            if not math.isfinite(most):
                return texts("longer_than", metres=texts.metres(longest)), texts.metres(
                    best.objective
                )
            return texts.metres(most), texts.metres(best.objective)
        weight = problem.weight[counted] / problem.unit
        before = float((weight * np.minimum(walk, longest)).sum() / weight.sum())
        return texts.metres(before), texts.metres(best.objective / weight.sum())

    def _told(self, value: float, texts: Texts) -> str:
        """Write an objective or a bound: people, centres, or metres of a mean or longest walk."""
        if self.question.model == "p-center":
            return texts.metres(value)
        if self.question.model == "p-median":
            counted = self.problem.homes.place.linked
            return texts.metres(value * self.problem.unit / self.problem.weight[counted].sum())
        return texts.number(value)

    def _certainty(self, texts: Texts) -> list[str]:
        """Say whether the answer is proven."""
        best, problem = self.found.proposals, self.problem
        fields = {
            "candidates": texts.number(len(problem.sites)),
            "bound": self._told(best.bound, texts),
            "gap": texts.percent(best.gap, 2),
        }
        sense = "most" if best.model == "mclp" else "least"
        certainty = "proven" if best.gap <= 0 else f"not_proven_{sense}"
        lines = [texts(certainty, **fields)]
        if best.gap <= 0 and not best.settled:
            lines.append(texts("not_settled"))
        allowed = self.question.k or 0
        if best.model == "mclp" and best.gap <= 0 and len(best.sites) < allowed:
            free = self.question.limits == NO_LIMITS
            lines.append(texts("fewer" if free else "fewer_limits", k=texts.number(allowed)))
        if best.model != "mclp" and problem.room is not None:
            lines.append(texts("capacity_ignored"))
        if len(problem.unlinked):
            lines.append(texts("unlinked", count=texts.number(len(problem.unlinked))))
        return lines

    def _site(self, row: Any, texts: Texts) -> list[str]:  # noqa: ANN401 - a row of a frame
        """Describe one site in three or four lines."""
        need = texts("need", need=texts.number(row.need, 2)) if not math.isnan(row.need) else ""
        near = (
            texts(
                "nearest", centre=row.nearest_centre_name, walk=texts.metres(row.nearest_centre_m)
            )
            if row.nearest_centre_id
            else texts("nearest_none")
        )
        lines = [
            texts(
                "site",
                rank=row.rank,
                name=row.name or texts("nameless"),
                kind=kind_name(row.kind, texts),
                address=row.address or texts("at", lat=f"{row.lat:.5f}", lon=f"{row.lon:.5f}"),
            ),
            texts("facts", where=self._where(row, texts), gain=texts.number(row.residents_gained),
                  need=need),
            near,
        ]  # fmt: skip
        if self.found.times is not None:
            times = self.found.times.loc[row.rank]
            key = "times_alike" if math.isnan(times["by_need"]) else "times"
            shares = {name: texts.percent(times[name]) for name in ("alike", "by_need")}
            lines.append(texts(key, **shares))
        return [lines[0], *(f"    {line}" for line in lines[1:])]

    def _where(self, row: Any, texts: Texts) -> str:  # noqa: ANN401 - a row of a frame
        """Name planning area and district of a site."""
        areas = self.situation.inputs.areas
        coarsest = areas[areas["level"] == areas["level"].iloc[0]].set_index("area_id")["name"]
        area = row.planning_area_name or row.planning_area_id
        if row.district_id in coarsest.index and len(self.study.areas.levels) > 1:
            return texts("where", area=area, district=coarsest[row.district_id])
        return str(area)

    @property
    def _variants(self) -> int:
        """How many variants of the assumptions were gone through."""
        table = self.found.sensitivity
        return 0 if table is None else len(table[["threshold_m", "need_variant"]].drop_duplicates())

    def _menu(self, texts: Texts) -> list[str]:
        """Tell the best set of every number."""
        if not self.found.menu:
            return []
        lines, before = ["", texts("menu")], 0
        for one in self.found.menu:
            gain = one.residents_gained
            gap = texts("gap", gap=texts.percent(one.gap, 2)) if one.gap > 0 else ""
            fields = {"gain": texts.number(gain), "more": texts.number(gain - before), "gap": gap}
            lines.append("    " + texts("menu_row", k=_centres(one.k, texts), **fields))
            before = gain
        return lines

    def _alternatives(self, texts: Texts) -> list[str]:
        """Tell the sets that lie elsewhere."""
        best, others, extras = self.found.proposals, self.found.alternatives, self.found.extras
        if not extras.alternatives:
            return []
        fields = {
            "tolerance": texts.percent(extras.tolerance),
            "differing": texts.number(differing(len(best.sites))),
            "apart": texts.metres(extras.same_place_m),
        }
        if not others:
            return ["", texts("alternatives_none", **fields)]
        lines = ["", texts("alternatives", **fields)]
        for number, one in enumerate(others, start=1):
            less = abs(one.objective - best.objective) / max(abs(best.objective), 1e-9)
            row = {"value": self._told(one.objective, texts), "less": texts.percent(less, 1)}
            names = _names(one.sites, texts)
            lines.append("    " + texts("alternative", number=number, names=names, **row))
        return lines

    def _pareto(self, texts: Texts) -> list[str]:
        """Tell the sets between the goals."""
        if not self.found.pareto:
            return []
        lines = ["", texts("pareto")]
        for number, one in enumerate(self.found.pareto, start=1):
            row = {
                "gain": texts.number(one.residents_gained),
                "weighted": texts.number(one.weighted_gained),
            }
            names = _names(one.sites, texts)
            lines.append("    " + texts("pareto_row", number=number, names=names, **row))
        return lines

    def _sensitivity(self, texts: Texts) -> list[str]:
        """Say over what the shares are taken."""
        table = self.found.sensitivity
        if table is None:
            return []
        thresholds = ", ".join(texts.metres(t) for t in table["threshold_m"].unique())
        needs = table.loc[table["need_variant"] != "", "need_variant"].nunique()
        fields = {"variants": texts.number(self._variants), "needs": texts.number(needs)}
        return ["", texts("sensitivity", thresholds=thresholds, **fields)]

    def as_dict(self) -> dict[str, Any]:
        """Return everything for machines: plain numbers, texts and lists."""
        found, limits = self.found, self.question.limits
        told: dict[str, Any] = {
            "place": self.study.name,
            "within": self.situation.area or None,
            "model": self.question.model,
            "k": self.question.k,
            "share": self.question.share,
            "threshold_m": self.problem.threshold,
            "weight": "residents" if self.problem.unit == 1 else "need",
            "limits": asdict(limits),
            "candidates": len(self.problem.sites),
            "candidates_unlinked": [str(one) for one in self.problem.unlinked],
            "residents_unserved": int(self.problem.residents[self.problem.unserved].sum()),
            "proposals": _plain(found.proposals),
        }
        for name in ("menu", "alternatives", "pareto"):
            if sets := getattr(found, name):
                told[name] = [_plain(one) for one in sets]
        if found.sensitivity is not None:
            told["sensitivity"] = found.sensitivity.to_dict("records")
        return told

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        found = self.found
        tables = {"proposals": proposal_table(found.proposals.sites)}
        for name in ("menu", "alternatives", "pareto"):
            if sets := getattr(found, name):
                tables[name] = _long(sets)
        if found.sensitivity is not None:
            tables["sensitivity"] = found.sensitivity
        return tables


def _place(study: Study, situation: Situation, texts: Texts) -> str:
    """Say of where the residents are who count."""
    if not situation.area:
        return study.name
    return texts("within", place=study.name, area=situation.area)


def _centres(count: int, texts: Texts, key: str = "centres") -> str:
    """Write how many centres."""
    return texts(f"{key}_one" if count == 1 else key, count=texts.number(count))


def _names(sites: gpd.GeoDataFrame, texts: Texts) -> str:
    """List sites by name."""
    return "; ".join(name or texts("nameless") for name in sites["name"])


def kind_name(kind: str, texts: Texts) -> str:
    """Name a kind of candidates."""
    try:
        return texts(f"kind_{kind}")
    except KeyError:
        return kind


def _plain(one: Proposals) -> dict[str, Any]:
    """Return a set for machines; what is not known is null."""
    sites = proposal_table(one.sites)
    return {
        "objective": one.objective,
        "bound": one.bound,
        "gap": one.gap,
        "proven": one.gap <= 0,
        "residents_gained": one.residents_gained,
        "weighted_gained": None if math.isnan(one.weighted_gained) else one.weighted_gained,
        "sites": sites.astype(object).where(sites.notna(), None).to_dict("records"),
    }


def _long(sets: Sequence[Proposals]) -> pd.DataFrame:
    """Put sets one below the other, the facts of the set before those of each site."""
    frames, before = [], 0
    for number, one in enumerate(sets, start=1):
        frame = proposal_table(one.sites).drop(columns="times_chosen")
        facts = {
            "set": number,
            "set_residents": one.residents_gained,
            "set_weighted": one.weighted_gained,
            "set_marginal": one.residents_gained - before,
            "set_objective": one.objective,
            "set_bound": one.bound,
            "set_gap": one.gap,
        }
        frames.append(pd.DataFrame(facts, index=frame.index).join(frame))
        before = one.residents_gained
    return pd.concat(frames, ignore_index=True)


def size_lines(
    study: Study, situation: Situation, problem: Problem, question: Question
) -> list[str]:
    """Say how large a problem is, without solving it."""
    texts = Texts("propose", study.language)
    unserved = problem.unserved & (problem.residents > 0)
    reachable = problem.demand.group >= 0
    groups = problem.demand.cover.shape[0]
    needless = int(problem.needless(question.limits).sum())
    sites = texts("any_number") if question.k is None else _centres(question.k, texts)
    return [
        texts("size", place=_place(study, situation, texts),
              candidates=texts.number(len(problem.sites)),
              unlinked=texts.number(len(problem.unlinked))),
        texts("size_homes", unserved=texts.number(int(problem.residents[unserved].sum())),
              homes=texts.number(int(unserved.sum())), metres=texts.metres(problem.threshold),
              reachable=texts.number(int(problem.residents[reachable].sum()))),
        texts("size_merged", groups=texts.number(groups), needless=texts.number(needless)),
        texts("size_question", sites=sites, model=question.model),
    ]  # fmt: skip


def write_proposals(
    report: ProposalReport, folder: Path, tell: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write tables, layers, text and map.

    Parameters
    ----------
    report
        What was found.
    folder
        Folder to write to; it is made if it does not exist. Files of an earlier answer in it are
        replaced once the new ones are whole, others stay.
    tell
        Called with a few words before each longer step.

    Returns
    -------
    list of Path
        ``proposals.csv`` and further tables, ``proposals.json``, ``proposals.geojson``,
        ``proposals.gpkg``, ``proposals`` as PNG, PDF and SVG, and ``README.txt``; the same bytes
        for the same answer.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with whole_files(folder, "proposals", instead_of=_ON_REQUEST) as work:
        _write(report, work, tell)
        names = sorted(file.name for file in work.iterdir())
    return [folder / name for name in names]


def _write(report: ProposalReport, work: Path, tell: Callable[[str], None]) -> None:
    """Write every file to the working folder."""
    tables = report.tables()
    for name, table in tables.items():
        write_csv(table, work / f"{name}.csv")
    told = json.dumps(report.as_dict(), ensure_ascii=False, indent=2)
    (work / "proposals.json").write_text(told + "\n", encoding="utf-8", newline="\n")
    sites = report.found.proposals.sites
    write_geopackage(report.study, {"proposals": sites}, work / "proposals.gpkg")
    lonlat = sites.to_crs(4326)
    features = json.loads(lonlat.to_json(drop_id=True, na="null"))
    text = json.dumps(features, ensure_ascii=False, indent=1)
    (work / "proposals.geojson").write_text(text + "\n", encoding="utf-8", newline="\n")
    (work / "README.txt").write_text(_readme(report, tables), encoding="utf-8", newline="\n")
    tell("drawing the map")
    texts = Texts("propose", report.study.language)
    write_proposals_map(
        report.study, report.situation, report.problem, report.found.proposals,
        report.headline(texts), work,
    )  # fmt: skip


def _readme(report: ProposalReport, tables: dict[str, pd.DataFrame]) -> str:
    """Say what was found, what the files hold and what it rests on."""
    texts = Texts("propose", report.study.language)
    files = [texts(f"file_{name}") for name in [*tables, "layers"]]
    named = dict.fromkeys(a for a in report.situation.inputs.files["attribution"] if a)
    lines = [*report.lines(), "", texts("files"), *(f"- {line}" for line in files)]
    return "\n".join([*lines, "", texts("sources"), *(f"- {line}" for line in named)]) + "\n"
