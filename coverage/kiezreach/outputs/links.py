"""Missing links in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kiezreach.outputs.tables import link_table
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.network import Provenance
    from kiezreach.study import Study


class LinkReport:
    """What is told about missing links.

    Parameters
    ----------
    study
        The study: its language, and its rules for links.
    provenance
        Where the walking network comes from.
    links
        As `kiezreach.decisions.missing_links.missing_links` returns them.
    """

    def __init__(self, study: Study, provenance: Provenance, links: gpd.GeoDataFrame) -> None:
        self._study, self._provenance, self._links = study, provenance, links
        self._texts = Texts("links", study.language)

    def lines(self) -> Iterator[str]:
        """Yield the report line by line, in the study's language."""
        texts, study = self._texts, self._study
        yield texts("title", place=study.name)
        if study.missing_links is not None:
            length = texts.metres(study.missing_links.max_link_m)
            threshold = texts.metres(study.analysis.gap_threshold_m)
            yield texts("rule", length=length, threshold=threshold)
        if self._links.empty:
            yield texts("none")
        for row in self._links.to_dict("records"):
            yield ""
            yield from self._told(row)
        yield ""
        yield texts("check")
        if self._provenance.quality == "approximate":
            yield texts("approximate")

    def as_dict(self) -> dict[str, Any]:
        """Return the report for machines: the rules, and a record per link."""
        rules = self._study.missing_links
        return {
            "rules": None if rules is None else rules.model_dump(mode="json"),
            "network": self._provenance.quality,
            "links": json.loads(link_table(self._links).to_json(orient="records")),
        }

    def _told(self, row: dict[str, Any]) -> Iterator[str]:
        """Tell one link: what it crosses and gains, the walks with and without it, and where."""
        texts = self._texts
        yield texts(
            "link",
            rank=row["rank"],
            name=row["name"],
            across=texts(row["barrier"]),
            length=texts.metres(row["length_m"]),
            gained=texts.number(row["residents_gained"]),
        )
        beyond = texts("beyond", limit=texts.metres(self._study.analysis.max_walk_m))
        between = row["between_m"]
        yield "   " + texts(
            "walks" if np.isfinite(row["walk_now_m"]) else "walks_none",
            now=texts.metres(row["walk_new_m"]),
            before=texts.metres(row["walk_now_m"]),
            between=texts.metres(between) if np.isfinite(between) else beyond,
        )
        ends = {key: f"{row[key]:.6f}" for key in ("from_lat", "from_lon", "to_lat", "to_lon")}
        yield "   " + texts("place", share=texts.percent(row["share_in_blocks"]), **ends)
