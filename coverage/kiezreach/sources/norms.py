"""Planning norms of a study, each checked against what the study can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import CITY
from kiezreach.sources.files import read_text
from kiezreach.study.norms import Norm, NormFile
from kiezreach.study.reading import read_part

if TYPE_CHECKING:
    from kiezreach.study import Study


def read_norms(study: Study) -> tuple[Norm, ...]:
    """Read the norms of a study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    tuple of Norm
        In the order of the file; empty if the study names no file.

    Raises
    ------
    InputError
        If the file is missing, is no TOML, or has an unknown key, a wrong type or a value that is
        not allowed; if a norm is about a level of areas that the study does not have, about a
        walk beyond the study's thresholds, or about a kind of centre that the study does not
        count.
    """
    if study.norms is None:
        return ()
    path = study.path(study.norms.file)
    norms = read_part(path, read_text(path), NormFile, "docs/method.md shows one").norms
    levels = [level.id for level in study.areas.levels]
    farthest = max(study.analysis.thresholds_m)
    for norm in norms:
        if norm.level not in (*levels, CITY):
            msg = f"'level' is '{shown(norm.level)}', which is no level of the study's areas"
            remedy = f"Choose one of {', '.join(levels)}, or {CITY} for all of them together"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
        if (norm.distance_m or 0.0) > farthest:
            msg = f"'distance_m' is {norm.distance_m:g}, beyond the study's largest threshold"
            remedy = f"Streets are read for walks up to {farthest:g} m: add it to thresholds_m"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
        counted = study.centres.kinds
        unknown = sorted(set(norm.kinds or ()) - set(counted or norm.kinds or ()))
        if unknown and counted:
            msg = f"'kinds' has '{shown(unknown[0])}', a kind of centre that the study leaves out"
            remedy = f"Choose from centres.kinds: {', '.join(counted)}"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
    return norms
