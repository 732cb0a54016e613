"""Audit: known vulnerabilities of what is pinned (scripts/audit).

KIEZREACH_ADVISORIES names a local copy of OSV's advisories (a folder of JSON files, or their zip
file). Without one, OSV's service is asked; where it cannot be reached, the audit is skipped, and
says so: no answer is never taken for a good one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distribution.advisories import read_advisories, served

ROOT = Path(__file__).parents[2]
ANSWER_S = 10  # longest wait for one answer
LONGEST = 160  # characters of a reason or a description
WHOLE_S = 180  # longest wait for all: some 160 answers, usually of a tenth of a second


def ask(requirements: Path, url: str | None) -> list[dict[str, Any]] | str:
    """Ask about all requirements that are meant for this machine.

    Returns
    -------
    list of dict or str
        What was found for each, with its vulnerabilities; or why there is no answer.
    """
    with TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [
            sys.executable, "-m", "pip_audit", "--requirement", str(requirements),
            "--require-hashes", "--disable-pip", "--vulnerability-service", "osv",
            "--timeout", str(ANSWER_S), "--progress-spinner", "off", "--cache-dir", folder,
            "--format", "json", "--output", str(answer), *(["--osv-url", url] if url else []),
        ]  # fmt: skip
        # A copy on this machine is asked without a proxy.
        environment = os.environ | ({"NO_PROXY": "127.0.0.1"} if url else {})
        try:
            done = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=WHOLE_S,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {WHOLE_S} seconds"
        # Exit code 1 stands for vulnerabilities and for failures alike: the answer itself tells.
        if not answer.is_file():
            return (done.stderr.strip().splitlines() or ["no answer"])[-1][:LONGEST]
        found: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
    skipped = [part["name"] for part in found if "skip_reason" in part]
    if skipped or not found:
        return f"nothing was said of {', '.join(skipped) or 'anything'}"
    return found


def told(found: list[dict[str, Any]] | str, *, required: bool) -> tuple[str, int]:
    """Say what was found; the exit code is 1 for vulnerabilities, or without a needed answer."""
    if isinstance(found, str):
        return f"Audit SKIPPED, nothing is known of vulnerabilities: {found}", int(required)
    bad = [(part, one) for part in found for one in part["vulns"]]
    if not bad:
        return f"Audit passed: no known vulnerability in {len(found)} distributions", 0
    lines = [
        f"  {part['name']} {part['version']}: {one['id']}, "
        f"fixed in {', '.join(one['fix_versions']) or 'no version'}: {one['description'][:LONGEST]}"
        for part, one in bad
    ]
    return "\n".join([f"Audit FAILED: {len(bad)} known vulnerabilities", *lines]), 1


def main(arguments: list[str] | None = None) -> int:
    """Ask, tell, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/audit", description=__doc__)
    parser.add_argument(
        "requirements", nargs="?", type=Path, default=ROOT / "requirements/dev.txt",
        help="pinned requirements with hashes (default: dev.txt, which holds the user's)",
    )  # fmt: skip
    parser.add_argument("--url", help="address of a service that answers as OSV's does")
    parser.add_argument("--required", action="store_true", help="exit code 1 without an answer")
    options = parser.parse_args(arguments)
    copy = os.environ.get("KIEZREACH_ADVISORIES")
    if copy and not options.url:
        try:
            advisories = read_advisories(Path(copy))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            print(f"Audit FAILED: KIEZREACH_ADVISORIES cannot be read: {error}")
            return 1
        with served(advisories) as url:
            found = ask(options.requirements, url)
    else:
        found = ask(options.requirements, options.url)
    text, code = told(found, required=options.required or bool(copy))
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
