// The panel: headline, layers with their legend, what was chosen, the largest gaps, sources.

const TOP_GAPS = 10;

function drawHeadline() {
  const t = state.t;
  const fields = {
    place: page.place,
    total: number(page.city.residents),
    n: number(page.city.served[t]),
    share: percent(share(page.city, t), 1),
    far: number(page.city.residents - page.city.served[t]),
    m: metresAndMinutes(page.thresholds[t]),
  };
  const big = make("strong", { id: "headline-share" }, fields.share,
    make("span", { id: "headline-interval", title: page.intervalMeaning || null }, interval(page.city, t)));
  byId("headline").replaceChildren(big, " ", say(page.city.residents ? "headline" : "headline_nobody", fields));
}

function drawThresholdSwitch() {
  const box = document.querySelector("#thresholds .segments");
  page.thresholds.forEach((m, t) => {
    const input = make("input", {
      type: "radio", name: "threshold", value: m, id: `threshold-${t}`, change: () => chooseThreshold(t),
    });
    input.checked = t === state.t;
    box.append(input, make("label", { for: `threshold-${t}` }, make("b", {}, metres(m)), make("span", {}, minutes(m))));
  });
  byId("thresholds").append(
    make("p", { class: "small" }, say("speed", { v: number(page.speed), kmh: number(page.speed * 0.06, 1) })),
  );
}

// ---- layers and legend ----------------------------------------------------------------------

function legendList(...rows) {
  return make("ul", { class: "legend" }, ...rows.map(([sign, text]) => make("li", {}, sign, make("span", {}, text))));
}

