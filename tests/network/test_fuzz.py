from __future__ import annotations

import sys

import pytest

from .fuzz import KINDS, damaged, fuzz, seeds

CASES = 350


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_damaged_files_are_read_or_refused(tmp_path):
    outcome = fuzz(tmp_path, iter(range(CASES)), seed=0)
    assert outcome.failures == []
    assert outcome.counts.total() == CASES
    # Both ends are met in every kind of file that is not protected by a checksum.
    for kind in ("paper.osm", "plain.osm.pbf", "table.walk.parquet"):
        assert outcome.counts[f"{kind} read"] > 0
        assert outcome.counts[f"{kind} refused"] > 0


def test_a_case_follows_from_its_seed_and_number(tmp_path):
    good = seeds(tmp_path)
    for number in range(len(KINDS)):
        assert damaged(good, 3, number) == damaged(good, 3, number)
