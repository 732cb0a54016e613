"""The documentation site: it builds without a warning, hangs together, and asks nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import kiezreach
from kiezreach.study import Scenario, Study
from kiezreach.study.gates import GateFile
from kiezreach.study.norms import NormFile

from .scripts import script

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
KINDS = ["index", "start/first-map", "method", "reference/cli", "reference/api", "faq.de"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
FIGURE = r"\*\*([\d.]+ %)\*\* ([\d,]+ m)[^:\n]*: ([\d,]+) people"


check_site, tutorials = script("check_site"), script("tutorials")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as scripts/docs builds it."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-E", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", out / "doctrees", DOCS, out / "html"], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return out / "html"


def test_links_lead_somewhere_and_nothing_comes_from_another_site(site):
    assert check_site.faults(site) == []
    styles = [*site.rglob("*.css")]
    assert styles
    for style in styles:
        text = style.read_text("utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text), style


def test_what_is_broken_in_a_site_is_found(tmp_path):
    page = '<a href="x.html">x</a><a href="#no">no</a><script src="https://cdn.example.org/a.js">'
    (tmp_path / "index.html").write_text(page, "utf-8")
    assert check_site.faults(tmp_path) == [
        "index.html: loads https://cdn.example.org/a.js",
        "index.html: no file for x.html",
        "index.html: no anchor for #no",
    ]


def test_the_reference_has_every_command_name_and_key(site):
    from kiezreach.cli import group

    commands = (site / "reference/cli.html").read_text("utf-8")
    for name in group.list_commands(None):
        assert f'id="kiezreach-{name}"' in commands, name
    api = (site / "reference/api.html").read_text("utf-8")
    assert {name for name in kiezreach.__all__ if f'id="kiezreach.{name}"' not in api} == set()
    study = re.sub(r"<[^>]+>", "", (site / "reference/study.html").read_text("utf-8"))
    schema = Study.model_json_schema()
    keys = {
        key for part in (schema, *schema["$defs"].values()) for key in part.get("properties", ())
    }
    assert {key for key in keys - {"de", "en"} if not re.search(rf"\b{key}\b", study)} == set()


def test_no_page_shows_its_own_markup(site):
    for page in sorted(site.rglob("*.html")):
        text = re.sub(
            r"<pre>.*?</pre>|<code.*?</code>", "", page.read_text("utf-8"), flags=re.DOTALL
        )
        assert not re.search(r"\.\. [a-z-]+::|:::|```", text), page


def test_formulas_are_drawn_by_the_browser_itself(site):
    method = (site / "method.html").read_text("utf-8")
    written = (DOCS / "method.md").read_text("utf-8").count("```math\n")
    drawn = '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"'
    assert method.count(drawn) == written > 0
    assert "mathjax" not in "".join(re.findall("<script[^>]*>", method)).lower()


def test_the_figures_of_the_front_page_are_those_of_the_readme():
    front = (DOCS / "index.md").read_text("utf-8")
    table = (ROOT / "README.md").read_text("utf-8")
    figures = re.findall(FIGURE, front)
    assert len(figures) == 3
    for share, metres, people in figures:
        assert re.search(rf"\| {metres}[^|]*\| {people} \| {re.escape(share)} \|", table)
    assert "| 26.9 to 30.1 % |" in table
    assert "26.9 to 30.1 %" in front


def test_both_languages_answer_the_same_questions():
    # Each answer has the same links in both, but for those to questions of its own page.
    answers = []
    for language in ("de", "en"):
        text = (DOCS / f"faq.{language}.md").read_text("utf-8")
        parts = re.split(r"^## .+\?$", text, flags=re.MULTILINE)[1:]
        answers.append([sorted(re.findall(r"\]\(([^#)][^)]*)\)", part)) for part in parts])
        assert len(parts) == text.count("\n## ") >= 14
    assert answers[0] == answers[1]


def _toml_blocks() -> list[tuple[str, str]]:
    found = []
    for page in tutorials.pages():
        blocks = re.findall(
            r"^```toml[^\n]*\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        found += [
            (f"{page.relative_to(ROOT)}:{number}", text) for number, text in enumerate(blocks)
        ]
    return found


def _as_part_of_a_study(given: dict) -> None:
    for key, value in given.items():
        TypeAdapter(Study.model_fields[key].annotation).validate_python(value)


@pytest.mark.parametrize(
    ("name", "text"), _toml_blocks(), ids=lambda part: part.split("\n")[0][:40]
)
def test_an_example_in_toml_can_be_read(name, text, tmp_path):
    given = tomllib.loads(text)
    if "steps" in given:
        Scenario.model_validate_json(Scenario(**given).model_dump_json())
    elif "norms" in given:
        NormFile.model_validate(given)
    elif name.startswith("docs/fetch.md"):
        from kiezreach.sources.downloads.catalogue import read_catalogue

        (tmp_path / "catalogue.toml").write_text(text, "utf-8")
        read_catalogue(tmp_path / "catalogue.toml")
    elif set(given) <= set(GateFile.model_fields) - {"centres", "residents"} or "rule" in str(
        given
    ):
        GateFile.model_validate(given)
    else:
        _as_part_of_a_study(given)


def test_no_key_of_a_study_is_explained_by_its_unit_alone():
    schema = Study.model_json_schema()
    parts = {"study": schema, **schema["$defs"]}
    told = {
        (name, key): value.get("description", "")
        for name, part in parts.items()
        for key, value in part.get("properties", {}).items()
    }
    assert [where for where, words in told.items() if words == "metres"] == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_no_violation_on_a_page_opened_from_a_file(site, browser, name, scheme, width):
    package = pytest.importorskip("axe_playwright_python")
    axe = (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / f"{name}.html").as_uri())
    page.evaluate(axe)
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    told = [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found["violations"]]
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert told == []
    assert overflow <= 0  # a phone scrolls in one direction
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_the_search_finds_pages_without_a_network(site, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((site / "search.html").as_uri() + "?q=criticality")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.textContent)")
    context.close()
    assert any("Method" in title for title in found)