function choroplethLegend() {
  const areas = page.levels[state.level].areas;
  const counts = new Map();
  for (const area of areas) {
    const k = coverageClass(share(area, state.t));
    counts.set(k, (counts.get(k) || 0) + 1);
  }
  const row = (sign, text, k) => [sign, say("class_count", { text, n: number(counts.get(k) || 0) })];
  const rows = COVERAGE_COLOURS.map((colour, k) => {
    const text = k === 0 ? say("class_none") : say("class_range", { a: number(20 * k - 20), b: percent(k / 5) });
    return row(fillSwatch(colour), text, k);
  }).reverse();
  if (counts.get(NO_RESIDENTS)) {
    rows.push(row(hatchSwatch("#b9b5ad", "#efede8", "#8b8b98"), say("no_residents"), NO_RESIDENTS));
  }
  const parts = [legendList(...rows), make("p", { class: "small" }, say("class_rule"))];
  if (page.levels.length > 1) {
    const select = make("select", { id: "level", change: (event) => chooseLevel(Number(event.target.value)) });
    page.levels.forEach((level, k) => {
      const option = make("option", { value: k }, level.label);
      option.selected = k === state.level;
      select.append(option);
    });
    parts.unshift(make("label", { class: "inline" }, say("by_level"), " ", select));
  }
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

function gapLegend() {
  if (!page.gaps.length) {
    const none = page.filter ? "no_gaps_filter" : "no_gaps";
    return [make("p", { class: "small" }, say(none, { filter: page.filter }))];
  }
  const selection = page.filter ? [make("p", { class: "small" }, say("gap_filter", { filter: page.filter }))] : [];
  if (!gapsAreCircles()) {
    return [...selection, legendList(
      [hatchSwatch(GAP_COLOUR, "#ffffff", GAP_EDGE), say("gap_shapes")],
      [gapBadge(page.gaps[0]), say("gap_badge")],
    )];
  }
  const most = page.mostInGap;
  const sizes = [...new Set([most, most / 5, most / 25].filter((v) => v >= 1).map(niceBelow))];
  const svg = vector("svg", { width: 262, height: 2 * circleRadius(most) + 6, role: "img", "aria-label": say("gap_circles") });
  let x = 4;
  for (const n of sizes) {
    const r = circleRadius(n);
    const text = vector("text", { x: x + 2 * r + 5, y: circleRadius(most) + 7.5, "font-size": 12.5 }, number(n));
    svg.append(
      vector("circle", { cx: x + r, cy: circleRadius(most) + 3, r, fill: GAP_COLOUR, "fill-opacity": 0.62, stroke: GAP_EDGE }),
      text,
    );
    x += 2 * r + 22 + 7 * number(n).length;
  }
  return [...selection, svg, make("p", { class: "small" }, say("gap_circles"))];
}

function centreLegend() {
  const count = (kind) => page.centres.filter((centre) => centre.linked && centre.kind === kind).length;
  const away = page.centres.filter((centre) => !centre.linked).length;
  const rows = page.kinds.map((kind) => [
    kindSwatch(kind), say("class_count", { text: kindName(kind), n: number(count(kind)) }),
  ]);
  const note = away ? [make("p", { class: "small" }, say(away === 1 ? "centres_away_one" : "centres_away", { n: number(away) }))] : [];
  return [legendList(...rows), ...note];
}

function otherCatchmentsLegend() {
  const rows = page.thresholds.flatMap((m, t) =>
    t === state.t ? [] : [[lineSwatch(CATCHMENT_COLOUR, 1.4, t < state.t ? "1 3" : "6 4"), metresAndMinutes(m)]],
  );
  return [legendList(...rows)];
}

/** Layers that can be switched: name, text, legend. */
function layerRows() {
  const m = metres(page.thresholds[state.t]);
  const rows = [
    ["choropleth", say("layer_choropleth", { m }), choroplethLegend],
    ["gaps", say("layer_gaps", { m: metres(page.gapThreshold) }), gapLegend],
    ["centres", say("layer_centres", { n: number(page.centres.filter((centre) => centre.linked).length) }), centreLegend],
    ["catchment", say("layer_catchment", { m }), () => [legendList([lineSwatch(CATCHMENT_COLOUR, 1.8), say("catchment_border")])]],
  ];
  if (page.thresholds.length > 1) rows.push(["others", say("layer_others"), otherCatchmentsLegend]);
  rows.push(["borders", page.levels[0].label, () => [legendList([lineSwatch("#3a3546", 2), say("border_of", { level: page.levels[0].label })])]]);
  for (const name of ["water", "green", "railway"]) {
    if (page.background[name]) {
      const sign = name === "railway" ? lineSwatch("#7d7770", 1.5) : fillSwatch(BACKGROUND_COLOURS[name], "none");
      rows.push([name, say(`layer_${name}`), null, sign]);
    }
  }
  return rows;
}

function drawLayerList() {
  const focused = document.activeElement?.id;
  const rows = layerRows().map(([name, text, legend, sign]) => {
    const box = make("input", { type: "checkbox", id: `layer-${name}`, change: (event) => switchLayer(name, event.target.checked) });
    box.checked = state.shown[name];
    const head = make("label", { for: `layer-${name}` }, box, make("span", {}, text), sign ?? null);
    return make("div", { class: "layer" }, head, ...(legend && state.shown[name] ? legend() : []));
  });
  byId("layers").replaceChildren(byId("layers-title"), ...rows);
  if (focused && byId(focused) && byId("layers").contains(byId(focused))) byId(focused).focus();
}

// ---- what was chosen ------------------------------------------------------------------------

function servedTable(caption, cells, head) {
  const rows = page.thresholds.map((m, t) =>
    make("tr", { class: t === state.t ? "now" : null }, make("th", { scope: "row" }, metresAndMinutes(m)),
      ...cells(t).map((cell) => make("td", {}, cell))),
  );
  return make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows));
}

function facts(...pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) {
    if (value === null || value === "") continue;
    list.append(make("dt", {}, name), make("dd", {}, value));
  }
  return list;
}

function linkTo(thing, text) {
  return make("button", { type: "button", class: "link", click: () => choose(thing, true) }, text);
}

/** The areas above an area, from the coarsest. */
function ancestors(level, area) {
  const found = [];
  for (let k = level - 1, id = area.parent; k >= 0; k--) {
    const item = page.levels[k].areas.find((a) => a.id === id);
    if (!item) break;
    found.unshift({ type: "area", item, level: k });
    id = item.parent;
  }
  return found;
}

