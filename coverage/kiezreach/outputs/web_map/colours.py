"""Colours of the interactive map, and why they are what they are.

Residents who are served are violet, places out of reach orange: two ends that stay apart in every
form of colour blindness. The classes of the share served differ in lightness alone, so that they
also stand in order in grey. What is planned or supposed (proposals, missing links, scenarios) has
colours of its own, and always a shape of its own as well.
"""

from __future__ import annotations

# Share served, from nobody to everybody: steps of equal lightness.
COVERAGE = ("#ffffff", "#dcd7ec", "#b6aed7", "#8f83bf", "#6752a0", "#3d2179")
NO_RESIDENTS = {"line": "#b9b5ad", "fill": "#efede8"}  # hatched
CATCHMENT = "#3b0f70"
GAP = {"fill": "#e8590c", "edge": "#8c2f02", "badge": "#f6ae82", "text": "#3d1300"}
BORDER = "#3a3546"
AREA_BORDER = "#77718f"
BACKGROUND = {"water": "#a8cde0", "green": "#d3e2c0", "railway": "#7d7770", "streets": "#8c8780"}
OUTSIDE = "#f3f1ec"
SIGN_EDGE = "#16202c"
PROPOSAL = {"fill": "#ffd400", "edge": "#16202c"}
LINK = {"line": "#c2185b", "rim": "#ffffff"}
CHANGE = {"gained": "#00796b", "lost": "#b71c1c"}
LOSS = "#005f9e"  # what would be lost if a centre closed


def page_colours() -> dict[str, object]:
    """Return the colours by the names that the page's scripts use."""
    return {
        "coverage": COVERAGE,
        "noResidents": NO_RESIDENTS,
        "catchment": CATCHMENT,
        "gap": GAP,
        "border": BORDER,
        "areaBorder": AREA_BORDER,
        "background": BACKGROUND,
        "outside": OUTSIDE,
        "signEdge": SIGN_EDGE,
        "proposal": PROPOSAL,
        "link": LINK,
        "change": CHANGE,
        "loss": LOSS,
    }
