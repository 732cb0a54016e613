"""The command line: one file per command, loaded only when it is called."""

from __future__ import annotations

import errno
import os
import signal
import sys
from importlib import import_module
from typing import Any

import click

from kiezreach.errors import DownloadError, KiezreachError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_ENDED = 143  # what shells expect of a program that was ended with SIGTERM
# Name and summary stand here so that --help needs to load no command.
_COMMANDS = {
    "brief": "Write briefs of two pages on districts, other areas or a list of planning areas.",
    "build": "Compute catchments, coverage and gaps of a study and write maps and tables.",
    "cache": "List or clear the walking networks that were read before.",
    "check": "Check a study and its inputs and report what is in them.",
    "diff": "Compare two builds in a planner's words, and hold them to rules.",
    "explain": "Explain the walk from one place to its nearest centre, street by street.",
    "fetch": "Fetch official data and OpenStreetMap as files that a study can name.",
    "init": "Write a commented study file for another place.",
    "links": "List the new crossings and passages that would bring most people within reach.",
    "lock": "Write down what a study is made of, for builds that must not change.",
    "propose": "Propose sites for further centres, and a menu of alternatives.",
    "scenario": "Show what would change if a centre opened, closed or moved.",
    "verify": "Build again what a finished build was made of, and compare byte by byte.",
}


_MEMORY = (
    "what was read needs more memory than there is. Check that the files are the right ones, or "
    "take a smaller area"
)


class _LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command; an error ends with one line, and exit code 2 or, of a service, 3."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except DownloadError as error:
            raise _NoAnswer(_on_one_line(error)) from error
        except KiezreachError as error:
            raise _Refusal(_on_one_line(error)) from error
        except KeyboardInterrupt as error:
            raise _Stopped from error
        except MemoryError as error:
            raise _Refusal(_MEMORY) from error
        except OSError as error:
            if error.filename is not None or error.errno not in _NO_ROOM:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it
            msg = f"the answer cannot be written ({error.strerror}). Outputs are whole"
            raise _Refusal(msg) from error
        return answer


def _on_one_line(error: KiezreachError) -> str:
    """Return a message without characters that would steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in str(error))


class _Refusal(click.ClickException):
    """Wrong usage or bad input."""

    exit_code = 2


class _Stopped(click.ClickException):
    """Stopped by its user, with the exit code that shells expect."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("stopped; what was there before is as it was")


class _NoAnswer(click.ClickException):
    """A service did not answer as asked."""

    exit_code = 3


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        from importlib.metadata import version

        click.echo(f"kiezreach {version('kiezreach')}")
        ctx.exit()


def _show_licences(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    as_json = ctx.params.pop("as_json")  # an eager option: it is known by now
    if wanted:
        from kiezreach.cli.licences import show

        show(as_json=as_json)
        ctx.exit()
    if as_json:
        msg = "--json stands after the command whose result it prints, or beside --licences."
        raise click.UsageError(msg, ctx)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option("--json", "as_json", is_flag=True, is_eager=True, help="With --licences: as JSON.")
@click.option(
    "--licences",
    is_flag=True,
    expose_value=False,
    callback=_show_licences,
    help="Show the licences of kiezreach, its libraries and its data, and exit.",
)
def group() -> None:
    """Show who in a city can walk to a neighbourhood centre, and who cannot.

    \b
    Example:
      kiezreach build --out outputs/berlin
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines


def main() -> None:
    """Run the command line."""
    # Ended by another program, it tidies up as it does when its user stops it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))
    group(prog_name="kiezreach")
