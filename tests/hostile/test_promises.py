"""What docs/security.md says of limits and tests is so."""

from __future__ import annotations

import re
from pathlib import Path

from kiezreach import limits

from .files import HOSTILE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_the_page_lists_every_limit_with_its_value() -> None:
    told = re.findall(r"^\| `(M\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE)
    known = {name: value for name, value in vars(limits).items() if re.match("M(AX|IN)_", name)}
    assert {name: float(value.replace(",", "")) for name, value in told} == known


def test_every_test_that_the_page_names_is_there() -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in ROOT.glob("tests/**/test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert not [name for name in named if f"def {name}(" not in tests]
    files = set(re.findall(r"`(tests/[\w/.]+)`", PAGE))
    assert not [name for name in files if not (ROOT / name).exists()]


def test_every_kind_of_hostile_file_that_the_page_names_is_made() -> None:
    rows = re.findall(
        r"^\|[^|]+\|[^|]+\|([^|]+)\|$", PAGE.split("## What is read")[1], re.MULTILINE
    )
    named = [name for row in rows for name in re.findall(r"`([a-zA-Z][\w .]*?)`", row)]
    kinds = [name for name in named if " " in name]
    assert len(kinds) > 15
    for kind in kinds:
        shape = re.escape(kind).replace(r"\.\.\.", ".*")
        assert any(re.fullmatch(shape, name) for name in HOSTILE), kind
