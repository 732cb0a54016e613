// The layers of the map: what is drawn, in which order, and how it follows the switches.

// Bottom to top, each with what is drawn in it. "plans" holds what is not there yet.
const PANES = {
  tiles: [], areas: ["choropleth"], background: ["green", "water", "railway"], streets: [],
  catchment: ["others", "catchment", "scenario"], gaps: ["gaps"], borders: ["mask", "borders"], plans: ["losses", "links"],
  centres: ["centres", "proposals", "changes", "highlight"],
};
const BY_THRESHOLD = ["areas", "catchment", "gaps", "plans", "centres"];
const NO_RESIDENTS = -1;
const GAP_SHAPES_FROM = 1.75; // zoom levels above the whole place at which gaps get their shape
const GAP_SHAPES_AT = 17; // in any case
const GAP_RADIUS_PX = 24; // of the largest gap's circle

const state = {
  t: 0,
  level: page.levels.length - 1,
  scenario: 0,
  shown: { choropleth: true, borders: true, gaps: true, catchment: true, others: false, centres: true, water: true,
    green: true, railway: true, streets: true, proposals: true, links: false, losses: false, scenario: false, tiles: false },
  chosen: null,
};
const drawn = {}; // layer groups by name
let map;
let renderers;
let wholeZoom;
let wholeWidth; // of the whole place on the screen, in pixels

/** The gaps of the walk that is chosen, by rank. */
const gapsNow = () => page.gaps[state.t];
const mostInGap = () => gapsNow().reduce((most, gap) => Math.max(most, gap.residents), 1);

/** Class of a share: 0 only where nobody is served, then five classes of 20 points each. */
function coverageClass(value) {
  if (Number.isNaN(value)) return NO_RESIDENTS;
  return value === 0 ? 0 : Math.min(5, Math.floor(value * 5 - 1e-9) + 1);
}

function setUpLayers() {
  renderers = {};
  Object.keys(PANES).forEach((name, k) => {
    map.createPane(name).style.zIndex = 410 + 10 * k;
    map.getPane(name).style.pointerEvents = "none"; // clicks are resolved by place, not by layer
    if (name !== "tiles" && name !== "streets") renderers[name] = L.canvas({ pane: name, padding: 0.15 });
  });
  for (const name of Object.values(PANES).flat()) drawn[name] = L.layerGroup();
  drawn.streets = streetLayer();
  drawn.tiles = tileLayer();
  drawMask();
  drawBackground();
  drawBorders();
  drawByThreshold();
}

/** Draw all that depends on the walk that is chosen. */
function drawByThreshold() {
  drawChoropleth();
  drawCatchments();
  drawGaps();
  drawCentres();
  drawPlans();
}

const quiet = (pane, options) => ({ renderer: renderers[pane], pane, interactive: false, ...options });

function drawMask() {
  const world = [[-85, -360], [-85, 540], [85, 540], [85, -360]];
  const rings = decodePolygons(page.region).flat();
  const outside = { stroke: false, fillColor: COLOURS.outside, fillOpacity: 0.78, fillRule: "evenodd" };
  drawn.mask.addLayer(L.polygon([world, ...rings], quiet("borders", { ...outside, noClip: true })));
}

