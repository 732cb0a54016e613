"""The documentation site. `scripts/docs` builds it; CONTRIBUTING.md says how."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parent / "coverage")]

project = "kiezreach"
author = "The kiezreach authors"
copyright = "the kiezreach authors; code: MIT licence; data: see Sources"  # noqa: A001 - Sphinx's name
version = release = version_of("kiezreach")
language = "en"
smartquotes = False  # --out stays two hyphens, so that it can be copied

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "blocks",
    "mathml",
    "repository",
    "toml_reference",
]
# Pages of files outside docs/ are there only where the file is.
OUTSIDE = {"project/reporting": "SECURITY.md"}
exclude_patterns = [
    f"{page}.md" for page, file in OUTSIDE.items() if not (HERE.parent / file).exists()
]
exclude_patterns += ["_extensions"]

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_fence_as_directive = ["math"]  # as code hosts write displayed formulas
myst_heading_anchors = 4
myst_links_external_new_tab = False

nitpick_ignore_regex = [
    # Libraries have inventories that only the internet has; the site asks nobody for anything.
    (
        r"py:.*",
        r"(geopandas|gpd|pandas|pd|numpy|np|npt|shapely|networkx|nx|scipy|pyproj|pydantic|click)\b.*",
    ),
    (
        r"py:.*",
        r"(pathlib|collections|typing|datetime|annotated_types|Path|Iterable|Sequence|Mapping)\b.*",
    ),
    (r"py:.*", r"(str|int|float|bool|None|object|dict|list|tuple|set|frozenset|ValueError|Any)"),
    # Inner types of the package that signatures name and the public API has no page for.
    (r"py:.*", r"kiezreach\.[a-z_]+\..*|kiezreach\.(inputs|analysis)\..*"),
    (r"py:.*", r"Unknown|Provenance|Water|CentreReaches|Snap|Way|Explanation|Model"),
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
python_use_unqualified_type_names = True

copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_remove_prompts = True

html_theme = "pydata_sphinx_theme"
html_title = "kiezreach"
html_static_path = ["_static"]
html_css_files = ["kiezreach.css"]
html_favicon = "_static/mark.svg"
html_show_sourcelink = False
html_show_search_summary = False  # it is fetched, which a page from a disk may not do
html_context = {"default_mode": "auto"}
html_copy_source = False
html_last_updated_fmt = None  # the same text gives the same pages
html_theme_options = {
    "logo": {
        "image_light": "_static/mark.svg",
        "image_dark": "_static/mark-dark.svg",
        "text": "kiezreach",
        "alt_text": "kiezreach, front page",
    },
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "faq.de": [], "faq.en": []}

linkcheck_timeout = 20
linkcheck_anchors = False
linkcheck_ignore = [
    r"https://(gdi\.berlin\.de|overpass-api\.de|gdz\.|geodata\.example\.org|git\.example\.org).*"
]
