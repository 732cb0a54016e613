"""Who in a city can walk to a neighbourhood centre, and who cannot.

The public API; each name is imported when it is first used, so that the command line answers at
once.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiezreach.build import BuildResult as BuildResult
    from kiezreach.build import build as build
    from kiezreach.catchments import catchments as catchments
    from kiezreach.coverage import coverage as coverage
    from kiezreach.decisions import AreaLimit as AreaLimit
    from kiezreach.decisions import Limits as Limits
    from kiezreach.decisions import Plan as Plan
    from kiezreach.decisions import propose as propose
    from kiezreach.errors import InputError as InputError
    from kiezreach.errors import KiezreachError as KiezreachError
    from kiezreach.gaps import gaps as gaps
    from kiezreach.network import WalkNetwork as WalkNetwork
    from kiezreach.network import network_from_graph as network_from_graph
    from kiezreach.network import read_network as read_network
    from kiezreach.reach import Reach as Reach
    from kiezreach.reach import explain as explain
    from kiezreach.reach import reach as reach
    from kiezreach.reach import reach_each as reach_each
    from kiezreach.study import Study as Study
    from kiezreach.study import berlin as berlin
    from kiezreach.study import read_study as read_study

_HOME = {
    "AreaLimit": "decisions",
    "BuildResult": "build",
    "InputError": "errors",
    "KiezreachError": "errors",
    "Limits": "decisions",
    "Plan": "decisions",
    "Reach": "reach",
    "Study": "study",
    "WalkNetwork": "network",
    "berlin": "study",
    "build": "build",
    "catchments": "catchments",
    "coverage": "coverage",
    "explain": "reach",
    "gaps": "gaps",
    "network_from_graph": "network",
    "propose": "decisions",
    "reach": "reach",
    "reach_each": "reach",
    "read_network": "network",
    "read_study": "study",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a list of names, kept in one place


class _Package(ModuleType):
    """Keeps a module from hiding the function of its name: `kiezreach.reach` is the function.

    The import system sets each submodule as an attribute of its package; for names of the public
    API that is left out. ``from kiezreach.reach import ...`` works as ever.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