function path(things) {
  const nav = make("p", { class: "path" });
  things.forEach((thing, k) => nav.append(...(k ? [" › "] : []), linkTo(thing, thing.item.name)));
  return things.length ? nav : null;
}

function distanceFact(value) {
  return value === null ? say("distance_unknown") : metresAndMinutes(value);
}

function areaDetails({ item, level }) {
  const t = state.t;
  const served = item.served[t];
  const fields = {
    total: number(item.residents), n: number(served), share: percent(share(item, t), 1),
    far: number(item.residents - served), m: metresAndMinutes(page.thresholds[t]),
  };
  let sentence = "area_sentence";
  if (!item.residents) sentence = "area_nobody";
  else if (!served) sentence = "area_none_served";
  else if (served === item.residents) sentence = "area_all_served";
  const parts = [
    path(ancestors(level, item)),
    make("p", { class: "lead" }, say(sentence, fields)),
  ];
  if (item.residents) {
    parts.push(
      servedTable(say("served_within"), (k) => [number(item.served[k]), [percent(share(item, k), 1), interval(item, k)].filter(Boolean).join(" ")],
        [say("walk"), say("residents"), say("share")]),
      facts(
        [say("median"), distanceFact(item.median)],
        [say("p90"), distanceFact(item.p90)],
        [say("unlinked"), item.unlinked ? number(item.unlinked) : ""],
      ),
    );
  }
  if (item.need) {
    const [need, ...values] = item.need;
    const text = need === null ? say("need_unknown") : say("need_value", { need: number(need, 2) });
    const detail = need === null ? "" : page.needParts.map((name, k) => `${name} ${number(values[k], 2)}`).join(", ");
    parts.push(facts([say("need"), text], [say("need_parts"), detail]));
  }
  parts.push(make("p", { class: "small" }, say("table_row_area", { level: page.levels[level].id, id: item.id })));
  return { title: item.name || item.id, kind: page.levels[level].label, parts };
}

function gapDetails({ item }) {
  const fields = { n: number(item.residents), m: metresAndMinutes(page.gapThreshold) };
  const finest = page.levels.length - 1;
  const areas = item.areas
    .map((id) => page.levels[finest].areas.find((area) => area.id === id))
    .filter(Boolean)
    .map((area) => ({ type: "area", item: area, level: finest }));
  const main = areas.find((thing) => thing.item.id === item.main);
  const list = make("p", { class: "names" });
  areas.forEach((thing, k) => list.append(...(k ? [", "] : []), linkTo(thing, thing.item.name)));
  return {
    title: say("gap_title", { name: item.name || item.id }),
    kind: say("gap_kind", { rank: item.rank, of: number(page.gaps.length) }),
    parts: [
      main ? path([...ancestors(finest, main.item), main]) : null,
      make("p", { class: "lead" }, say("gap_sentence", fields)),
      facts(
        [say("rank"), say("rank_interval", { rank: item.rank, best: item.best, worst: item.worst })],
        [say("tied"), say("tied_value", { tied: item.tied, share: percent(page.certainty) })],
        [say("top_ten"), say("top_ten_value", { share: percent(item.topTen), n: number(page.combinations) })],
        [say("gap_distance"), distanceFact(item.distance)],
        [say("need"), item.need === null ? say("need_unknown") : say("need_value", { need: number(item.need, 2) })],
        [say("priority"), item.priority === null ? say("need_unknown") : number(item.priority)],
        [say("gap_areas", { n: number(areas.length) }), areas.length ? list : ""],
      ),
      make("p", { class: "small" }, say("table_row_gap", { id: item.id })),
    ],
  };
}

