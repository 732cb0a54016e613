"""Progress on stderr: each step of a command with the seconds since it began."""

from __future__ import annotations

import time
from collections.abc import Callable

import click


def progress(*, quiet: bool = False) -> Callable[[str], None]:
    """Return a function that prints the name of each step as it begins."""
    started = time.perf_counter()

    def tell(step: str) -> None:
        if not quiet:
            click.echo(f"[{time.perf_counter() - started:5.1f} s] {step}", err=True)

    return tell