function drawBackground() {
  const { green, water, railway } = COLOURS.background;
  const styles = {
    green: { stroke: false, fillColor: green, fillOpacity: 0.92 },
    water: { stroke: false, fillColor: water, fillOpacity: 1 },
    railway: { stroke: false, fillColor: railway, fillOpacity: 0.5 },
  };
  const lines = {
    green: { color: green, weight: 2 },
    water: { color: water, weight: 2.5 },
    railway: { color: railway, weight: 1.1, opacity: 0.75 },
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
  const empty = hatch(COLOURS.noResidents.line, 6, 1, COLOURS.noResidents.fill);
  for (const area of page.levels[state.level].areas) {
    const k = coverageClass(share(area, state.t));
    drawn.choropleth.addLayer(
      L.polygon(latLngs(area), quiet("areas", {
        color: COLOURS.areaBorder, weight: 0.6, opacity: 0.8,
        fillColor: k === NO_RESIDENTS ? empty : COLOURS.coverage[k], fillOpacity: 0.95,
      })),
    );
  }
}

function catchmentLatLngs(t) {
  page.catchmentLatLngs ??= [];
  page.catchmentLatLngs[t] ??= decodePolygons(page.catchments[t]);
  return page.catchmentLatLngs[t];
}

function drawCatchments() {
  drawn.catchment.clearLayers();
  drawn.others.clearLayers();
  const color = COLOURS.catchment;
  page.thresholds.forEach((_, t) => {
    const own = t === state.t;
    if (!page.catchments[t].length || !state.shown[own ? "catchment" : "others"]) return;
    const style = own
      ? { color, weight: gapsAreCircles() ? 1 : 1.5, opacity: 0.9, fillColor: color, fillOpacity: 0.06 }
      : { color, weight: 1, opacity: 0.75, dashArray: t < state.t ? "1 3" : "6 4", fill: false };
    drawn[own ? "catchment" : "others"].addLayer(L.polygon(catchmentLatLngs(t), quiet("catchment", style)));
  });
}

function drawBorders() {
  for (const area of page.levels[0].areas) {
    drawn.borders.addLayer(
      L.polygon(latLngs(area), quiet("borders", { color: COLOURS.border, weight: 1.6, opacity: 0.85, fill: false })),
    );
  }
}

function gapsAreCircles() {
  return map.getZoom() < Math.min(wholeZoom + GAP_SHAPES_FROM, GAP_SHAPES_AT);
}

/** Radius of a circle for so many residents: smaller on small screens, larger when zoomed in. */
function circleRadius(residents, most = mostInGap()) {
  const largest = GAP_RADIUS_PX * Math.min(1, wholeWidth / 850) * 2 ** (0.4 * (map.getZoom() - wholeZoom));
  return largest * Math.sqrt(residents / most);
}

/** Whether a circle has its rank written in it: the first ranks only, where there is room. */
const showsRank = (gap, radius) => gap.rank <= 30 && radius >= 8;

function drawGaps() {
  drawn.gaps.clearLayers();
  const circles = gapsAreCircles();
  const lines = hatch(COLOURS.gap.fill, 7, 1.1);
  const most = mostInGap();
  const bySize = [...gapsNow()].sort((a, b) => b.residents - a.residents);
  for (const gap of bySize) {
    if (circles) {
      const radius = circleRadius(gap.residents, most);
      drawn.gaps.addLayer(
        new Sign(gap.at, quiet("gaps", {
          radius: Math.max(radius, 1.5), color: COLOURS.gap.edge, weight: radius < 4 ? 0.6 : 1.1,
          fillColor: COLOURS.gap.fill, fillOpacity: 0.62, text: showsRank(gap, radius) ? String(gap.rank) : "",
        })),
      );
    } else {
      const style = { color: COLOURS.gap.edge, weight: 1.5, opacity: 1, fillColor: lines, fillOpacity: 0.7 };
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
  const radius = centreRadius();
  for (const centre of order) {
    const { colour, shape } = kindSign(centre.kind);
    drawn.centres.addLayer(
      new Sign(centre.at, quiet("centres", {
        radius, shape, color: COLOURS.signEdge, weight: radius < 4 ? 0.8 : 1.25, rim: radius < 4 ? 0.8 : 1.4,
        fillColor: colour, fillOpacity: 1,
      })),
    );
  }
}

/** Mark what was chosen, with a light rim so that it shows on every colour. */
function drawHighlight() {
  drawn.highlight.clearLayers();
  const chosen = state.chosen;
  if (!chosen) return;
  const add = (layer) => drawn.highlight.addLayer(layer);
  const rim = (shape, kind = L.polygon) => {
    for (const [color, weight] of [["#ffffff", 6], ["#111111", 2.6]]) add(kind(shape, quiet("centres", { color, weight, fill: false })));
  };
  const big = (at, colour, shape, text = "") => add(new Sign(at, quiet("centres", {
    radius: centreRadius() + (text ? 7 : 3.5), shape, color: "#111111", weight: 3, rim: 1.5, fillColor: colour, fillOpacity: 1, text, textColour: "#111111",
  })));
  if (chosen.type === "area" || chosen.type === "gap") rim(latLngs(chosen.item));
  if (chosen.type === "gap") {
    for (const k of chosen.item.partners) add(new Sign(page.partners[k].at, quiet("centres", {
      radius: 3.2, shape: "square", color: "#111111", weight: 1, fillColor: "#ffffff", fillOpacity: 1,
    })));
  }
  if (chosen.type === "link") rim(decodeLine(chosen.item.line), L.polyline);
  if (chosen.type === "proposal") big(chosen.item.at, COLOURS.proposal.fill, "house", String(chosen.item.rank));
  if (chosen.type === "centre") {
    const shape = chosen.item.shapes[state.t];
    if (shape && shape.length) {
      const latLng = decodePolygons(shape);
      add(L.polygon(latLng, quiet("centres", { stroke: false, fillColor: COLOURS.loss, fillOpacity: 0.16 })));
      rim(latLng);
    }
    const sign = kindSign(chosen.item.kind);
    big(chosen.item.at, sign.colour, sign.shape);
  }
}

function hideLayers(panes) {
  for (const name of panes.flatMap((pane) => PANES[pane])) map.removeLayer(drawn[name]);
}

/** Show the layers that are switched on, in their order; only the panes named are drawn anew. */
function showLayers(panes = Object.keys(PANES)) {
  hideLayers(panes);
  state.shown.changes = state.shown.scenario; // signs of centres that open and close
  for (const name of panes.flatMap((pane) => PANES[pane])) {
    if (state.shown[name] ?? true) map.addLayer(drawn[name]);
  }
  for (const name of ["streets", "tiles"]) {
    if (!drawn[name]) continue;
    if (state.shown[name]) map.addLayer(drawn[name]);
    else map.removeLayer(drawn[name]);
  }
  map.getPane("areas").style.opacity = state.shown.tiles ? 0.6 : 1;
  map.getPane("background").style.opacity = state.shown.tiles ? 0.25 : 1;
}

const panesOf = (name) =>
  name === "scenario" ? ["catchment", "centres"] : Object.keys(PANES).filter((pane) => PANES[pane].includes(name));

/** What lies at a place, the smallest thing first. */
function whatIsAt(point) {
  const pixel = map.latLngToContainerPoint(point);
  const distance = (at) => map.latLngToContainerPoint(at).distanceTo(pixel);
  const nearest = (type, items, reach) => {
    const near = items.map((item) => [distance(item.at), item]).filter(([d]) => d <= reach);
    return near.length ? { type, item: near.reduce((a, b) => (b[0] < a[0] ? b : a))[1] } : null;
  };
  const found =
    (state.shown.proposals && page.proposals && nearest("proposal", page.proposals.sites, proposalRadius() + 3)) ||
    (state.shown.centres && nearest("centre", page.centres, centreRadius() + 5)) ||
    (state.shown.links && linkAt(point));
  if (found) return found;
  if (state.shown.gaps) {
    const most = mostInGap();
    const radius = (gap) => circleRadius(gap.residents, most);
    const bySize = [...gapsNow()].reverse();
    const gap = gapsAreCircles()
      ? bySize.find((g) => radius(g) >= 4 && distance(g.at) <= radius(g))
      : bySize.find((g) => holds(g, point));
    if (gap) return { type: "gap", item: gap };
  }
  const level = state.shown.choropleth ? state.level : 0;
  const area = page.levels[level].areas.find((a) => holds(a, point));
  return area ? { type: "area", item: area, level } : null;
}
