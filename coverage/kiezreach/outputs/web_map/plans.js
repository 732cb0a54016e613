// What is not there yet: proposed sites, missing links, scenarios, and what would be lost.

const LINK_REACH_PX = 8;

function drawPlans() {
  drawProposals();
  drawLinks();
  drawLosses();
  drawScenario();
}

const proposalRadius = () => Math.max(5.5, centreRadius() + 5 * Math.min(1, wholeWidth / 850));

function drawProposals() {
  drawn.proposals.clearLayers();
  const radius = proposalRadius();
  for (const site of [...(page.proposals?.sites ?? [])].reverse()) {
    drawn.proposals.addLayer(
      new Sign(site.at, quiet("centres", {
        radius, shape: "house", color: COLOURS.proposal.edge, weight: 1.4, rim: 1.4, fillColor: COLOURS.proposal.fill,
        fillOpacity: 1, text: radius < 7 ? "" : String(site.rank), textColour: COLOURS.proposal.edge,
      })),
    );
  }
}

function linkLine(link) {
  link.latLngs ??= decodeLine(link.line);
  return link.latLngs;
}

function drawLinks() {
  drawn.links.clearLayers();
  for (const link of page.links) {
    const { line, rim } = COLOURS.link;
    drawn.links.addLayer(L.polyline(linkLine(link), quiet("plans", { color: rim, weight: 7 })));
    drawn.links.addLayer(L.polyline(linkLine(link), quiet("plans", { color: line, weight: 4 })));
    // At the scale of the whole place a link is shorter than its line is wide.
    drawn.links.addLayer(new Sign(link.at, quiet("plans", {
      radius: centreRadius() + 1, shape: "diamond", color: rim, weight: 1.2, fillColor: line, fillOpacity: 1,
    })));
  }
}

function linkAt(point) {
  const pixel = map.latLngToContainerPoint(point);
  const off = (link) => Math.min(
    map.latLngToContainerPoint(link.at).distanceTo(pixel),
    ...linkLine(link).slice(1).map((end, k) =>
      L.LineUtil.pointToSegmentDistance(pixel, map.latLngToContainerPoint(linkLine(link)[k]), map.latLngToContainerPoint(end))),
  );
  const near = page.links.map((item) => [off(item), item]).filter(([d]) => d <= LINK_REACH_PX);
  return near.length ? { type: "link", item: near.reduce((a, b) => (b[0] < a[0] ? b : a))[1] } : null;
}

const lostAt = (centre) => centre.closed?.lost[state.t] ?? 0;
const hasLosses = () => page.centres.some((centre) => centre.closed);

/** A ring around each centre: its area is the residents who reach no other. */
function drawLosses() {
  drawn.losses.clearLayers();
  if (!hasLosses()) return;
  for (const centre of [...page.centres].sort((a, b) => lostAt(b) - lostAt(a))) {
    if (!lostAt(centre)) continue;
    drawn.losses.addLayer(
      new Sign(centre.at, quiet("plans", {
        radius: circleRadius(lostAt(centre)), color: COLOURS.loss, weight: 2, rim: 1, fillColor: COLOURS.loss, fillOpacity: 0.25,
      })),
    );
  }
}

const scenarioNow = () => page.scenarios[state.scenario];

function drawScenario() {
  drawn.scenario.clearLayers();
  drawn.changes.clearLayers();
  const scenario = scenarioNow();
  if (!scenario) return;
  for (const change of ["lost", "gained"]) {
    const shape = scenario[change][state.t];
    if (!shape || !shape.length) continue;
    const colour = COLOURS.change[change];
    const lines = hatch(colour, 6, 1.6, null, change === "lost");
    drawn.scenario.addLayer(
      L.polygon(decodePolygons(shape), quiet("catchment", { color: colour, weight: 2, fillColor: lines, fillOpacity: 0.85 })),
    );
  }
  for (const [change, shape, places] of [["gained", "cross", scenario.opened], ["lost", "saltire", scenario.closed]]) {
    for (const at of places) {
      drawn.changes.addLayer(new Sign(at, quiet("centres", {
        radius: centreRadius() + 4, shape, color: "#111111", weight: 1.4, rim: 1.6, fillColor: COLOURS.change[change], fillOpacity: 1,
      })));
    }
  }
}
