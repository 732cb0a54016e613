"""Tables of a build: tidy CSV files, the same bytes for the same figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.outputs.spreading import interval_meaning, method_text
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.analysis import Analysis
    from kiezreach.decisions.proposals import Proposals
    from kiezreach.decisions.scenarios import ScenarioResult
    from kiezreach.inputs import Inputs
    from kiezreach.study import Need, Study

# Decimals that carry meaning: a tenth of a metre, a hundredth of a percent.
_DECIMALS = {
    "threshold_m": 0, "median_distance_m": 1, "p90_distance_m": 1, "distance_m": 1,
    "snap_distance_m": 1, "share_served": 6, "share_low": 6, "share_high": 6, "need": 4,
    "priority": 1, "x": 1, "y": 1,
    "reach_m": 1, "speed_m_per_min": 1, "value": 4, "share_of_residents": 2, "share_of_value": 6,
    "target": 4, "deficit": 1,
    "share_deprived": 6, "dense_x": 1, "dense_y": 1, "dense_lon": 6, "dense_lat": 6,
    "dense_distance_m": 1, "top_ten_share": 4,
    "extra_walk_mean_m": 1, "next_distance_median_m": 1,
    "nearest_centre_m": 1, "times_chosen": 4,
    "length_m": 1, "share_in_blocks": 2, "between_m": 1, "walk_now_m": 1, "walk_new_m": 1,
    "from_lon": 6, "from_lat": 6, "to_lon": 6, "to_lat": 6,
    "capacity_per_1000": 3, "capacity_per_1000_before": 3, "capacity_per_1000_after": 3,
    "share_without": 6,
    "set_weighted": 2, "set_objective": 2, "set_bound": 2,
    "set_gap": 6,
    "lon": 6, "lat": 6,
}  # fmt: skip
_SUFFIX_DECIMALS = {"_std": 4, "_weight": 4}  # of the parts that need.csv takes the index into
_OF_NEED = ("equity", "equity_curves", "gaps", "ranking")  # explained otherwise without an index
# A text that goes on so is a formula to a spreadsheet: at its beginning, and behind a semicolon or
# a tab, where German spreadsheets begin a cell, whatever blanks come first. Letters of full width
# count as those of half.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[^\S\t\r\n]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def write_tables(study: Study, inputs: Inputs, analysis: Analysis, folder: Path) -> list[Path]:
    """Write each table as a CSV, and a notice that belongs to them.

    ``need.csv``, ``norms.csv``, ``barriers.csv``, ``proposals.csv``, ``missing_links.csv`` and
    ``accessibility.csv`` are written where the study has what they need.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        The files written: UTF-8, comma, decimal point, LF, sorted by their key.
    """
    frames = {
        "coverage": analysis.coverage,
        "coverage_by_group": analysis.by_group,
        "equity": analysis.equity,
        "equity_curves": analysis.equity_curves,
        "gaps": gap_table(analysis.gaps).sort_values("gap_id"),
        "gaps_by_threshold": gap_table(analysis.gaps_by_threshold).sort_values(
            ["threshold_m", "gap_id"]
        ),
        "ranking": rank_table(analysis.ranks),
        "centres": centre_table(analysis.centres),
        "criticality": analysis.criticality,
        "excluded": analysis.excluded,
    }
    if analysis.need_table is not None:
        frames["need"] = analysis.need_table
    if study.norms is not None:
        frames["norms"] = analysis.norms
    if analysis.barriers is not None:
        frames["barriers"] = analysis.barriers
    if analysis.proposals is not None:
        frames["proposals"] = proposal_table(analysis.proposals.sites)
    if analysis.scenarios:
        frames |= scenario_tables(list(analysis.scenarios.values()))
    if analysis.missing_links is not None:
        frames["missing_links"] = link_table(analysis.missing_links)
    if analysis.accessibility is not None:
        frames["accessibility"] = analysis.accessibility
    paths = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        write_csv(frame, path)
        paths.append(path)
    notice = folder / "README.txt"
    notice.write_text(_notice(study, inputs, analysis), encoding="utf-8", newline="\n")
    return [*paths, notice]


def _notice(study: Study, inputs: Inputs, analysis: Analysis) -> str:
    """Say what the tables rest on: it belongs to them wherever they go."""
    texts = Texts("tables", study.language)
    known = inputs.network.provenance
    lines = [texts("title", place=study.name), ""]
    if known.quality == "approximate":
        accuracy = known.accuracy_in(study.language) or texts("not_measured")
        lines += [texts("approximate", accuracy=accuracy), ""]
    unlinked = int(analysis.residents.loc[~analysis.residents["linked"], "residents"].sum())
    fields = {
        "unlinked": texts.number(unlinked),
        "access": texts.metres(study.analysis.max_access_m),
        "gap": texts.metres(study.analysis.gap_threshold_m),
        "combinations": texts.number(analysis.combinations["number"]),
        "certainty": texts.percent(study.ranking.distinguishable_share),
        "method": method_text(study) or texts("not_stated"),
    }
    keys = ["coverage", "by_group", "equity", "equity_curves", "gaps"]
    keys += ["gaps_by_threshold", "ranking", *["filter"] * (study.filter is not None)]
    keys += ["centres", "criticality", "excluded"]
    keys += ["norms"] * (study.norms is not None) + ["barriers"] * (analysis.barriers is not None)
    keys += ["scenarios"] * bool(analysis.scenarios)
    keys += ["accessibility"] * (analysis.accessibility is not None)
    keys += ["missing_links"] * (analysis.missing_links is not None)
    if study.filter is not None:
        fields["filter"] = texts.label(study.filter.labels)
    plain = _OF_NEED if study.need is None else ()
    lines += [texts(f"{key}_plain" if key in plain else key, **fields) for key in keys]
    if study.need is not None:
        lines += _need_notice(study.need, texts)
    if analysis.proposals is not None:
        lines += _proposals_notice(analysis.proposals, texts)
    lines += [texts(key, **fields) for key in ("dictionary", "method")]
    lines += [text for text in (interval_meaning(study),) if text]
    lines += ["", texts("sources")]
    shown = dict.fromkeys(a for a in inputs.files["attribution"] if a)
    return "\n".join([*lines, *(f"- {text}" for text in shown)]) + "\n"


def _proposals_notice(proposals: Proposals, texts: Texts) -> list[str]:
    """Say what the proposed sites are, and whether they are proven to be the best."""
    threshold = texts.metres(proposals.threshold_m)
    lines = [texts("proposals", k=texts.number(len(proposals.sites)), threshold=threshold)]
    if proposals.gap > 0:
        lines.append(texts("proposals_not_proven", gap=texts.percent(proposals.gap, 2)))
    return lines


def _need_notice(need: Need, texts: Texts) -> list[str]:
    """Say how the need index is made: parts, directions, weights, rules."""
    total = sum(part.weight for part in need.parts)
    parts = [
        texts(
            f"need_part_{part.direction}",
            label=texts.label(part.labels),
            column=part.column,
            weight=texts.percent(part.weight / total, 1),
        )
        for part in need.parts
    ]
    rules = [texts(f"need_{need.standardisation}"), texts(f"need_missing_{need.missing}")]
    return [texts("need", parts="; ".join(parts)) + " " + " ".join(rules)]


def scenario_tables(results: Sequence[ScenarioResult]) -> dict[str, pd.DataFrame]:
    """Return the tables of scenarios: access, new gaps, and capacity where the study asks."""
    gaps = [result.new_gaps for result in results if result.new_gaps is not None]
    tables = {"scenarios": pd.concat([result.table for result in results], ignore_index=True)}
    if gaps:
        tables["scenario_gaps"] = pd.concat([gap_table(frame) for frame in gaps], ignore_index=True)
    shared = [result.accessibility for result in results if result.accessibility is not None]
    if shared:
        tables["scenario_accessibility"] = pd.concat(shared, ignore_index=True)
    return tables


def gap_table(gaps: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the gaps without their geometry, in the order of the published columns."""
    return pd.DataFrame(gaps.drop(columns="geometry"))


