// The figures of the map as tables: for those who cannot see it, and for those who want to compare.

const sorting = { column: null, down: false };
let tableNow = 0;

const cellOf = (text, value = text) => ({ text, value });
const numberCell = (value, decimals = 0) => cellOf(number(value, decimals), value ?? NaN);
const shareCell = (value) => cellOf(percent(value, 1), value ?? NaN);
const linkCell = (thing, name) => cellOf(linkTo(thing, name), name);

/** Columns for each walk: a heading and what stands in it. */
function perThreshold(heading, cell, more = {}) {
  return page.thresholds.map((m, t) => ({ heading: say(heading, { m: metres(m) }), cell: (item) => cell(item, t), now: t === state.t, ...more }));
}

function areaTable(level) {
  const above = level > 0 ? [{ heading: levelName(level - 1), cell: (item) => cellOf(ancestors(level, item).map((thing) => nameOf(thing.item)).at(-1) ?? "") }] : [];
  const columns = [
    { heading: levelName(level), cell: (item) => (item.served && item.id ? linkCell({ type: "area", item, level }, nameOf(item)) : cellOf(page.place)) },
    ...above,
    { heading: say("residents"), cell: (item) => numberCell(item.residents) },
    ...page.thresholds.flatMap((_, k) => [
      perThreshold("column_served", (item, t) => numberCell(item.served[t]), { screenOnly: true })[k],
      perThreshold("column_share", (item, t) => cellOf([percent(share(item, t), 1), interval(item, t)].filter(Boolean).join(" "), share(item, t)))[k],
    ]),
    { heading: say("median"), cell: (item) => cellOf(distanceFact(item.median), item.median ?? NaN) },
    { heading: say("p90"), screenOnly: true, cell: (item) => cellOf(distanceFact(item.p90), item.p90 ?? NaN) },
  ];
  if (level === finest() && page.hasNeed) columns.push({ heading: say("need"), cell: (item) => numberCell(item.need?.[0] ?? NaN, 2) });
  return {
    name: levelName(level), columns, items: page.levels[level].areas, last: level === 0 ? page.city : null,
    row: "tables/coverage.csv", command: page.commands.build, meaning: [say("table_caption"), words().intervalMeaning].filter(Boolean).join(". "),
  };
}

function gapTable() {
  const columns = [
    { heading: say("rank"), cell: (item) => numberCell(item.rank) },
    { heading: say("gap_shapes"), cell: (item) => linkCell({ type: "gap", item }, nameOf(item)) },
    { heading: say("residents"), cell: (item) => numberCell(item.residents) },
    { heading: say("column_interval"), cell: (item) => cellOf(say("from_to", { from: item.best, to: item.worst }), item.best) },
    { heading: say("tied"), cell: (item) => numberCell(item.tied) },
    { heading: say("top_ten"), cell: (item) => cellOf(percent(item.topTen), item.topTen) },
    { heading: say("gap_distance"), cell: (item) => cellOf(distanceFact(item.distance), item.distance ?? NaN) },
  ];
  if (page.hasNeed) columns.push({ heading: say("need"), cell: (item) => numberCell(item.need, 2) }, { heading: say("priority"), cell: (item) => numberCell(item.priority) });
  const own = page.thresholds[state.t] === page.gapThreshold;
  return {
    name: say("table_gaps"), columns, items: gapsNow(), command: page.commands.build, row: own ? "tables/gaps.csv" : "tables/gaps_by_threshold.csv",
    meaning: [say("layer_gaps", { m: metres(page.thresholds[state.t]) }), words().filter && say("gap_filter", { filter: words().filter })].filter(Boolean).join(". "),
  };
}

function centreTable() {
  const columns = [
    { heading: say("centre"), cell: (item) => linkCell({ type: "centre", item }, nameOf(item)) },
    { heading: say("kind"), cell: (item) => cellOf(kindName(item.kind)) },
    { heading: say("operator"), cell: (item) => cellOf(item.operator) },
    { heading: say("address"), cell: (item) => cellOf(item.address) },
    ...perThreshold("column_served", (item, t) => numberCell(item.within[t])),
    { heading: say("nearest_here"), cell: (item) => numberCell(item.nearest) },
    { heading: say("only_here", { m: metres(page.gapThreshold) }), cell: (item) => numberCell(item.only) },
  ];
  if (hasLosses()) columns.push({ heading: say("extra_walk"), cell: (item) => numberCell(item.closed?.extra ?? NaN) });
  return { name: say("table_centres"), columns, items: page.centres, row: "tables/centres.csv", command: page.commands.build, meaning: say("centre_within") };
}

function proposalTable() {
  const columns = [
    { heading: say("rank"), cell: (item) => numberCell(item.rank) },
    { heading: say("proposal"), cell: (item) => linkCell({ type: "proposal", item }, nameOf(item)) },
    { heading: say("house_kind"), cell: (item) => cellOf(partnerKind(item.kind)) },
    { heading: say("address"), cell: (item) => cellOf(item.address) },
    { heading: say("gained"), cell: (item) => numberCell(item.gained) },
    { heading: say("proposal_distance"), cell: (item) => numberCell(item.distance) },
  ];
  return {
    name: say("proposals"), columns, items: page.proposals.sites, row: "tables/proposals.csv", command: page.commands.build,
    meaning: proposalsMeaning(),
  };
}

