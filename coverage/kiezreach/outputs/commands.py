"""The commands that reproduce a figure, as a reader types them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.study import packaged_data

if TYPE_CHECKING:
    from kiezreach.study import Study


def command(study: Study, name: str, *options: str) -> str:
    """Write a command of kiezreach on a study.

    Parameters
    ----------
    study
        The study. The packaged one of Berlin needs no argument; of another its file's name is
        given, and of a network given by its full path (as ``--network`` does) likewise.
    name
        The command.
    options
        What follows the study.

    Returns
    -------
    str
        One line for a shell, every word quoted where it needs to be.
    """
    file = study.file
    packaged = file == (packaged_data() / "berlin.toml").resolve()
    study_words = [] if packaged or file is None else [file.name]
    network = Path(study.network.file)
    other = ["--network", network.name] if network.is_absolute() else []
    return shlex.join(["kiezreach", name, *study_words, *other, *options])
