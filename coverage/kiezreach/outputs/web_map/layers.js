// The layers of the map: what is drawn, in which order, and how it follows the switches.

const PANES = ["areas", "background", "catchment", "gaps", "borders", "centres"]; // bottom to top
const NO_RESIDENTS = -1;
const GAP_SHAPES_FROM = 1.75; // zoom levels above the whole place at which gaps get their shape
const GAP_SHAPES_AT = 17; // in any case
const GAP_RADIUS_PX = 24; // of the largest gap's circle

const state = {
  t: 0,
  level: page.levels.length - 1,
  shown: { choropleth: true, borders: true, gaps: true, catchment: true, others: false, centres: true,
    water: true, green: true, railway: true },
  chosen: null,
};
const drawn = {}; // layer groups by name
let map;
let renderers;
let wholeZoom;
let wholeWidth; // of the whole place on the screen, in pixels

/** Class of a share: 0 only where nobody is served, then five classes of 20 points each. */
function coverageClass(value) {
  if (Number.isNaN(value)) return NO_RESIDENTS;
  return value === 0 ? 0 : Math.min(5, Math.floor(value * 5 - 1e-9) + 1);
}

function setUpLayers() {
  page.mostInGap = Math.max(...page.gaps.map((gap) => gap.residents));
  renderers = {};
  PANES.forEach((name, k) => {
    map.createPane(name).style.zIndex = 410 + 10 * k;
    map.getPane(name).style.pointerEvents = "none"; // clicks are resolved by place, not by layer
    renderers[name] = L.canvas({ pane: name, padding: 0.15 });
  });
  for (const name of [...Object.keys(state.shown), "mask", "highlight"]) drawn[name] = L.layerGroup();
  drawMask();
  drawBackground();
  drawCatchments();
  drawCentres();
  drawBorders();
  drawChoropleth();
  drawGaps();
}

const quiet = (pane, options) => ({ renderer: renderers[pane], pane, interactive: false, ...options });

function drawMask() {
  const world = [[-85, -180], [-85, 180], [85, 180], [85, -180]];
  const rings = decodePolygons(page.region).flat();
  const outside = { stroke: false, fillColor: "#f3f1ec", fillOpacity: 0.78, fillRule: "evenodd" };
  drawn.mask.addLayer(L.polygon([world, ...rings], quiet("borders", { ...outside, noClip: true })));
}

function drawBackground() {
  const styles = {
    green: { stroke: false, fillColor: BACKGROUND_COLOURS.green, fillOpacity: 0.92 },
    water: { stroke: false, fillColor: BACKGROUND_COLOURS.water, fillOpacity: 1 },
    railway: { stroke: false, fillColor: BACKGROUND_COLOURS.railway, fillOpacity: 0.5 },
  };
  const lines = {
    green: { color: BACKGROUND_COLOURS.green, weight: 2 },
    water: { color: BACKGROUND_COLOURS.water, weight: 2.5 },
    railway: { color: BACKGROUND_COLOURS.railway, weight: 1.1, opacity: 0.75 },
  };
  for (const name of ["green", "water", "railway"]) {
    const layer = page.background[name];
    if (!layer) continue;
    if (layer.polygons.length) {
      drawn[name].addLayer(L.polygon(decodePolygons(layer.polygons), quiet("background", styles[name])));
    }
    if (layer.lines.length) {
      drawn[name].addLayer(L.polyline(layer.lines.map(decodeLine), quiet("background", lines[name])));
    }
  }
}

function drawChoropleth() {
  drawn.choropleth.clearLayers();
  const empty = hatch("#b9b5ad", 6, 1, "#efede8");
  for (const area of page.levels[state.level].areas) {
    const k = coverageClass(share(area, state.t));
    drawn.choropleth.addLayer(
      L.polygon(latLngs(area), quiet("areas", {
        color: "#8e88a8", weight: 0.6, opacity: 0.8,
        fillColor: k === NO_RESIDENTS ? empty : COVERAGE_COLOURS[k], fillOpacity: 0.95,
      })),
    );
  }
}

function drawCatchments() {
  drawn.catchment.clearLayers();
  drawn.others.clearLayers();
  page.catchments.forEach((shape, t) => {
    page.catchmentLatLngs ??= [];
    page.catchmentLatLngs[t] ??= decodePolygons(shape);
    if (!shape.length) return;
    const own = t === state.t;
    const style = own
      ? { color: CATCHMENT_COLOUR, weight: gapsAreCircles() ? 1 : 1.5, opacity: 0.9, fillColor: CATCHMENT_COLOUR, fillOpacity: 0.06 }
      : { color: CATCHMENT_COLOUR, weight: 1, opacity: 0.75, dashArray: t < state.t ? "1 3" : "6 4", fill: false };
    drawn[own ? "catchment" : "others"].addLayer(
      L.polygon(page.catchmentLatLngs[t], quiet("catchment", style)),
    );
  });
}

function drawBorders() {
  for (const area of page.levels[0].areas) {
    drawn.borders.addLayer(
      L.polygon(latLngs(area), quiet("borders", { color: "#3a3546", weight: 1.6, opacity: 0.85, fill: false })),
    );
  }
}

