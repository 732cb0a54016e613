// Signs, for the map and for its legend; colours come with the page.

const COLOURS = page.colours;
const FONT = 'Arial, "Liberation Sans", Helvetica, sans-serif';

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
  if (shape === "nabla") return regular(3, r * 1.45, Math.PI).map(([x, y]) => [x, y - r * 0.15]);
  if (shape === "pentagon") return regular(5, r * 1.2);
  if (shape === "hexagon") return regular(6, r * 1.15);
  if (shape === "house") {
    return [[0, -1.45], [1.15, -0.35], [0.95, -0.35], [0.95, 1.05], [-0.95, 1.05], [-0.95, -0.35], [-1.15, -0.35]].map(([x, y]) => [x * r, y * r]);
  }
  if (shape === "star") {
    return regular(10, 1).map(([x, y], k) => [x * r * (k % 2 ? 0.62 : 1.5), y * r * (k % 2 ? 0.62 : 1.5)]);
  }
  if (shape === "cross" || shape === "saltire") {
    const a = r * 0.45;
    const b = r * 1.2;
    const c = shape === "cross" ? 1 : Math.SQRT1_2;
    const d = shape === "cross" ? 0 : Math.SQRT1_2;
    const upright = [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
    return upright.map(([x, y]) => [c * x - d * y, d * x + c * y]);
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
    if (this.options.rim) { // a light edge, so that the sign shows on dark ground
      ctx.globalAlpha = 1;
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = this.options.weight + 2 * this.options.rim;
      ctx.lineJoin = "round";
      ctx.stroke();
    }
    renderer._fillStroke(ctx, this);
    if (this.options.text) {
      ctx.globalAlpha = 1;
      ctx.font = `700 ${Math.min(15, Math.max(10, this._radius))}px ${FONT}`;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = this.options.textColour ?? COLOURS.gap.text;
      ctx.fillText(this.options.text, x, y + 0.5);
    }
  },
});

/** A pattern of parallel lines, as a fill of the canvas; rising to the right, or falling. */
function hatch(colour, gap, width, background = null, falling = false) {
  const tile = make("canvas", { width: gap, height: gap });
  const ctx = tile.getContext("2d");
  if (background) {
    ctx.fillStyle = background;
    ctx.fillRect(0, 0, gap, gap);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  if (falling) ctx.setTransform(-1, 0, 0, 1, gap, 0);
  ctx.beginPath();
  for (const shift of [-gap, 0, gap]) {
    ctx.moveTo(shift - 1, gap + 1);
    ctx.lineTo(shift + gap + 1, -1);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}

/** The sign of a kind for the legend. */
const kindSwatch = (kind) => signSwatch(kindSign(kind));

function signSwatch({ colour, shape }) {
  const style = { fill: colour, stroke: COLOURS.signEdge, "stroke-width": 1.25, "stroke-linejoin": "round" };
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

function hatchSwatch(colour, background, edge, falling = false) {
  const [bottom, top] = falling ? [0, 16] : [16, 0];
  const lines = [-8, 0, 8, 16, 24].map((x) =>
    vector("line", { x1: x, y1: bottom, x2: x + 16, y2: top, stroke: colour, "stroke-width": 1.5 }),
  );
  const box = (fill) => vector("rect", { x: 0.5, y: 0.5, width: 27, height: 15, fill, stroke: edge });
  return vector("svg", { width: 28, height: 16, "aria-hidden": "true" }, box(background), ...lines, box("none"));
}
