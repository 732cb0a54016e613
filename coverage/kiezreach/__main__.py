"""``python -m kiezreach``."""

from __future__ import annotations

from kiezreach.cli import main

main()
