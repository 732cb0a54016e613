"""Damaged network files, made by the thousand: each must end in a network or an InputError.

A child process with limited memory reads one damaged file after the other, while its parent
watches the clock. Every case follows from the seed and its number. For a longer run:

    python tests/network/fuzz.py --minutes 5 --seed 1
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import pyarrow.parquet as pq

from kiezreach.errors import InputError
from kiezreach.network import WalkNetwork, read_network

SECONDS_PER_CASE = 10.0  # a good file takes a hundredth of one
MEMORY_BYTES = 1 << 30  # more than the process has once everything is loaded
LONGEST_CUT = 64
CASES_PER_CHECK = 250
KINDS = ("paper.osm", "paper.osm.gz", "paper.osm.bz2", "packed.osm.pbf", "plain.osm.pbf",
         "bytes.walk.parquet", "table.walk.parquet")  # fmt: skip
WORDS = [b"nan", b"inf", b"-1", b"0", b"1e308", b"9223372036854775807", b"-9223372036854775808",
         b"99999999999999999999999", b"", b"\xff\xfe", b"<", b"&#0;", b'"',
         b"\x00", b"null"]  # fmt: skip


def seeds(folder: Path) -> dict[str, bytes]:
    """Write one good file of each kind and return their bytes."""
    paper = _ladder()
    for name, options in (("packed.osm.pbf", "pbf"), ("plain.osm.pbf", "pbf,pbf_compression=none")):
        source = folder / "ladder.osm"
        source.write_bytes(paper)
        with osmium.SimpleWriter(osmium.io.File(str(folder / name), options)) as writer:
            for thing in osmium.FileProcessor(source):
                writer.add(thing)
    own = folder / "good.walk.parquet"
    read_network(folder / "packed.osm.pbf", cache=False).save(own)
    return {
        "paper.osm": paper,
        "paper.osm.gz": gzip.compress(paper, mtime=0),
        "paper.osm.bz2": bz2.compress(paper),
        "packed.osm.pbf": (folder / "packed.osm.pbf").read_bytes(),
        "plain.osm.pbf": (folder / "plain.osm.pbf").read_bytes(),
        "bytes.walk.parquet": own.read_bytes(),
        "table.walk.parquet": own.read_bytes(),
    }


def _ladder() -> bytes:
    """Two rails and rungs, with a square, a gate and names in three scripts, as OSM XML."""
    head = '<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">'
    rows: list[str] = []
    for k in range(12):
        lon, lat = 13.4 + 0.001 * (k // 2), 52.5 + 0.001 * (k % 2)
        tag = '<tag k="barrier" v="gate"/>' if k == 5 else ""
        rows.append(f'<node id="{k + 1}" lat="{lat:.7f}" lon="{lon:.7f}">{tag}</node>')
    ways = [(range(1, 12, 2), "Südstraße"), (range(2, 13, 2), "Улица"), ((1, 2), "通り")]
    ways += [((k, k + 1), "") for k in range(3, 12, 2)]
    for number, (refs, name) in enumerate(ways, start=100):
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        named = f'<tag k="name" v="{name}"/>' if name else ""
        rows.append(f'<way id="{number}">{nodes}<tag k="highway" v="footway"/>{named}</way>')
    square = "".join(f'<nd ref="{ref}"/>' for ref in (1, 3, 4, 2, 1))
    area = '<tag k="highway" v="pedestrian"/><tag k="area" v="yes"/>'
    rows.append(f'<way id="200">{square}{area}</way>')
    return "\n".join([head, *rows, "</osm>"]).encode()


def damaged(good: dict[str, bytes], seed: int, number: int) -> tuple[str, bytes]:
    """Return the name and the bytes of a case."""
    rng = np.random.default_rng([seed, number])
    kind = KINDS[number % len(KINDS)]
    if kind == "table.walk.parquet":
        return kind, _damaged_table(good[kind], rng)
    content = bytearray(good[kind])
    for _ in range(int(rng.integers(1, 3))):
        _damage(content, rng)
    return kind, bytes(content)


def _damage(content: bytearray, rng: np.random.Generator) -> None:
    """Change something: a bit, a byte, a stretch, a number, or the end."""
    at = int(rng.integers(0, max(len(content), 1)))
    to = at + int(rng.integers(1, LONGEST_CUT))
    match rng.integers(0, 7):
        case 0:
            content[at : at + 1] = bytes(
                b ^ (1 << int(rng.integers(8))) for b in content[at : at + 1]
            )
        case 1:
            content[at : at + 1] = rng.choice([b"\x00", b"\x7f", b"\x80", b"\xff"])
        case 2:
            del content[at:to]
        case 3:
            content[at:at] = content[at:to] * int(rng.integers(1, 4))
        case 4:
            content[at:to] = rng.bytes(int(rng.integers(0, LONGEST_CUT)))
        case 5:
            quotes = [i for i, b in enumerate(content) if b == ord('"')]
            if len(quotes) > 1:
                first = int(rng.integers(0, len(quotes) - 1))
                start, end = quotes[first : first + 2]
                content[start + 1 : end] = WORDS[int(rng.integers(len(WORDS)))]
        case _:
            if rng.random() < 0.2:
                del content[at:]


def _damaged_table(good: bytes, rng: np.random.Generator) -> bytes:
    """Write a sound Parquet file whose values, columns or metadata are wrong."""
    table = pq.read_table(pa.BufferReader(good))
    column = int(rng.integers(table.num_columns))
    name = table.column_names[column]
    match rng.integers(0, 5):
        case 0:
            table = table.drop_columns([name])
        case 1:
            values = table[name].to_pylist()
            row = int(rng.integers(len(values)))
            wrong = [None, -1, 0, 2**31 - 1, -(2**31)]
            value = wrong[int(rng.integers(len(wrong)))]
            cell = values[row]
            values[row] = (
                [value] * len(cell) if isinstance(cell, list) and value is not None else value
            )
            if isinstance(cell, list) and rng.random() < 0.5:
                values[row] = cell[: int(rng.integers(0, len(cell)))]
            try:
                table = table.set_column(column, name, pa.array(values, table[name].type))
            except (pa.ArrowInvalid, OverflowError):
                table = table.set_column(column, name, pa.array(values))
        case 2:
            kind = [pa.string(), pa.float64(), pa.bool_()][int(rng.integers(3))]
            table = table.set_column(column, name, pa.nulls(len(table), kind))
        case 3:
            metadata = bytearray((table.schema.metadata or {})[b"kiezreach"])
            _damage(metadata, rng)
            table = table.replace_schema_metadata({b"kiezreach": bytes(metadata)})
        case _:
            table = table.slice(int(rng.integers(len(table))), int(rng.integers(0, len(table))))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def use(net: WalkNetwork) -> None:
    """Touch every part of a network that was read."""
    _ = net.edge_component, net.main_tree, [net.names[k] for k in net.edge_name if k >= 0]


def read_cases(pipe: Connection, folder: Path) -> None:
    """Read the files that the parent names, until it closes the pipe."""
    warnings.simplefilter("ignore")
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = used * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while (name := pipe.recv()) is not None:
        try:
            use(read_network(folder / name, cache=False))
            pipe.send("read")
        except InputError:
            pipe.send("refused")
        except BaseException:  # noqa: BLE001 - whatever else comes is what we look for
            pipe.send(traceback.format_exc())


@dataclass
class Outcome:
    """What became of the cases."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Reader:
    """A child process that is started anew when it crashes or hangs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(target=read_cases, args=(theirs, self._folder), daemon=True)
        self._child.start()
        theirs.close()

    def read(self, name: str, seconds: float) -> str:
        """Read one file and say what came of it."""
        self._pipe.send(name)
        problem = f"no answer within {seconds:.0f} s"
        try:
            if self._pipe.poll(seconds):
                return str(self._pipe.recv())
        except (EOFError, ConnectionError):
            self._child.join()
            problem = f"the reader died (exit code {self._child.exitcode})"
        self.stop()
        self._start()
        return problem

    def stop(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.join()


def fuzz(folder: Path, numbers: Iterator[int], seed: int) -> Outcome:
    """Read the cases of some numbers.

    Parameters
    ----------
    folder
        An empty folder for the files; the cases that fail stay in it.
    numbers
        Numbers of the cases.
    seed
        Another seed gives other cases.
    """
    good, outcome = seeds(folder), Outcome()
    reader = Reader(folder)
    for name, content in good.items():  # loads everything, and shows that the seeds are sound
        (folder / name).write_bytes(content)
        assert reader.read(name, 60.0) == "read", name
    for number in numbers:
        if number % CASES_PER_CHECK == CASES_PER_CHECK - 1:
            for name in good:  # a reader that lost its memory to bad files would refuse good ones
                answer = reader.read(name, SECONDS_PER_CASE)
                if answer != "read":
                    outcome.failures.append(f"seed {seed}, {name} after case {number}: {answer}")
        kind, content = damaged(good, seed, number)
        name = f"{number}-{kind}"
        (folder / name).write_bytes(content)
        answer = reader.read(name, SECONDS_PER_CASE)
        outcome.counts[f"{kind} {answer}" if answer in ("read", "refused") else "failed"] += 1
        if answer in ("read", "refused"):
            (folder / name).unlink()
        else:
            outcome.failures.append(f"seed {seed}, case {number}, {kind}: {answer}")
    reader.stop()
    return outcome


def main() -> int:
    """Fuzz for some minutes and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes

    def numbers() -> Iterator[int]:
        number = 0
        while time.monotonic() < end:
            yield number
            number += 1

    folder = Path(tempfile.mkdtemp(prefix="kiezreach-fuzz-"))
    outcome = fuzz(folder, numbers(), arguments.seed)
    for what, count in sorted(outcome.counts.items()):
        sys.stdout.write(f"{count:7,} {what}\n")
    for failure in outcome.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(f"Files of failures: {folder}\n" if outcome.failures else "No failure\n")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
