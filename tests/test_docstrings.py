"""The examples of the documentation, run as they stand there."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("module", ["kiezreach.reach.engine", "kiezreach.reach.route"])
def test_examples_do_what_they_say(module):
    outcome = doctest.testmod(import_module(module))
    assert outcome.attempted > 0
    assert outcome.failed == 0
