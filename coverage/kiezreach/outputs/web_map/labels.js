// Names on the map, the more important ones first; none covers another.

const LABEL_STYLES = {
  district: { size: 13, weight: 700, width: 112 },
  gap: { size: 12, weight: 700 },
  centre: { size: 12, weight: 400 },
  area: { size: 11.5, weight: 400 },
};
const CENTRE_NAMES_FROM = 3; // zoom levels above the whole place
const AREA_NAMES_FROM = 2;
const ROOMY_PX = 600; // on a smaller map, names that would cover signs are left out
const MAX_LABEL_PX = 150;
const MAX_LABEL_LETTERS = 70; // of a longer name, the panel tells the rest
const GAP_BADGE_FROM_PX = 60; // a smaller gap is named when it is chosen
// Places to try for a name, in its widths and heights from its area's middle.
const AROUND = [0, -0.8, 0.8, -1.6, 1.6, -2.4, 2.4].flatMap((dy) =>
  [0, -0.25, 0.25, -0.5, 0.5].map((dx) => [dx, dy]),
);
const measure = document.createElement("canvas").getContext("2d");
let labels = []; // { box, thing } of what is shown

function wrap(text, width) {
  const lines = [];
  for (const word of text.split(/\s+|(?<=[-\/\u2013])/)) {
    const last = lines.at(-1);
    const glue = last && /[-\/\u2013]$/.test(last) ? "" : " ";
    if (last !== undefined && measure.measureText(last + glue + word).width <= width) {
      lines[lines.length - 1] = last + glue + word;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** A line cut into pieces that fit, for names without any place to break. */
function pieces(line, width) {
  if (measure.measureText(line).width <= 1.5 * width) return [line];
  const letters = [...line];
  const fits = Math.max(8, Math.floor((letters.length * width) / measure.measureText(line).width));
  return Array.from({ length: Math.ceil(letters.length / fits) }, (_, k) => letters.slice(k * fits, (k + 1) * fits).join(""));
}

/** Width of a shape on the screen in pixels. */
function widthOf(item) {
  const box = boxOf(item);
  return map.latLngToContainerPoint(box.getSouthEast()).x - map.latLngToContainerPoint(box.getNorthWest()).x;
}

/** Names that the view has room for, the more important ones first. */
function wanted(view) {
  const zoom = map.getZoom() - wholeZoom;
  const list = [];
  const level = (k) => page.levels[k].areas.map((item) => ({ type: "area", item, level: k }));
  if (state.shown.gaps && !gapsAreCircles()) {
    for (const item of gapsNow().filter(({ at }) => view.contains(at))) {
      const text = `${item.rank}\u00a0${number(item.residents)}`;
      if (widthOf(item) >= GAP_BADGE_FROM_PX) list.push({ text, at: item.at, style: "gap", thing: { type: "gap", item } });
    }
  }
  if (state.shown.borders && zoom > -1.5) {
    for (const thing of level(0)) list.unshift({ text: thing.item.name, at: thing.item.at, style: "district", thing });
  }
  if (state.shown.centres && zoom >= CENTRE_NAMES_FROM) {
    for (const item of page.centres) {
      list.push({ text: item.name, at: item.at, style: "centre", thing: { type: "centre", item }, beside: true });
    }
  }
  if (page.levels.length > 1 && zoom >= AREA_NAMES_FROM) {
    for (const thing of level(page.levels.length - 1)) {
      list.push({ text: thing.item.name, at: thing.item.at, style: "area", thing });
    }
  }
  return list;
}

/** Boxes that names must keep clear of. */
function obstacles() {
  const most = mostInGap();
  const radius = (gap) => circleRadius(gap.residents, most);
  const around = (at, r) => {
    const p = map.latLngToContainerPoint(at);
    return [p.x - r, p.y - r, p.x + r, p.y + r];
  };
  const signs = state.shown.centres ? page.centres.map((c) => around(c.at, centreRadius())) : [];
  if (state.shown.proposals && page.proposals) signs.push(...page.proposals.sites.map((site) => around(site.at, proposalRadius() + 2)));
  const ranked = state.shown.gaps && gapsAreCircles() ? gapsNow().filter((gap) => showsRank(gap, radius(gap))) : [];
  const circles = ranked.map((gap) => around(gap.at, radius(gap) * 0.6));
  const boxes = [];
  const origin = map.getContainer().getBoundingClientRect();
  for (const node of document.querySelectorAll("#notice, #attribution, .leaflet-control")) {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    boxes.push([left - origin.left, top - origin.top, right - origin.left, bottom - origin.top]);
  }
  return { signs, circles, boxes };
}

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

function middleOf([x1, y1, x2, y2]) {
  return map.containerPointToLatLng([(x1 + x2) / 2, (y1 + y2) / 2]);
}

/** Find a place for a name: clear of what is there, and in its own area. */
function layOut(label, taken, size) {
  const { size: px, weight, width: widest = MAX_LABEL_PX } = LABEL_STYLES[label.style];
  measure.font = `${weight} ${px}px ${FONT}`;
  const lines = wrap(label.text, widest).flatMap((line) => pieces(line, widest));
  const width = Math.max(...lines.map((line) => measure.measureText(line).width)) + (label.style === "gap" ? 20 : 6);
  const height = lines.length * px * 1.15 + (label.style === "gap" ? 7 : 2);
  const { x, y } = map.latLngToContainerPoint(label.at);
  const r = centreRadius() + 3;
  const places = label.beside
    ? [[x + r, y - height / 2], [x - r - width, y - height / 2], [x - width / 2, y + r], [x - width / 2, y - r - height]]
    : AROUND.map(([dx, dy]) => [x + (dx - 0.5) * width, y + (dy - 0.5) * height]);
  for (const [left, top] of places) {
    const box = [left, top, left + width, top + height];
    const inside = left >= 2 && top >= 2 && box[2] <= size.x - 2 && box[3] <= size.y - 2;
    const clear = inside && !taken.some((other) => overlap(box, other));
    if (clear && (label.thing.type !== "area" || holds(label.thing.item, middleOf(box)))) return { box, lines };
  }
  return null;
}

/** Whether the ground under a name is of one of the two darkest classes. */
function isDark(box) {
  if (!state.shown.choropleth) return false;
  const middle = middleOf(box);
  const area = page.levels[state.level].areas.find((a) => holds(a, middle));
  return area !== undefined && coverageClass(share(area, state.t)) >= 4;
}

function drawLabels() {
  const pane = map.getPane("names") || map.createPane("names");
  pane.classList.add("leaflet-zoom-hide");
  pane.style.pointerEvents = "none";
  pane.setAttribute("aria-hidden", "true"); // the search lists the same names
  const size = map.getSize();
  const view = map.getBounds().pad(0.05);
  const { signs, circles, boxes: taken } = obstacles();
  const roomy = wholeWidth * 2 ** (map.getZoom() - wholeZoom) > ROOMY_PX;
  labels = [];
  const nodes = [];
  for (const label of wanted(view)) {
    if (!label.text || !view.contains(label.at)) continue;
    if (label.text.length > MAX_LABEL_LETTERS) label.text = `${label.text.slice(0, MAX_LABEL_LETTERS).trimEnd()}…`;
    let place = layOut(label, [...taken, ...circles, ...signs], size);
    // A city without the names of its districts cannot be read: they may cover signs.
    if (!place && label.style === "district" && roomy) {
      place = layOut(label, [...taken, ...circles], size) ?? layOut(label, taken, size);
    }
    if (!place) continue;
    taken.push(place.box);
    labels.push({ box: place.box, thing: label.thing });
    const dark = label.style !== "district" && isDark(place.box);
    const node = make("div", { dir: "auto", class: `name name-${label.style}${dark ? " on-dark" : ""}` });
    if (label.style === "gap") node.append(gapBadge(label.thing.item));
    else place.lines.forEach((line, k) => node.append(...(k ? [make("br"), line] : [line])));
    const [x1, y1, x2] = place.box;
    node.style.width = `${x2 - x1}px`;
    L.DomUtil.setPosition(node, map.containerPointToLayerPoint([x1, y1]).round());
    nodes.push(node);
  }
  pane.replaceChildren(...nodes);
}

/** The thing whose name is at a place on the screen. */
function namedAt(pixel) {
  const hit = labels.find(({ box }) => overlap(box, [pixel.x, pixel.y, pixel.x + 1, pixel.y + 1]));
  return hit ? hit.thing : null;
}
