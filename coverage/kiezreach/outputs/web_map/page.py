"""The page around the map: folium's, with every script and style inside and nothing loaded."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template
from jinja2 import Environment
from markupsafe import Markup

if TYPE_CHECKING:
    from kiezreach.outputs.web_map.templates import Templates

_SCRIPTS = (
    "format", "shapes", "symbols", "layers", "plans", "streets", "labels", "legend", "details",
    "panel", "tables", "search", "print", "main",
)  # fmt: skip
_LEAFLET_IMAGES = ("layers.png", "layers-2x.png", "marker-icon.png")
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src {images}; "
    "base-uri 'none'; form-action 'none'"
)


class _Page(Figure):
    """A page whose scripts and styles are all inside, under a policy that lets nothing else in."""

    def __init__(self, content: dict[str, Any], texts: Templates) -> None:
        super().__init__()
        self._id = "page"
        self._content, self._texts = content, texts

    def render(self, **kwargs: object) -> str:
        """Return the HTML of the page."""
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [_leaflet("leaflet.js"), _own_script(), _rendered(self.script)]
        tiles = self._content["tiles"]
        policy = _POLICY.format(
            scripts=" ".join(_allowed(script) for script in scripts),
            images=f"data: https://{tiles['host']}" if tiles else "data:",
        )
        template = Environment(autoescape=True).from_string(_own_file("page.html"))
        return template.render(
            texts=self._texts,
            content=self._content,
            data=Markup(json_for_html(self._content)),  # noqa: S704 - escaped by json_for_html
            policy=policy,
            styles=[Markup(style) for style in (_leaflet_style(), _own_file("map.css"))],  # noqa: S704
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own and Leaflet's
            map=Markup(_rendered(self.html)),  # noqa: S704 - made from our template alone
        )


class _Map(folium.Map):
    """Folium's map without its links to other servers."""

    _template = Template(
        """
        {%- macro html(this, kwargs) -%}
        <div class="folium-map" id={{ this.get_name()|tojson }} tabindex="0"></div>
        {%- endmacro %}
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }},
            crs: L.CRS.{{ this.crs }},
            ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(self, name: str, **options: Any) -> None:  # noqa: ANN401 - folium's own
        super().__init__(**options)
        self._id = name  # folium's own is random
        self.default_js, self.default_css = [], []


class _Results(MacroElement):
    """The results of the study on the map."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        kiezreach({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "Results", "kiezreach"


def map_page(content: dict[str, Any], texts: Templates) -> str:
    """Return the HTML of the interactive map.

    Parameters
    ----------
    content
        As `kiezreach.outputs.web_map.content.map_content` gathers it.
    texts
        The map's texts.

    Returns
    -------
    str
        A page that needs no other file and opens no connection, but to the study's server of
        tiles if it names one and the reader asks for them.
    """
    (south, west), (north, east) = content["bounds"]
    leaflet_map = _Map(
        "kiezreach",
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=10,
        prefer_canvas=True,
        zoom_control=False,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        attribution_control=False,
        min_zoom=4,
        max_zoom=19,
    )
    page = _Page(content, texts)
    page.add_child(leaflet_map)
    leaflet_map.add_child(_Results())
    return page.render()


def json_for_html(value: object) -> str:
    """Write JSON that may stand inside a script element, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "&<>\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _rendered(part: Element) -> str:
    """Return the rendered children of a part of the page."""
    return str(part.render()).strip()


def _own_script() -> str:
    """Join our scripts to one that leaves a single name, `kiezreach`, to the page."""
    parts = "\n".join(_own_file(f"{name}.js") for name in _SCRIPTS)
    return f'const kiezreach = (() => {{\n"use strict";\n{parts}\nreturn start;\n}})();'


def _own_file(name: str) -> str:
    """Read a file that lies beside this module."""
    return files("kiezreach.outputs.web_map").joinpath(name).read_text(encoding="utf-8")


def _leaflet(name: str) -> str:
    """Read one of Leaflet's files; the note on its source map would make browsers look for it."""
    file = files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", name)
    text = file.read_text(encoding="utf-8")
    return "\n".join(line for line in text.split("\n") if "sourceMappingURL" not in line)


def _leaflet_style() -> str:
    """Return Leaflet's style with its images inside."""
    style = _leaflet("leaflet.css")
    folder = files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", "images")
    for name in _LEAFLET_IMAGES:
        code = base64.b64encode(folder.joinpath(name).read_bytes()).decode("ascii")
        style = style.replace(f"url(images/{name})", f"url(data:image/png;base64,{code})")
    return style


def _allowed(script: str) -> str:
    """Name a script in the page's policy by its hash."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
