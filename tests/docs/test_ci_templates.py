"""The templates for GitHub and GitLab: their shell runs in a repository of the small town."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kiezreach.sources.gates import read_gates

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / ".github/actions/kiezreach/action.yml").read_text("utf-8"))
GITLAB = yaml.safe_load((ROOT / ".gitlab/kiezreach.yml").read_text("utf-8"))
DOCUMENT = (ROOT / "docs/ci.md").read_text("utf-8")
GATES = '[[coverage]]\nrule = "No fall at all"\nmax_fall_points = 0\n'

# Printed maps take most of the time and are looked at elsewhere.
KIEZREACH = f"""\
#!/bin/sh
command=$1
shift
case $command in build) set -- "$@" --maps none ;; esac
exec {sys.executable} -m kiezreach "$command" "$@"
"""
# Writes down what it is asked for; a new environment has one of its own.
PYTHON = """\
#!/bin/sh
echo "$@" >>"$CALLS"
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of programs that come first."""
    folder = tmp_path / "tools"
    folder.mkdir()
    write_program(folder / "kiezreach", KIEZREACH)
    return folder


def write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def shell(command: list[str], script: str, folder: Path, tools: Path, **variables: object):
    environment = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        **{name: str(value) for name, value in variables.items()},
    }
    return subprocess.run(
        [*command, script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def repository(tmp_path: Path, tools: Path) -> Path:
    """A clone in which a centre less is proposed than its origin has, with its lock."""
    origin = tmp_path / "origin"
    write_small_study(origin)
    (origin / "gates.toml").write_text(GATES, encoding="utf-8")
    git(origin, "init", "--quiet", "--initial-branch", "main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "Centres")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    table = (clone / "centres.csv").read_text("utf-8").splitlines(keepends=True)
    rows = [line for line in table if not line.startswith("c3,")]
    (clone / "centres.csv").write_text("".join(rows), "utf-8")
    assert shell(["sh", "-c"], "kiezreach lock study.toml", clone, tools).returncode == 0
    return clone


def step(name: str) -> str:
    """Return the shell of a step of the action, which takes what it is given from variables."""
    (found,) = (part for part in ACTION["runs"]["steps"] if part["name"] == name)
    assert "${{" not in found["run"]  # names of files are never read as shell
    return str(found["run"])


def test_the_action_builds_compares_and_fails_where_a_rule_is_broken(repository, tools, tmp_path):
    temporary, summary = tmp_path / "runner temp", tmp_path / "summary.md"
    temporary.mkdir()
    given = {"RUNNER_TEMP": temporary, "GITHUB_STEP_SUMMARY": summary, "STUDY": "study.toml",
             "OUT": "public", "DIFFERENCE": "difference", "BEFORE": "../origin/study.toml",
             "GATES": "gates.toml"}  # fmt: skip
    done = shell(["bash", "-c"], step("Build"), repository, tools, **given)
    assert done.returncode == 0, done.stderr
    assert (repository / "public/index.html").read_bytes() == (
        repository / "public/map.html"
    ).read_bytes()
    done = shell(["bash", "-c"], step("Compare"), repository, tools, **given)
    assert done.returncode == 1, done.stderr
    assert "Broken rule: No fall at all" in done.stderr
    comment = (repository / "difference/difference.md").read_text("utf-8")
    assert "gone: Treff Ost" in comment
    assert summary.read_text("utf-8") == comment
    # What is not locked is not built.
    (repository / "centres.csv").write_bytes((tmp_path / "origin/centres.csv").read_bytes())
    done = shell(["bash", "-c"], step("Build"), repository, tools, **given)
    assert done.returncode == 2
    assert "centres.csv (centres) has changed" in done.stderr


def test_the_action_installs_what_the_repository_pins_with_hashes(tmp_path, tools):
    write_program(tools / "python", PYTHON)
    calls, path = tmp_path / "calls", tmp_path / "path"
    (tmp_path / "runner temp").mkdir()
    done = shell(
        ["bash", "-c"], step("Install"), tmp_path, tools, CALLS=calls, GITHUB_PATH=path,
        RUNNER_TEMP=tmp_path / "runner temp", ACTION=ROOT / ".github/actions/kiezreach",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = calls.read_text("utf-8").splitlines()
    assert f"--require-hashes -r {ROOT}/requirements/pip.txt" in said[1]
    assert f"--require-hashes -r {ROOT}/requirements/user.txt" in said[2]
    assert said[3].endswith(f"--no-deps --no-build-isolation {ROOT}")
    assert path.read_text("utf-8").strip() == str(tmp_path / "runner temp/kiezreach/bin")


# Stands in for kiezreach, which the action is tested with: builds a map, finds a broken rule.
STAND_IN = """\
#!/bin/sh
echo kiezreach "$@" >>"$CALLS"
command=$1
while [ $# -gt 1 ]; do shift; done
mkdir -p "$1"
if [ "$command" = build ]; then echo map >"$1/map.html"; fi
if [ "$command" = diff ]; then echo less >"$1/difference.md"; exit 1; fi
"""


def test_the_jobs_for_gitlab_publish_the_map_and_comment_on_what_differs(
    repository, tools, tmp_path
):
    calls = tmp_path / "calls"
    write_program(tools / "kiezreach", STAND_IN)
    write_program(tools / "python", PYTHON)
    write_program(tools / "curl", '#!/bin/sh\necho curl "$@" >>"$CALLS"\n')
    source = tmp_path / "kiezreach"
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch", "main")
    git(source, "commit", "--quiet", "--allow-empty", "--message", "Tool")
    variables = GITLAB["variables"] | {
        "KIEZREACH_REPOSITORY": source.as_uri(), "KIEZREACH_GATES": "gates.toml",
        "KIEZREACH_BOT_TOKEN": "secret", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_API_V4_URL": "https://git.example.org/api/v4", "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "7", "CALLS": calls,
    }  # fmt: skip
    (before,) = GITLAB[".kiezreach"]["before_script"]
    done = shell(["sh", "-c"], before, repository, tools, **variables)
    assert done.returncode == 0, done.stderr
    assert calls.read_text("utf-8").count("--require-hashes") == 2
    (script,) = GITLAB["difference"]["script"]
    done = shell(["sh", "-c"], script, repository, tools, **variables)
    assert done.returncode == 1, done.stderr
    *_, before, after, compared, asked = calls.read_text("utf-8").splitlines()
    assert before == "kiezreach build before/study.toml --maps none --out build-before"
    assert after == "kiezreach build study.toml --frozen --out build"
    assert compared == "kiezreach diff build-before build --gate gates.toml --out difference"
    assert (repository / "before/study.toml").exists()  # the target branch, beside the change
    assert "body@difference/difference.md" in asked
    assert asked.endswith("/projects/1/merge_requests/7/notes")
    (script,) = GITLAB["pages"]["script"]
    done = shell(["sh", "-c"], script, repository, tools, **variables)
    assert done.returncode == 0, done.stderr
    assert (repository / "public/index.html").read_text("utf-8") == "map\n"


def test_the_example_of_rules_can_be_read(tmp_path):
    (text,) = blocks("toml")
    (tmp_path / "gates.toml").write_text(text, encoding="utf-8")
    assert len(read_gates(tmp_path / "gates.toml").gates) == 6


def test_the_example_workflows_ask_for_what_the_templates_have():
    workflow, pipeline = (yaml.safe_load(text) for text in blocks("yaml"))
    (used,) = (part for part in workflow["jobs"]["map"]["steps"]
               if "kiezreach" in part.get("uses", ""))  # fmt: skip
    assert set(used["with"]) <= set(ACTION["inputs"])
    required = {name for name, part in ACTION["inputs"].items() if part.get("required")}
    assert required <= set(used["with"])
    assert set(pipeline["variables"]) <= set(GITLAB["variables"])
    runs = [part["run"] for part in workflow["jobs"]["map"]["steps"] if "run" in part]
    assert not any("${{" in run for run in runs)
