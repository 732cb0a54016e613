"""Time cases side by side and measure the memory of a process."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROUNDS = 5


def _nothing() -> None:
    """Stand in for a case that needs no preparation."""


@dataclass(frozen=True)
class Case:
    """One way to do an operation.

    Parameters
    ----------
    name
        The tool and the way.
    run
        Takes what `prepare` or, where there is one, `before` returned; what is timed.
    prepare
        Builds what the tool keeps between questions; timed once, told apart.
    before
        Runs before each run and is not timed.
    note
        What the reader must know about this case.
    """

    name: str
    run: Callable[[Any], Any]
    prepare: Callable[[], Any] = _nothing
    before: Callable[[Any], Any] | None = None
    note: str = ""

    def ready(self, prepared: object) -> object:
        """Return what the next run takes."""
        return prepared if self.before is None else self.before(prepared)


@dataclass(frozen=True)
class Operation:
    """One question put to several tools.

    Parameters
    ----------
    title
        The question and the input.
    cases
        The first one is the one that the others are compared with.
    agree
        Takes the answer of each case and says in words how far they agree; raises
        `DisagreementError` where they should and do not.
    score
        Takes the answer of one case and returns figures of its quality by name. Where there is
        one, these are the table, and nothing is timed.
    skipped
        Cases that could not run, with the reason.
    """

    title: str
    cases: list[Case]
    agree: Callable[[dict[str, Any]], list[str]] | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    score: Callable[[Any], dict[str, str]] | None = None

    def without(self, words: list[str]) -> Operation:
        """Leave out the cases whose name has one of the words in it."""
        out = {case.name for case in self.cases if any(word in case.name for word in words)}
        kept = [case for case in self.cases if case.name not in out]
        return replace(self, cases=kept, skipped={**self.skipped, **dict.fromkeys(out, "left out")})


class DisagreementError(Exception):
    """Two tools give different answers to one question: their times mean nothing."""


class AbsentError(Exception):
    """An input or a peer is not there."""


def time_operation(operation: Operation, rounds: int = ROUNDS) -> dict[str, Any]:
    """Check that the answers agree, then time the cases in turn, round after round."""
    prepared, seconds, answers = {}, {}, {}
    for case in operation.cases:
        print(f"  {operation.title}: {case.name}", file=sys.stderr)
        start = time.perf_counter()
        prepared[case.name] = case.prepare()
        seconds[case.name] = time.perf_counter() - start
        answers[case.name] = case.run(case.ready(prepared[case.name]))
    agreement = operation.agree(answers) if operation.agree else []
    answers.clear()
    runs: dict[str, list[float]] = {case.name: [] for case in operation.cases}
    busy: dict[str, list[float]] = {case.name: [] for case in operation.cases}
    for _ in range(rounds):
        for case in operation.cases:
            argument = case.ready(prepared[case.name])
            start, start_busy = time.perf_counter(), time.process_time()
            case.run(argument)
            runs[case.name].append(time.perf_counter() - start)
            busy[case.name].append(time.process_time() - start_busy)
    base = statistics.median(runs[operation.cases[0].name])
    rows = [
        {
            "case": case.name,
            "prepare_s": seconds[case.name] if case.prepare is not _nothing else None,
            "median_s": statistics.median(runs[case.name]),
            "fastest_s": min(runs[case.name]),
            "processor_s": statistics.median(busy[case.name]),
            "ratio": statistics.median(runs[case.name]) / base,
            "note": case.note,
        }
        for case in operation.cases
    ]
    return {
        "title": operation.title,
        "rows": rows,
        "agreement": agreement,
        "skipped": operation.skipped,
    }


def score_operation(operation: Operation) -> dict[str, Any]:
    """Run each case once and tell the figures of its quality."""
    assert operation.score
    scores = []
    for case in operation.cases:
        print(f"  {operation.title}: {case.name}", file=sys.stderr)
        answer = case.run(case.ready(case.prepare()))
        scores.append({"case": case.name, "note": case.note, **operation.score(answer)})
    return {"title": operation.title, "scores": scores, "skipped": operation.skipped}


def measure_memory(operation: Operation, name: str) -> dict[str, Any]:
    """Prepare and run one case in this process and return its memory in MB."""
    case = next(case for case in operation.cases if case.name == name)
    before = peak_mb()
    case.run(case.ready(case.prepare()))
    return {"case": name, "before_mb": before, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: the figure of getrusage may be inherited from the parent
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
