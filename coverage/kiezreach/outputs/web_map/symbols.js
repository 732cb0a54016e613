// Colours and signs, for the map and for its legend.

// Share served: light to dark violet, ordered also in grey and for every colour vision.
const COVERAGE_COLOURS = ["#ffffff", "#e4e0ef", "#c3bddd", "#9b93c6", "#7060a8", "#472a85"];
const CATCHMENT_COLOUR = "#3b0f70";
const GAP_COLOUR = "#e8590c";
const GAP_EDGE = "#a63603";
const BACKGROUND_COLOURS = { water: "#a8cde0", green: "#d3e2c0", railway: "#7d7770" };

const OTHER = "other";

/** Colour and shape of a kind of centre, the same as on the printed maps. */
function kindSign(kind) {
  return page.signs[kind];
}

function kindName(kind) {
  if (kind === OTHER) return say("kind_other");
  return kind || say("kind_unknown");
}

/** Corners of a sign around 0, 0 with about the area of a circle of radius r; null for a circle. */
function corners(shape, r) {
  const regular = (n, size, turn = 0) =>
    Array.from({ length: n }, (_, k) => {
      const angle = (2 * Math.PI * k) / n - Math.PI / 2 + turn;
      return [size * Math.cos(angle), size * Math.sin(angle)];
    });
  if (shape === "square") return regular(4, r * 1.25, Math.PI / 4);
  if (shape === "diamond") return regular(4, r * 1.3);
  if (shape === "triangle") return regular(3, r * 1.45).map(([x, y]) => [x, y + r * 0.15]);
  if (shape === "pentagon") return regular(5, r * 1.2);
  if (shape === "star") {
    return regular(10, 1).map(([x, y], k) => [x * r * (k % 2 ? 0.62 : 1.5), y * r * (k % 2 ? 0.62 : 1.5)]);
  }
  if (shape === "cross") {
    const a = r * 0.45;
    const b = r * 1.2;
    return [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
  }
  return null;
}

/** A marker of one of the shapes above, with a number in it where options.text is set. */
const Sign = L.CircleMarker.extend({
  _updatePath() {
    const renderer = this._renderer;
    if (!renderer._drawing || this._empty()) return;
    const ctx = renderer._ctx;
    const { x, y } = this._point;
    const points = corners(this.options.shape, this._radius);
    ctx.beginPath();
    if (points) {
      points.forEach(([dx, dy], k) => (k ? ctx.lineTo(x + dx, y + dy) : ctx.moveTo(x + dx, y + dy)));
      ctx.closePath();
    } else {
      ctx.arc(x, y, this._radius, 0, 2 * Math.PI);
    }
    renderer._fillStroke(ctx, this);
    if (this.options.text) {
      ctx.globalAlpha = 1;
      ctx.font = `700 ${Math.min(15, Math.max(10, this._radius))}px ${FONT}`;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = "#3d1300";
      ctx.fillText(this.options.text, x, y + 0.5);
    }
  },
});

const FONT = 'Arial, "Liberation Sans", Helvetica, sans-serif';

/** A pattern of parallel lines, as a fill of the canvas. */
function hatch(colour, gap, width, background = null) {
  const tile = make("canvas", { width: gap, height: gap });
  const ctx = tile.getContext("2d");
  if (background) {
    ctx.fillStyle = background;
    ctx.fillRect(0, 0, gap, gap);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  for (const shift of [-gap, 0, gap]) {
    ctx.moveTo(shift - 1, gap + 1);
    ctx.lineTo(shift + gap + 1, -1);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}

/** The sign of a kind for the legend. */
function kindSwatch(kind) {
  const { colour, shape } = kindSign(kind);
  const style = { fill: colour, stroke: "#16202c", "stroke-width": 1.25, "stroke-linejoin": "round" };
  const points = corners(shape, 5.5);
  const sign = points
    ? vector("polygon", { points: points.map((p) => p.join(",")).join(" "), ...style })
    : vector("circle", { r: 5.5, ...style });
  return vector("svg", { width: 20, height: 20, viewBox: "-10 -10 20 20", "aria-hidden": "true" }, sign);
}

function lineSwatch(colour, width, dash = "") {
  const line = vector("line", { x1: 1, x2: 27, y1: 8, y2: 8, stroke: colour, "stroke-width": width, "stroke-dasharray": dash });
  return vector("svg", { width: 28, height: 16, "aria-hidden": "true" }, line);
}

function fillSwatch(colour, edge = "#8b8b98") {
  const box = vector("rect", { x: 0.5, y: 0.5, width: 27, height: 15, fill: colour, stroke: edge });
  return vector("svg", { width: 28, height: 16, "aria-hidden": "true" }, box);
}

function hatchSwatch(colour, background, edge) {
  const lines = [-8, 0, 8, 16, 24].map((x) =>
    vector("line", { x1: x, y1: 16, x2: x + 16, y2: 0, stroke: colour, "stroke-width": 1.5 }),
  );
  const box = (fill) => vector("rect", { x: 0.5, y: 0.5, width: 27, height: 15, fill, stroke: edge });
  return vector("svg", { width: 28, height: 16, "aria-hidden": "true" }, box(background), ...lines, box("none"));
}