function gapsAreCircles() {
  return map.getZoom() < Math.min(wholeZoom + GAP_SHAPES_FROM, GAP_SHAPES_AT);
}

/** Radius of a circle for so many residents: smaller on small screens, larger when zoomed in. */
function circleRadius(residents) {
  const largest = GAP_RADIUS_PX * Math.min(1, wholeWidth / 850) * 2 ** (0.4 * (map.getZoom() - wholeZoom));
  return largest * Math.sqrt(residents / page.mostInGap);
}

const gapRadius = (gap) => circleRadius(gap.residents);

/** Whether a circle has its rank written in it: the first ranks only, where there is room. */
function showsRank(gap) {
  return gap.rank <= 30 && gapRadius(gap) >= 8;
}

function drawGaps() {
  drawn.gaps.clearLayers();
  const circles = gapsAreCircles();
  const lines = hatch(GAP_COLOUR, 7, 1.1);
  const bySize = [...page.gaps].sort((a, b) => b.residents - a.residents);
  for (const gap of bySize) {
    if (circles) {
      const radius = gapRadius(gap);
      drawn.gaps.addLayer(
        new Sign(gap.at, quiet("gaps", {
          radius: Math.max(radius, 1.5), color: GAP_EDGE, weight: radius < 4 ? 0.6 : 1.1,
          fillColor: GAP_COLOUR, fillOpacity: 0.62, text: showsRank(gap) ? String(gap.rank) : "",
        })),
      );
    } else {
      const style = { color: GAP_EDGE, weight: 1.5, opacity: 1, fillColor: lines, fillOpacity: 0.7 };
      drawn.gaps.addLayer(L.polygon(latLngs(gap), quiet("gaps", style)));
    }
  }
  gapsDrawnAsCircles = circles;
}
let gapsDrawnAsCircles = true;

function centreRadius() {
  const whole = 2.6 + 1.8 * Math.min(1, wholeWidth / 850);
  return Math.min(9, Math.max(2.6, whole + (map.getZoom() - wholeZoom) * 1.1));
}

function drawCentres() {
  drawn.centres.clearLayers();
  // What fits no kind is drawn first, under the named kinds.
  const order = [...page.centres].sort((a, b) => page.kinds.indexOf(b.kind) - page.kinds.indexOf(a.kind));
  for (const centre of order) {
    const { colour, shape } = kindSign(centre.kind);
    drawn.centres.addLayer(
      new Sign(centre.at, quiet("centres", {
        radius: centreRadius(), shape, color: "#16202c", weight: centreRadius() < 4 ? 0.8 : 1.25, fillColor: colour, fillOpacity: 1,
      })),
    );
  }
}

/** Mark what was chosen, with a light rim so that it shows on every colour. */
function drawHighlight() {
  drawn.highlight.clearLayers();
  const chosen = state.chosen;
  if (!chosen) return;
  const rim = (shape) => {
    for (const [color, weight] of [["#ffffff", 6], ["#111111", 2.6]]) {
      drawn.highlight.addLayer(L.polygon(shape, quiet("centres", { color, weight, fill: false })));
    }
  };
  if (chosen.type !== "centre") {
    rim(latLngs(chosen.item));
    return;
  }
  const shape = chosen.item.shapes[state.t];
  if (shape && shape.length) {
    const fill = { stroke: false, fillColor: "#005f9e", fillOpacity: 0.16 };
    const latLng = decodePolygons(shape);
    drawn.highlight.addLayer(L.polygon(latLng, quiet("centres", fill)));
    rim(latLng);
  }
  const { colour, shape: sign } = kindSign(chosen.item.kind);
  drawn.highlight.addLayer(
    new Sign(chosen.item.at, quiet("centres", {
      radius: centreRadius() + 3.5, shape: sign, color: "#111111", weight: 3, fillColor: colour, fillOpacity: 1,
    })),
  );
}

/** Show the layers that are switched on, in their order. */
function showLayers() {
  const order = ["choropleth", "green", "water", "railway", "others", "catchment", "gaps", "mask", "borders",
    "centres", "highlight"];
  for (const name of order) {
    map.removeLayer(drawn[name]);
    if (state.shown[name] ?? true) map.addLayer(drawn[name]);
  }
}

/** What lies at a place, the smallest thing first. */
function whatIsAt(point) {
  const pixel = map.latLngToContainerPoint(point);
  const within = (at, radius) => map.latLngToContainerPoint(at).distanceTo(pixel) <= radius;
  if (state.shown.centres) {
    const reach = centreRadius() + 5;
    const near = page.centres.filter((centre) => within(centre.at, reach));
    near.sort((a, b) => map.distance(a.at, point) - map.distance(b.at, point));
    if (near.length) return { type: "centre", item: near[0] };
  }
  if (state.shown.gaps) {
    const bySize = [...page.gaps].reverse();
    const gap = gapsAreCircles()
      ? bySize.find((g) => gapRadius(g) >= 4 && within(g.at, gapRadius(g)))
      : bySize.find((g) => holds(g, point));
    if (gap) return { type: "gap", item: gap };
  }
  const level = state.shown.choropleth ? state.level : 0;
  const area = page.levels[level].areas.find((a) => holds(a, point));
  return area ? { type: "area", item: area, level } : null;
}