function linkTable() {
  const columns = [
    { heading: say("rank"), cell: (item) => numberCell(item.rank) },
    { heading: say("missing_link"), cell: (item) => linkCell({ type: "link", item }, item.name || say("link_title", { barrier: barrierName(item.barrier) })) },
    { heading: say("link_barrier"), cell: (item) => cellOf(barrierName(item.barrier)) },
    { heading: say("link_length"), cell: (item) => numberCell(item.length) },
    { heading: say("link_now"), cell: (item) => numberCell(item.now) },
    { heading: say("link_new"), cell: (item) => numberCell(item.new) },
    { heading: say("gained"), cell: (item) => numberCell(item.gained) },
  ];
  return { name: say("missing_links"), columns, items: page.links, row: "tables/missing_links.csv", command: page.commands.build, meaning: say("links_meaning") };
}

function scenarioTable(scenario) {
  const areas = page.levels.flatMap((level, k) => level.areas.map((item) => ({ item, level: k })));
  const items = areas.map(({ item, level }) => ({ item, level, change: scenario.areas[page.levels[level].id]?.[item.id] }))
    .filter(({ change }) => change && (change.gained.some(Boolean) || change.lost.some(Boolean)));
  const columns = [
    { heading: say("area"), cell: ({ item, level }) => linkCell({ type: "area", item, level }, nameOf(item)) },
    { heading: say("level"), cell: ({ level }) => cellOf(levelName(level)) },
    ...perThreshold("column_gained", ({ change }, t) => numberCell(change.gained[t])),
    ...perThreshold("column_lost", ({ change }, t) => numberCell(change.lost[t])),
  ];
  return { name: scenario.name, columns, items, row: scenario.table, command: scenario.command, meaning: say("scenario_meaning") };
}

function allTables() {
  const tables = page.levels.map((_, k) => () => areaTable(k));
  tables.push(gapTable, centreTable);
  if (page.proposals) tables.push(proposalTable);
  if (page.links.length) tables.push(linkTable);
  tables.push(...page.scenarios.map((scenario) => () => scenarioTable(scenario)));
  return tables;
}

function inOrder(cells) {
  const { column, down } = sorting;
  if (column === null) return cells;
  const value = (row) => row[column].value;
  const compare = (a, b) => {
    if (typeof a !== "number") return String(a).localeCompare(String(b), language);
    return Number.isNaN(a) - Number.isNaN(b) || (down ? b - a : a - b);
  };
  return [...cells].sort((a, b) => (typeof value(a) === "number" || !down ? compare(value(a), value(b)) : compare(value(b), value(a))));
}

function sortBy(column, firstDown) {
  sorting.down = sorting.column === column ? !sorting.down : firstDown;
  sorting.column = column;
  fillTable();
  byId("figures").querySelectorAll("thead button")[column].focus();
}

function fillTable() {
  const tables = allTables();
  const { name, columns, items, last, row, command, meaning } = tables[tableNow]();
  const cells = inOrder(items.map((item) => columns.map((column) => column.cell(item))));
  if (last) cells.push(columns.map((column) => column.cell(last)));
  const head = columns.map((column, k) => {
    const order = sorting.column === k ? (sorting.down ? "descending" : "ascending") : "none";
    const numeric = typeof cells[0]?.[k].value === "number";
    const arrow = make("span", { "aria-hidden": "true" }, order === "none" ? "" : order === "ascending" ? " ▲" : " ▼");
    return make("th", { scope: "col", "aria-sort": order, class: [column.now && "now", !numeric && "word"].filter(Boolean).join(" ") || null },
      make("button", { type: "button", click: () => sortBy(k, numeric) }, column.heading, arrow));
  });
  const rowHead = columns.findIndex((_, k) => typeof cells[0]?.[k].value === "string");
  const body = cells.map((line) => make("tr", {}, ...line.map(({ text, value }, k) =>
    make(k === rowHead ? "th" : "td", { scope: k === rowHead ? "row" : null, class: [columns[k].now && "now", typeof value === "number" ? "" : "word"].filter(Boolean).join(" ") || null }, text))));
  byId("figures").replaceChildren(make("caption", { class: "unseen" }, name), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
  byId("figures-meaning").textContent = meaning;
  byId("figures-source").replaceChildren(say("table_file", { file: row }), " ", say("reproduce"), " ", make("code", { dir: "ltr" }, command));
}

function drawTables() {
  const box = byId("tables");
  byId("show-tables").setAttribute("aria-expanded", String(!box.hidden));
  byId("show-tables").textContent = say(box.hidden ? "show_tables" : "hide_tables");
  if (box.hidden) return;
  const select = byId("table-choice");
  select.replaceChildren(...allTables().map((table, k) => make("option", { value: k }, table().name)));
  select.value = String(tableNow);
  fillTable();
}

function openTables(open) {
  byId("tables").hidden = !open;
  document.querySelector(".folium-map").inert = open;
  drawTables();
  if (open) openPanel(!narrow());
  if (open) byId("tables").focus({ preventScroll: true });
  else byId("show-tables").focus({ preventScroll: true });
}

function setUpTables() {
  byId("show-tables").addEventListener("click", () => openTables(byId("tables").hidden));
  byId("close-tables").addEventListener("click", () => openTables(false));
  byId("tables").addEventListener("keydown", (event) => { if (event.key === "Escape") openTables(false); });
  byId("table-choice").addEventListener("change", (event) => {
    tableNow = Number(event.target.value);
    sorting.column = null;
    fillTable();
  });
}