function centreDetails({ item }) {
  const wheelchair = { yes: say("wheelchair_yes"), no: say("wheelchair_no"), limited: say("wheelchair_limited") };
  const total = page.city.residents;
  const parts = [
    facts([say("operator"), item.operator], [say("address"), item.address],
      [say("wheelchair"), wheelchair[item.wheelchair] ?? item.wheelchair]),
    item.linked ? null : make("p", { class: "lead" }, say("centre_unlinked", { m: metres(item.access) })),
    servedTable(say("centre_within"), (t) => [number(item.within[t]), percent(total ? item.within[t] / total : NaN, 1)],
      [say("walk"), say("residents"), say("share_of", { place: page.place })]),
    facts([say("nearest_here"), number(item.nearest)], [say("only_here", { m: metres(page.gapThreshold) }), number(item.only)],
      [say("note"), item.note], [say("source"), [item.source, day(item.source_date)].filter(Boolean).join(", ")]),
    make("p", { class: "small" }, say("table_row_centre", { id: item.id })),
  ];
  return { title: item.name || item.id, kind: kindName(item.kind), parts };
}

function drawDetails() {
  const box = byId("details");
  box.hidden = !state.chosen;
  if (!state.chosen) return;
  const describe = { area: areaDetails, gap: gapDetails, centre: centreDetails }[state.chosen.type];
  const { title, kind, parts } = describe(state.chosen);
  box.replaceChildren(
    make("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close"), click: () => choose(null) }, "×"),
    make("p", { class: "kind" }, kind),
    make("h2", {}, title),
    ...parts.filter((part) => part !== null),
  );
}

// ---- the rest -------------------------------------------------------------------------------

function drawTopGaps() {
  if (!page.gaps.length) return;
  const box = byId("top-gaps");
  box.hidden = false;
  byId("top-gaps-title").textContent = say("top_gaps", { m: metres(page.gapThreshold) });
  box.querySelector("p").textContent = say(page.gaps.some((gap) => gap.need !== null) ? "top_gaps_need" : "top_gaps_plain");
  if (page.filter) box.querySelector("p").append(" ", say("gap_filter", { filter: page.filter }));
  box.querySelector("ol").append(...page.gaps.slice(0, TOP_GAPS).map((item) =>
    make("li", {}, make("button", { type: "button", click: () => choose({ type: "gap", item }, true) },
      make("b", {}, String(item.rank)),
      make("span", {}, item.name || item.id),
      make("em", {}, number(item.residents)),
      make("i", {}, say("interval", { best: item.best, worst: item.worst, tied: item.tied, share: percent(item.topTen) })))),
  ));
}

/** The figures of the coarsest areas as a table, also for those who cannot see the map. */
function drawTable() {
  const level = page.levels[0];
  byId("table-title").textContent = say("all_areas", { level: level.label });
  const head = [level.label, say("residents"), ...page.thresholds.map(metres)];
  const row = (name, item) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, number(item.residents)),
    ...page.thresholds.map((_, t) => make("td", { class: t === state.t ? "now" : null }, percent(share(item, t), 1))));
  byId("table").querySelector("table").replaceChildren(
    make("caption", {}, say("table_caption")),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...level.areas.map((item) => row(linkTo({ type: "area", item, level: 0 }, item.name || item.id), item)),
      row(page.place, page.city)),
  );
}

function drawReading() {
  const rank = page.needParts.length ? "read_rank" : "read_rank_plain";
  const keys = ["read_distance", "read_coverage", "read_gap", rank, ...(page.filter ? ["read_filter"] : []), "read_limits"];
  const border = page.gapLevel ? say("gap_border", { level: page.gapLevel }) : "";
  const fields = { m: metres(page.gapThreshold), level: page.levels.at(-1).label, border, filter: page.filter };
  byId("reading").append(...keys.map((key) => make("p", {}, say(key, fields))));
  if (page.method) byId("reading").append(make("p", {}, `${say("method")} ${page.method}`));
  if (page.intervalMeaning) byId("reading").append(make("p", {}, page.intervalMeaning));
}

function drawSources() {
  byId("sources").querySelector("ul").append(...page.files.map((file) => make("li", {},
    make("b", {}, file.role), make("br"), file.source || file.attribution || file.file,
    make("span", { class: "small" }, [file.vintage && say("vintage", { date: day(file.vintage) }), file.licence].filter(Boolean).join(" · ")),
  )));
  const texts = [...new Set(page.files.map((file) => file.attribution).filter(Boolean))];
  byId("attribution").textContent = texts.join(" · ");
}
