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
        walk beyond the study's longest, about classes that name no deprived values, or about a
        kind of centre that the study does not count.
    """
    if study.norms is None:
        return ()
    path = study.path(study.norms.file)
    norms = read_part(path, read_text(path), NormFile, "docs/method.md shows one").norms
    levels = [level.id for level in study.areas.levels]
    farthest = study.analysis.max_walk_m
    weak = [part.id for part in study.classes if part.deprived]
    for norm in norms:
        if norm.level not in (*levels, CITY):
            msg = f"'level' is '{shown(norm.level)}', which is no level of the study's areas"
            remedy = f"Choose one of {', '.join(levels)}, or {CITY} for all of them together"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
        if (norm.distance_m or 0.0) > farthest:
            msg = f"'distance_m' is {norm.distance_m:g}, beyond the study's longest walk"
            remedy = f"Walks are searched for up to {farthest:g} m: raise analysis.max_walk_m"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
        if norm.uplift is not None and norm.uplift.classes not in weak:
            named = shown(norm.uplift.classes)
            msg = f"'uplift.classes' is '{named}', no classes of the study with deprived values"
            remedy = f"Choose one of {', '.join(weak)}" if weak else "Add [[classes]] to the study"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
        counted = study.centres.kinds
        unknown = sorted(set(norm.kinds or ()) - set(counted or norm.kinds or ()))
        if unknown and counted:
            msg = f"'kinds' has '{shown(unknown[0])}', a kind of centre that the study leaves out"
            remedy = f"Choose from centres.kinds: {', '.join(counted)}"
            raise InputError(msg, file=path, row=f"norm {norm.id}", remedy=remedy)
    return norms
