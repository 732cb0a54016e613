"""Read hostile files, each in a process of its own with little memory and time.

One child loads the readers and forks for each file. So a file that ends its process, or takes all
memory or time, costs one fork, and the others are read all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEADROOM_MB = {"network": 1500}  # libosmium keeps some blocks in memory, as they are unpacked
FEW_MB = 700
GUARD_S = 60  # against a reader that never ends; all of these take a second or less


@dataclass(frozen=True)
class Outcome:
    """What came of reading a file."""

    error: str
    """Class of the error; empty if it was read; the signal that ended the process."""
    message: str
    """The error's message, or what was read."""


def read_all(jobs: list[tuple[str, Path]]) -> list[Outcome]:
    """Read files by the names of readers; one outcome for each."""
    told = json.dumps([[reader, str(path)] for reader, path in jobs])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        input=told,
        capture_output=True,
        text=True,
        check=True,
        timeout=10 * GUARD_S,
    )
    return [Outcome(*json.loads(line)) for line in ran.stdout.splitlines()]


def _readers() -> dict[str, Callable[[Path], object]]:
    from kiezreach.network import read_network
    from kiezreach.sources.files import read_table
    from kiezreach.sources.finished import read_finished
    from kiezreach.sources.gates import read_gates
    from kiezreach.sources.layers import read_layer
    from kiezreach.study import read_study

    return {
        "layer": read_layer,
        "network": lambda path: read_network(path, cache=False),
        "table": read_table,
        "study": read_study,
        "gates": read_gates,
        "finished": read_finished,
    }


def _in_a_fork(read: Callable[[Path], object], path: Path, headroom_mb: int) -> tuple[str, str]:
    """Read a file in a copy of this process."""
    import resource
    import signal

    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (size + headroom_mb * 1_000_000,) * 2)
        signal.alarm(GUARD_S)
        try:
            told = ["", type(read(path)).__name__]
        except BaseException as error:  # noqa: BLE001 - that is what is asked
            told = [type(error).__name__, str(error)]
        os.write(into, json.dumps(told).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name, ""
    error, message = json.loads(said)
    return error, message


if __name__ == "__main__":
    readers = _readers()
    for reader, path in json.load(sys.stdin):
        headroom = HEADROOM_MB.get(reader, FEW_MB)
        told = json.dumps(_in_a_fork(readers[reader], Path(path), headroom))
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()  # a fork would write it again
