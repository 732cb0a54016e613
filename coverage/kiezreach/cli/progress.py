"""Progress on stderr: each step of a command with the seconds since it began."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import click

from kiezreach.memory import peak_memory_mb

_LOGGER = "kiezreach"


def progress(*, quiet: bool = False, verbose: bool = False) -> Callable[[str], None]:
    """Return a function that prints the name of each step as it begins.

    Parameters
    ----------
    quiet
        Print nothing.
    verbose
        Print also how long each step took, the most memory that was in use, and what the
        package logs: the account of the network.

    Raises
    ------
    click.UsageError
        If both are asked for.
    """
    if quiet and verbose:
        msg = "--quiet and --verbose exclude each other"
        raise click.UsageError(msg)
    started = time.perf_counter()
    begun: list[float] = []

    def tell(step: str) -> None:
        now = time.perf_counter()
        if quiet:
            return
        if verbose and begun:
            click.echo(f"          took {now - begun[-1]:.2f} s{_memory()}", err=True)
        begun.append(now)
        click.echo(f"[{now - started:5.1f} s] {step}", err=True)

    _listen(verbose=verbose)
    return tell


def _memory() -> str:
    """Return the most memory in use so far, in words; empty where the system does not say."""
    peak = peak_memory_mb()
    return "" if peak is None else f", {peak:,} MB of memory at most"


class _ToStderr(logging.Handler):
    """Prints what is logged below the step that it belongs to."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        click.echo(f"          {record.getMessage()}", err=True)


def _listen(*, verbose: bool) -> None:
    """Print what the package logs, or stop printing it."""
    logger = logging.getLogger(_LOGGER)
    for handler in [h for h in logger.handlers if isinstance(h, _ToStderr)]:
        logger.removeHandler(handler)
    if verbose:
        logger.addHandler(_ToStderr())
    logger.setLevel(logging.INFO if verbose else logging.NOTSET)
