// The list of layers, each with its legend.

function legendList(...rows) {
  return make("ul", { class: "legend" }, ...rows.map(([sign, text]) => make("li", {}, sign, make("span", { dir: "auto" }, text))));
}

const note = (text) => make("p", { class: "small" }, text);

/** A choice in the legend, which prints as the word that is chosen. */
function choice(id, label, options, chosen, choose_) {
  const select = make("select", { id, change: (event) => choose_(Number(event.target.value)) });
  options.forEach((text, k) => {
    const option = make("option", { value: k }, text);
    option.selected = k === chosen;
    select.append(option);
  });
  return make("label", { class: "inline" }, label, " ", select, make("span", { class: "on-paper" }, options[chosen]));
}

function choroplethLegend() {
  const areas = page.levels[state.level].areas;
  const counts = new Map();
  for (const area of areas) {
    const k = coverageClass(share(area, state.t));
    counts.set(k, (counts.get(k) || 0) + 1);
  }
  const row = (sign, text, k) => [sign, say("class_count", { text, n: number(counts.get(k) || 0) })];
  const rows = COLOURS.coverage.map((colour, k) => {
    const text = k === 0 ? say("class_none") : say("class_range", { a: number(20 * k - 20), b: percent(k / 5) });
    return row(fillSwatch(colour), text, k);
  }).reverse();
  if (counts.get(NO_RESIDENTS)) {
    const { line, fill } = COLOURS.noResidents;
    rows.push(row(hatchSwatch(line, fill, "#8b8b98"), say("no_residents"), NO_RESIDENTS));
  }
  const parts = [legendList(...rows), note(say("class_rule"))];
  if (page.levels.length > 1) parts.unshift(choice("level", say("by_level"), words().levels, state.level, chooseLevel));
  return parts;
}

function niceBelow(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [5, 2, 1].find((step) => step * power <= value);
}

/** Rank and residents of a gap, as the map shows them. */
function gapBadge(gap) {
  return make("span", { class: "badge" }, make("b", {}, String(gap.rank)), number(gap.residents));
}

/** Circles of some sizes, with the residents that they stand for. */
function circleLegend(largest, style, label) {
  const sizes = [...new Set([largest, largest / 5, largest / 25].filter((v) => v >= 1).map(niceBelow))];
  const middle = circleRadius(largest) + 3;
  const svg = vector("svg", { width: 262, height: 2 * middle, role: "img", "aria-label": label });
  let x = 4;
  for (const n of sizes) {
    const r = circleRadius(n);
    const text = vector("text", { x: x + 2 * r + 5, y: middle + 4.5, "font-size": 12.5 }, number(n));
    svg.append(vector("circle", { cx: x + r, cy: middle, r, ...style }), text);
    x += 2 * r + 22 + 7 * number(n).length;
  }
  return svg;
}

const filterNote = () => (words().filter ? [note(say("gap_filter", { filter: words().filter }))] : []);

function gapLegend() {
  const gaps = gapsNow();
  const m = metres(page.gapThreshold);
  const other = page.thresholds[state.t] === page.gapThreshold ? [] : [note(say("gap_other_threshold", { m }))];
  if (!gaps.length) return [note(say(words().filter ? "no_gaps_filter" : "no_gaps", { filter: words().filter }))];
  if (!gapsAreCircles()) {
    const { fill, edge } = COLOURS.gap;
    const rows = [[hatchSwatch(fill, "#ffffff", edge), say("gap_shapes")], [gapBadge(gaps[0]), say("gap_badge")]];
    return [...filterNote(), legendList(...rows), ...other];
  }
  const style = { fill: COLOURS.gap.fill, "fill-opacity": 0.62, stroke: COLOURS.gap.edge };
  return [...filterNote(), circleLegend(mostInGap(), style, say("gap_circles")), note(say("gap_circles")), ...other];
}

function centreLegend() {
  const count = (kind) => page.centres.filter((centre) => centre.linked && centre.kind === kind).length;
  const away = page.centres.filter((centre) => !centre.linked).length;
  const rows = page.kinds.map((kind) => [
    kindSwatch(kind), say("class_count", { text: kindName(kind), n: number(count(kind)) }),
  ]);
  return [legendList(...rows), ...(away ? [note(say(away === 1 ? "centres_away_one" : "centres_away", { n: number(away) }))] : [])];
}

function otherCatchmentsLegend() {
  const rows = page.thresholds.flatMap((m, t) =>
    t === state.t ? [] : [[lineSwatch(COLOURS.catchment, 1.4, t < state.t ? "1 3" : "6 4"), metresAndMinutes(m)]],
  );
  return [legendList(...rows)];
}

