"""A process that has itself killed at a chosen moment; run as a program, for it forks.

Every moment is one at which Python tells of a file, a folder, a rename or a call into the C
library (its audit events), or a moment by the clock. Forking a process that has all in memory
makes hundreds of deaths cheap.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from kiezreach import whole

_WATCHED = ("open", "os.", "shutil.", "sqlite3.", "ctypes.", "tempfile.")
_DIED = -signal.SIGKILL
Tree = dict[str, str]


@dataclass(frozen=True)
class Death:
    """What was there after a run, and after the next one."""

    moment: str
    killed: bool
    found: str  # "earlier", "new", "nothing", or names of files that are neither
    after_next: str
    left: list[str]  # work folders that the next run has left


def tree(path: Path) -> Tree:
    """Return the content of a folder, or of a file, by name; without what differs in each run."""
    if path.is_file():
        return {"": hashlib.sha256(path.read_bytes()).hexdigest()}
    return {
        file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != "run-log.json" and not _hidden(file)
    }


def _hidden(file: Path) -> bool:
    """Tell whether a file lies in the work folder of a run."""
    return any(part.endswith(".kiezreach") for part in file.parts)


def count_events(act: Callable[[], None]) -> int:
    """Return how many events an act has, in a process of its own."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        seen = [0]

        def watch(name: str, _: tuple[object, ...]) -> None:
            seen[0] += name.startswith(_WATCHED)

        sys.addaudithook(watch)
        act()
        os.write(writing, str(seen[0]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = int(answer.read())
    assert os.waitpid(child, 0)[1] == 0
    return number


def kill_at_event(act: Callable[[], None], number: int) -> bool:
    """Run an act in a process of its own that dies at an event; tell whether it did."""
    if (child := os.fork()) == 0:
        left = [number]

        def watch(name: str, _: tuple[object, ...]) -> None:
            if name.startswith(_WATCHED):
                left[0] -= 1
                if left[0] < 0:
                    signal.raise_signal(signal.SIGKILL)  # no event of its own, as os.kill is

        sys.addaudithook(watch)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == _DIED


def kill_after(act: Callable[[], None], seconds: float) -> bool:
    """Run an act in a process of its own that dies after some time; tell whether it did."""
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # nothing can catch it: the process ends
        signal.setitimer(signal.ITIMER_REAL, seconds)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGALRM


def act_alone(act: Callable[[], None]) -> None:
    """Run an act in a process of its own; it must end well."""
    if (child := os.fork()) == 0:
        act()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@dataclass
class Stage:
    """A target with an earlier content, and an act that replaces it."""

    target: Path
    begin: Callable[[], None]
    act: Callable[[], None]
    next_run: Callable[[], None]

    def __post_init__(self) -> None:
        self.begin()
        self.earlier = tree(self.target)
        act_alone(self.act)
        self.new = tree(self.target)
        assert self.earlier != self.new

    def death(self, moment: str, kill: Callable[[Callable[[], None]], bool]) -> Death:
        """Put the earlier content there, die, look, run again, look again."""
        self.begin()
        killed = kill(self.act)
        found = self._found()
        act_alone(self.next_run)
        left = sorted(path.name for path in self.target.parent.rglob("*.kiezreach"))
        return Death(moment, killed, found, self._found(), left)

    def _found(self) -> str:
        there = tree(self.target)
        if not there:
            return "nothing"
        names = {"earlier": self.earlier, "new": self.new}
        same = [name for name, content in names.items() if content == there]
        wrong = {n for n, s in there.items() if s not in (self.earlier.get(n), self.new.get(n))}
        return same[0] if same else ", ".join(sorted(wrong)) or "a mixture"


def begins(target: Path) -> None:
    """Do what every run begins with, and no more: a whole build after each death takes long."""
    with whole.claim(target):
        pass


def empty(root: Path) -> None:
    """Begin with an empty folder."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)


def fill(folder: Path, text: str) -> None:
    """Write some files that all hold the same text."""
    folder.mkdir(exist_ok=True)
    for name in ("a.csv", "b/c.csv", "d.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def folder_stage(root: Path) -> Stage:
    """Make a stage of a small folder."""
    target = root / "folder"

    def begin() -> None:
        empty(root)
        fill(target, "earlier")

    def act() -> None:
        with whole.claim(target) as held, held.whole_folder() as work:
            fill(work, "new")

    return Stage(target, begin, act, act)


def file_stage(root: Path) -> Stage:
    """Make a stage of one file."""
    target = root / "file.json"

    def begin() -> None:
        empty(root)
        target.write_text("earlier")

    def act() -> None:
        with whole.whole_file(target) as part:
            part.write_text("new")

    return Stage(target, begin, act, act)


def files_stage(root: Path) -> Stage:
    """Make a stage of some files in a folder, of which one goes."""
    target = root / "folder"

    def begin() -> None:
        empty(root)
        target.mkdir()
        for name in ("one.csv", "two.csv", "gone.csv"):
            (target / name).write_text("earlier")

    def act() -> None:
        with whole.whole_files(target, "answer", instead_of=("gone.csv",)) as work:
            for name in ("one.csv", "two.csv"):
                (work / name).write_text("new")

    return Stage(target, begin, act, act)


def build_stage(root: Path, study_file: Path) -> Stage:
    """Make a stage of a build that has read and computed all, and has only to write."""
    import kiezreach as kr

    module = import_module("kiezreach.build")  # as an attribute, it is the function
    study = kr.read_study(study_file)
    inputs = module.read_inputs(study, lambda _: None, cache=False)
    analysis = module.analyse(study, inputs, lambda _: None)
    module.read_inputs = lambda *_, **__: inputs
    module.analyse = lambda *_: analysis
    target, kept = root / "builds" / "town", root / "kept"

    def build_at(time: str, out: Path) -> None:
        os.environ["SOURCE_DATE_EPOCH"] = time
        kr.build(study, out, maps="none")

    act_alone(lambda: build_at("1700000000", kept))

    def begin() -> None:
        shutil.rmtree(target.parent, ignore_errors=True)
        shutil.copytree(kept, target)

    return Stage(target, begin, lambda: build_at("1800000000", target), lambda: begins(target))


@contextmanager
def no_exchange():
    """Do as where folders cannot be exchanged at one stroke."""
    before = whole._exchange
    whole._exchange = lambda *_: False
    try:
        yield
    finally:
        whole._exchange = before


def at_every_event(stage: Stage) -> list[Death]:
    """Die at every event of an act, one after the other."""
    return [
        stage.death(f"event {n}", lambda act, n=n: kill_at_event(act, n))
        for n in range(count_events(stage.act))
    ]


def at_random_moments(stage: Stage, number: int, seed: int) -> list[Death]:
    """Die at random: three times of five at an event, else by the clock; and at the last events."""
    import time

    choose = random.Random(seed)
    stage.begin()
    events = count_events(stage.act)
    stage.begin()
    started = time.perf_counter()
    act_alone(stage.act)
    seconds = time.perf_counter() - started
    by_clock = number * 2 // 5
    deaths: list[Death] = []
    while len(deaths) < by_clock:
        after = choose.uniform(0.01, 1.0) * seconds
        death = stage.death(f"{after:.3f} s", lambda act, after=after: kill_after(act, after))
        if death.killed:  # otherwise it was done before
            deaths.append(death)
        else:
            seconds *= 0.9
    chosen = sorted(choose.sample(range(events), number - by_clock))
    deaths += [
        stage.death(f"event {n} of {events}", lambda act, n=n: kill_at_event(act, n))
        for n in chosen
    ]
    return deaths


def main() -> None:
    """Print what was found, as JSON."""
    # Later versions warn of threads that libraries have started; none of them holds a lock here.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    what, root = sys.argv[1], Path(sys.argv[2])
    if what == "build":
        found = at_random_moments(
            build_stage(root, Path(sys.argv[3])), int(sys.argv[4]), int(sys.argv[5])
        )
    elif what == "folder without exchange":
        with no_exchange():
            found = at_every_event(folder_stage(root))
    else:
        stages = {"folder": folder_stage, "file": file_stage, "files": files_stage}
        found = at_every_event(stages[what](root))
    sys.stdout.write(json.dumps([asdict(death) for death in found]))


if __name__ == "__main__":
    main()
