"""Compare kiezreach with its peers: speed and memory, side by side in one run.

python benchmarks/run.py            everything, on inputs of full size
python benchmarks/run.py --quick    the same questions on small inputs
python benchmarks/run.py --only nearest_centre --only "reading:Malta" --json

Each operation runs in a process of its own, in which the tools take turns; each figure of memory
comes from a process that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

OPERATIONS = (
    "nearest_centre",
    "each_centre",
    "distances",
    "city_catchments",
    "polygons",
    "accuracy",
    "snapping",
    "reading",
    "growth",
    "what_if",
    "site_choice",
)
MEMORY_OF = {
    "nearest_centre": "synthetic city",
    "city_catchments": "synthetic city",
    "snapping": "synthetic city",
    "reading": "Malta, tiled",
}
REPOSITORY = Path(__file__).parent.parent


def main() -> None:
    """Run the operations that were asked for and print their tables."""
    args = _arguments()
    if args.child:
        args.answer.write_text(json.dumps(_child(args)))
        return
    results = []
    for module, name in _chosen(args):
        result = _spawn(args, f"{module}:{name}")
        if "rows" in result and not args.no_memory and MEMORY_OF.get(module) == name:
            cases = [row["case"] for row in result["rows"]]
            result["memory"] = [_spawn(args, f"{module}:{name}", case) for case in cases]
        results.append(result)
        if not args.json:
            print(_markdown(result), flush=True)
    if args.json:
        print(json.dumps({"machine": _machine(), "results": results}, indent=1))
    else:
        print(f"\n{_machine()}")
    if any(result.get("failed") for result in results):
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small inputs, 3 rounds")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help=f"one of {', '.join(OPERATIONS)}, also with an input: reading:Malta; repeatable",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="TOOL",
        help="leave out the cases with this word in their name, as pandana; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--rounds", type=int, help="timed runs of each case (5)")
    parser.add_argument("--no-memory", action="store_true", help="times only")
    parser.add_argument("--shared", type=Path, default=REPOSITORY.parent / "shared")
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(tempfile.gettempdir()) / "kiezreach-benchmarks",
        help="where large inputs that are made are kept",
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.rounds = args.rounds or (3 if args.quick else 5)
    return args


def _chosen(args: argparse.Namespace) -> list[tuple[str, str]]:
    """List the operations and their inputs that were asked for."""
    listed = _spawn(args, ":")
    if listed.get("failed"):
        sys.exit("The benchmarks cannot be loaded: see above. Is kiezreach installed?")
    known = [(module, name) for module in OPERATIONS for name in listed[module]]
    wanted = set(args.only or OPERATIONS)
    unknown = wanted - set(OPERATIONS) - {f"{module}:{name}" for module, name in known}
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))}. Known are: {_listing(listed)}")
    return [pair for pair in known if {pair[0], ":".join(pair)} & wanted]


def _listing(listed: dict[str, list[str]]) -> str:
    """Name every operation with its inputs."""
    return "; ".join(f"{module} ({', '.join(names)})" for module, names in listed.items())


def _spawn(args: argparse.Namespace, child: str, case: str = "") -> dict[str, Any]:
    """Run one operation, or one case of it for its memory, in a process of its own."""
    command = [sys.executable, __file__, "--child", child, "--case", case]
    command += ["--shared", str(args.shared), "--scratch", str(args.scratch)]
    command += [word for tool in args.without for word in ("--without", tool)]
    command += ["--rounds", str(args.rounds), *(["--quick"] if args.quick else [])]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command += ["--answer", str(answer)]
        # Some tools talk on stdout while they build.
        done = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            env={"KIEZREACH_CACHE_DIR": str(args.scratch / "cache"), **os.environ},
            check=False,
        )
        if done.returncode:
            reason = f"it failed (exit code {done.returncode}); the reason is above, on stderr"
            return {"title": child, "skipped": {child: reason}, "failed": True}
        return json.loads(answer.read_text())


def _child(args: argparse.Namespace) -> dict[str, Any]:
    """Do what `_spawn` asks for."""
    from inputs import Settings
    from measuring import AbsentError, measure_memory, score_operation, time_operation

    settings = Settings(args.shared, args.scratch, args.quick)
    module, name = args.child.split(":", 1)
    if not module:
        return {module: _operations(module).inputs(settings) for module in OPERATIONS}
    try:
        operation = _operations(module).operation(settings, name)
    except AbsentError as absent:
        return {"title": args.child, "skipped": {name: str(absent)}}
    operation = operation.without(args.without)
    if not operation.cases:
        return {"title": operation.title, "skipped": operation.skipped}
    if args.case:
        return measure_memory(operation, args.case)
    if operation.score:
        return score_operation(operation)
    return time_operation(operation, args.rounds)


def _operations(module: str) -> ModuleType:
    """Load what stands behind the name of an operation."""
    return importlib.import_module(f"operations.{module}")


def _markdown(result: dict[str, Any]) -> str:
    """Lay out one operation as a table."""
    lines = ["", f"### {result['title']}", ""]
    table = _times(result) if "rows" in result else _scores(result.get("scores", []))
    if table:
        head, *rows = table
        lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += [""] if result.get("agreement") or result["skipped"] else []
    lines += [f"- {line}" for line in result.get("agreement", [])]
    lines += [f"- not run: {what}: {why}" for what, why in result["skipped"].items()]
    return "\n".join(lines)


def _times(result: dict[str, Any]) -> list[list[str]]:
    """Head and rows of a table of times and memory."""
    memory = {row["case"]: row for row in result.get("memory", []) if "case" in row}
    head = ["tool", "median", "fastest", "processor", "ratio", "preparation"]
    table = [head + (["peak memory"] if memory else [])]
    for row in result["rows"]:
        cells = [_noted(row)]
        cells += [_seconds(row[key]) for key in ("median_s", "fastest_s", "processor_s")]
        cells += [f"{row['ratio']:.2f}", _seconds(row["prepare_s"])]
        table.append(cells + ([_megabytes(memory.get(row["case"]))] if memory else []))
    return table


def _scores(scores: list[dict[str, str]]) -> list[list[str]]:
    """Head and rows of a table of quality."""
    figures = [name for name in (scores[0] if scores else ()) if name not in {"case", "note"}]
    rows = [[_noted(row), *(row[name] for name in figures)] for row in scores]
    return [["tool", *figures], *rows] if scores else []


def _noted(row: dict[str, str]) -> str:
    """Name a case, with what the reader must know about it."""
    return row["case"] + (f" ({row['note']})" if row["note"] else "")


def _seconds(seconds: float | None) -> str:
    """Write a duration with three digits."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _megabytes(row: dict[str, Any] | None) -> str:
    """Write the peak of a process and how much of it the case added."""
    if row is None:
        return ""
    return f"{row['peak_mb']:,.0f} MB (+{row['peak_mb'] - row['before_mb']:,.0f})"


def _machine() -> str:
    """Describe the machine and the versions."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    def stated(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} absent"

    information = Path("/proc/cpuinfo")
    names = information.read_text().splitlines() if information.exists() else []
    model = next((x.split(":")[1].strip() for x in names if x.startswith("model name")), "")
    packages = ("numpy", "scipy", "shapely", "geopandas", "networkx", "osmnx", "pandana")
    packages += ("pyvalhalla", "osmium", "contourpy")
    return (
        f"{model or platform.processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(map(stated, packages))}"
    )


if __name__ == "__main__":
    main()
