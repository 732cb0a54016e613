"""Colours and marks that all maps share, and why they are what they are.

Served ground is purple and places out of reach are orange: the two ends of ColorBrewer's PuOr,
which stay apart in every form of colour blindness. Purple gets darker the nearer a centre is, and
the orange for places without a centre lies between the palest purple and the paper in lightness,
so that a copy in grey still tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

PAPER = "#ffffff"
INK = "#1f2328"
INK_SOFT = "#5b6168"  # 6:1 on white
RULE = "#c9ccd1"

OUTSIDE = "#eeedea"
LAND = "#fbfaf8"
WATER = "#cfe1ea"
GREEN = "#e6eedb"
RAILWAY = "#b3b0ab"
AREA_BORDER = "#8a8f96"
DISTRICT_BORDER = "#33363b"

AREA_NAME = "#3f454c"

UNSERVED = "#f0b95e"  # inhabited and beyond the largest threshold
NEAREST = "#4b2a86"  # within the smallest threshold
FARTHEST_SERVED = "#9986cb"  # within the threshold that gaps are drawn for
BEYOND = ("#fdf0da", "#fdf6ea")  # larger thresholds, first the smaller: pale, as not served
THRESHOLD_LINE = "#2f1a57"  # border of the threshold that gaps are drawn for

BLOCK_SHADE = 0.11  # opacity of ink over inhabited blocks: streets show between them

SERVED_GROUND = "#e6e0f2"  # where only served or not is told
PROPOSED_GROUND = "#9986cb"  # what proposed sites would serve
# ColorBrewer's YlOrBr without its palest step, from the lowest class to the highest.
PRIORITY = ("#fee39c", "#fcb84e", "#f28e27", "#c35609", "#742a05")
LOST = "#c35609"  # who loses access; who gains it has the colour of the nearest
NO_PRIORITY = "#ffffff"  # with a fine outline

# ColorBrewer's RdPu, from the least need to the greatest: neither the purple of what is served nor
# the orange of gaps, nor the green and blue of the ground.
NEED = ("#feebe2", "#fbb4b9", "#f768a1", "#c51b8a", "#7a0177")
NO_NEED = "#ffffff"  # planning areas without a need index

MISSING_LINK = "#c2185b"  # apart from every centre, gap and catchment
PROPOSED_SITE = "#00594f"  # number of a site among gaps: dark, and neither a gap's nor a centre's

# On sheets in grey: what would be as light as something else has a pattern of matplotlib's.
GREY_PATTERNS = {UNSERVED: "//////", SERVED_GROUND: "...."}

_DARK = 0.0031308  # linear light below which sRGB is a straight line

OTHER_KIND = "other"  # the kind of centres that fit no other
# Dark or vivid colours of Okabe and Ito that show on purple and on orange inside a white edge; the
# shapes alone tell the kinds apart where colours do not.
_KIND_COLOURS = ("#0072b2", "#f0e442", "#d7263d", "#009e73", "#56b4e9", "#000000", "#cc79a7")
_KIND_MARKERS = ("o", "^", "s", "D", "P", "v", "*", "X", "h", "p", "<", ">", "d", "8")


@dataclass(frozen=True)
class KindStyle:
    """How the centres of one kind are drawn.

    Parameters
    ----------
    marker
        A marker of matplotlib.
    colour
        Fill as ``#rrggbb``.
    """

    marker: str
    colour: str


def kind_styles(kinds: Iterable[str]) -> dict[str, KindStyle]:
    """Give each kind a shape and a colour.

    Parameters
    ----------
    kinds
        Kinds of centres, in any order and number.

    Returns
    -------
    dict
        By kind, in the order of a legend: by name, `OTHER_KIND` and the empty kind last. They
        share a plain white circle; two others never share shape and colour below 98 kinds.
    """
    distinct = set(kinds)
    last = [kind for kind in (OTHER_KIND, "") if kind in distinct]
    named = sorted(distinct - set(last))
    colours = islice(cycle(_KIND_COLOURS), len(named))
    # Shapes shift by one each time the colours are through, so that pairs do not come again soon.
    shapes = [_KIND_MARKERS[k % len(_KIND_MARKERS)] for k in _shape_numbers(len(named))]
    styles = {
        kind: KindStyle(shape, colour)
        for kind, shape, colour in zip(named, shapes, colours, strict=True)
    }
    return styles | {kind: KindStyle("o", PAPER) for kind in last}


def _shape_numbers(n: int) -> list[int]:
    """Return numbers of shapes: one after the other, shifted where both lists would repeat."""
    return [k + k // len(_KIND_MARKERS) for k in range(n)]


def band_colours(thresholds: Sequence[float], served: float) -> dict[float, str]:
    """Colour the band up to each threshold.

    Parameters
    ----------
    thresholds
        Walking distances in metres.
    served
        The one of them within which a resident counts as served.

    Returns
    -------
    dict
        ``#rrggbb`` by threshold, rising.
    """
    near = sorted(t for t in thresholds if t <= served)
    far = sorted(t for t in thresholds if t > served)
    steps = [_mix(NEAREST, FARTHEST_SERVED, k / max(len(near) - 1, 1)) for k in range(len(near))]
    if len(near) == 1:
        steps = [_mix(NEAREST, FARTHEST_SERVED, 0.5)]
    pale = [_mix(*BEYOND, k / max(len(far) - 1, 1)) for k in range(len(far))]
    return dict(zip([*near, *far], [*steps, *pale], strict=True))


def class_colours(n: int) -> list[str]:
    """Return n of the colours for classes of priority, from the lowest to the highest."""
    last = len(PRIORITY) - 1
    return [PRIORITY[last - round(k * last / max(n - 1, 1))] for k in range(n)][::-1]


def share_colours(n: int) -> list[str]:
    """Return n colours for classes of the share served, from none served to all."""
    return [_mix(PAPER, NEAREST, k / max(n - 1, 1)) for k in range(n)]


def need_colours(n: int) -> list[str]:
    """Return n of the colours for classes of need, from the least to the greatest."""
    last = len(NEED) - 1
    return [NEED[last - round(k * last / max(n - 1, 1))] for k in range(n)][::-1]


def grey(colour: str) -> str:
    """Return the grey of a colour's lightness.

    Parameters
    ----------
    colour
        ``#rrggbb``.

    Returns
    -------
    str
        ``#rrggbb`` with the same L* of CIELAB: the same luminance of sRGB (IEC 61966-2-1).
    """
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    linear = [((c + 0.055) / 1.055) ** 2.4 if c > _DARK * 12.92 else c / 12.92 for c in channels]
    light = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    shade = 1.055 * light ** (1 / 2.4) - 0.055 if light > _DARK else 12.92 * light
    return "#" + f"{round(255 * shade):02x}" * 3


def pale(colour: str) -> str:
    """Return a colour for what is there without being meant: half-way to paper."""
    return _mix(colour, PAPER, 0.45)


def _mix(first: str, second: str, share: float) -> str:
    """Mix two colours, `share` of the second."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