def proposal_table(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return proposed sites with longitude and latitude in place of their geometry."""
    places = sites.geometry.to_crs(4326)
    return pd.DataFrame(sites.drop(columns="geometry")).assign(lon=places.x, lat=places.y)


def link_table(links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the missing links without their geometry, in the order of the published columns."""
    return pd.DataFrame(links.drop(columns="geometry"))


def rank_table(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return the ranks; ``need`` there is a name, not a number as in the table of gaps."""
    return ranks.rename(columns={"need": "need_variant"})


def centre_table(centres: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the centres without their geometry, in the order of the published columns."""
    within = [column for column in centres if str(column).startswith("residents_within_")]
    columns = [
        "name", "kind", "operator", "district_id", "linked", "snap_distance_m", *within,
        "residents_nearest", "residents_only_here", *["capacity"] * ("capacity" in centres),
    ]  # fmt: skip
    return pd.DataFrame(centres[columns]).rename_axis("centre_id").reset_index()


def published(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its numbers as the CSV gives them, so that what is told equals it."""
    return frame.assign(
        **{
            column: pd.to_numeric(_fixed(frame[column], decimals))
            for column in frame.columns
            if (decimals := _decimals(column)) is not None
        }
    )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write one table; numbers keep the decimals that carry meaning, missing ones are empty."""
    text = frame.copy()
    for column in text.columns:
        if (decimals := _decimals(column)) is not None:
            text[column] = _fixed(text[column], decimals)
        elif text[column].dtype == bool:
            text[column] = text[column].map({True: "true", False: "false"})
        elif not pd.api.types.is_numeric_dtype(text[column]):
            text[column] = text[column].astype(str).map(harmless)
    text.columns = [harmless(str(column)) for column in text.columns]
    text.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _decimals(column: str) -> int | None:
    """Return the decimals of a column that has fixed ones."""
    suffix = "_" + str(column).rpartition("_")[2]
    return _DECIMALS.get(column, _SUFFIX_DECIMALS.get(suffix))


def _fixed(values: pd.Series, decimals: int) -> pd.Series:
    """Write numbers with fixed decimals; missing ones are empty."""
    return values.map(lambda v: "" if pd.isna(v) else f"{v:.{decimals}f}")


def harmless(value: str) -> str:
    """Keep a spreadsheet from running a text as a formula; an apostrophe makes it a text."""
    return value if _NUMBER.fullmatch(value) else _FORMULA.sub("'", value)


def harmless_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of which a spreadsheet runs no text as a formula, nor a heading or an id."""
    texts = {
        # Numbers stay as they are: mapped, whole ones beside missing ones would become fractions.
        name: column.astype(object).map(lambda v: harmless(v) if isinstance(v, str) else v)
        for name, column in frame.items()
        if not pd.api.types.is_numeric_dtype(column)
    }
    plain = frame.assign(**texts)
    plain.columns = [harmless(str(column)) for column in frame.columns]
    if not pd.api.types.is_numeric_dtype(frame.index):
        plain.index = frame.index.map(lambda key: harmless(str(key)))
    return plain