function scenarioLegend() {
  const city = scenarioNow().areas.city.city;
  const { gained, lost } = COLOURS.change;
  const names = page.scenarios.map((scenario) => scenario.name);
  const parts = [legendList(
    [hatchSwatch(gained, "#ffffff", gained), say("scenario_gained", { n: number(city.gained[state.t]) })],
    [hatchSwatch(lost, "#ffffff", lost, true), say("scenario_lost", { n: number(city.lost[state.t]) })],
    ...(scenarioNow().opened.length ? [[signSwatch({ colour: gained, shape: "cross" }), say("scenario_opened")]] : []),
    ...(scenarioNow().closed.length ? [[signSwatch({ colour: lost, shape: "saltire" }), say("scenario_closed")]] : []),
  )];
  if (names.length > 1) parts.unshift(choice("scenario", say("scenario"), names, state.scenario, chooseScenario));
  else parts.unshift(make("p", { class: "inline", dir: "auto" }, names[0]));
  return parts;
}

function lossLegend() {
  const most = Math.max(...page.centres.map(lostAt));
  if (!most) return [note(say("nothing_lost"))];
  const style = { fill: COLOURS.loss, "fill-opacity": 0.25, stroke: COLOURS.loss, "stroke-width": 2 };
  return [circleLegend(most, style, say("losses_meaning")), note(say("losses_meaning"))];
}

/** Layers that can be switched: name, text, legend, sign beside the text. */
function layerRows() {
  const m = metres(page.thresholds[state.t]);
  const colours = COLOURS.background;
  const rows = [
    ["choropleth", say("layer_choropleth", { m }), choroplethLegend],
    ["gaps", say("layer_gaps", { m }), gapLegend],
  ];
  if (page.proposals) {
    const sign = { colour: COLOURS.proposal.fill, shape: "house" };
    rows.push(["proposals", say("layer_proposals", { n: number(page.proposals.sites.length), m: metres(page.proposals.threshold) }), () => [legendList([signSwatch(sign), say("proposal_sign")])]]);
  }
  if (page.links.length) {
    rows.push(["links", say("layer_links", { n: number(page.links.length) }), () => [legendList([lineSwatch(COLOURS.link.line, 4), say("link_sign")])]]);
  }
  if (page.scenarios.length) rows.push(["scenario", say("layer_scenario"), scenarioLegend]);
  if (hasLosses()) rows.push(["losses", say("layer_losses", { m }), lossLegend]);
  rows.push(
    ["centres", say("layer_centres", { n: number(page.centres.filter((centre) => centre.linked).length) }), centreLegend],
    ["catchment", say("layer_catchment", { m }), () => [legendList([lineSwatch(COLOURS.catchment, 1.8), say("catchment_border")])]],
  );
  if (page.thresholds.length > 1) rows.push(["others", say("layer_others"), otherCatchmentsLegend]);
  rows.push(["borders", levelName(0), null, lineSwatch(COLOURS.border, 2)]);
  const shown = { water: fillSwatch(colours.water, "none"), green: fillSwatch(colours.green, "none"), railway: lineSwatch(colours.railway, 1.5) };
  for (const [name, sign] of Object.entries(shown)) {
    if (page.background[name]) rows.push([name, say(`layer_${name}`), null, sign]);
  }
  if (page.streets.length) {
    const text = say(page.approximate ? "layer_streets_approximate" : "layer_streets");
    rows.push(["streets", text, null, lineSwatch(colours.streets, 1.2)]);
  }
  if (page.tiles) {
    rows.push(["tiles", say("layer_tiles", { host: page.tiles.host }), () => [make("p", { class: "small" }, page.tiles.attribution)]]);
  }
  return rows;
}

function drawLayerList() {
  const focused = document.activeElement?.id;
  const rows = layerRows().map(([name, text, legend, sign]) => {
    const box = make("input", { type: "checkbox", id: `layer-${name}`, change: (event) => switchLayer(name, event.target.checked) });
    box.checked = state.shown[name];
    const head = make("label", { for: `layer-${name}` }, box, make("span", { dir: "auto" }, text), sign ?? null);
    const warning = name === "tiles" && !state.shown.tiles ? [note(say("tiles_warning"))] : [];
    return make("div", { class: `layer${state.shown[name] ? "" : " off"}` }, head, ...(legend && state.shown[name] ? legend() : warning));
  });
  byId("layer-list").replaceChildren(...rows);
  if (focused && byId("layer-list").querySelector(`#${CSS.escape(focused)}`)) byId(focused).focus();
}
