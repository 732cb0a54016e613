// What was chosen, in plain words: figures, interval, source, and how to reproduce them.

function servedTable(caption, cells, head) {
  const rows = page.thresholds.map((m, t) =>
    make("tr", { class: t === state.t ? "now" : null }, make("th", { scope: "row" }, metresAndMinutes(m)),
      ...cells(t).map((cell) => make("td", {}, cell))),
  );
  return make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows));
}

/** A share, and its interval on the same line where there is room. */
function shareAndRange(item, t) {
  const range = interval(item, t);
  return make("span", {}, percent(share(item, t), 1), ...(range ? [" ", make("span", { class: "range" }, range)] : []));
}

function facts(...pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) {
    if (value === null || value === "") continue;
    list.append(make("dt", {}, name), make("dd", { dir: "auto" }, value));
  }
  return list.children.length ? list : null;
}

function linkTo(thing, text) {
  return make("button", { type: "button", class: "link", dir: "auto", click: () => choose(thing, true) }, text);
}

function centreLink(id, name) {
  const item = page.centres.find((centre) => centre.id === id);
  return item ? linkTo({ type: "centre", item }, nameOf(item)) : name;
}

const finest = () => page.levels.length - 1;

function areaThing(level, id) {
  const item = page.levels[level].areas.find((area) => area.id === id);
  return item ? { type: "area", item, level } : null;
}

/** The areas above an area, from the coarsest. */
function ancestors(level, area) {
  const found = [];
  for (let k = level - 1, id = area.parent; k >= 0; k--) {
    const thing = areaThing(k, id);
    if (!thing) break;
    found.unshift(thing);
    id = thing.item.parent;
  }
  return found;
}

/** A planning area and those above it. */
function upTo(id) {
  const thing = areaThing(finest(), id);
  return thing ? [...ancestors(finest(), thing.item), thing] : [];
}

function path(things) {
  const line = make("p", { class: "path" });
  things.forEach((thing, k) => line.append(...(k ? [" › "] : []), linkTo(thing, nameOf(thing.item))));
  return things.length ? line : null;
}

function distanceFact(value) {
  return value === null ? say("distance_unknown") : metresAndMinutes(value);
}

function needFacts(value, parts = []) {
  if (!page.hasNeed) return [];
  const text = value === null ? say("need_unknown") : say("need_value", { need: number(value, 2) });
  const detail = value === null || !parts.length ? "" : words().needParts.map((name, k) => `${name} ${number(parts[k], 2)}`).join(", ");
  return [[say("need"), text], [say("need_parts"), detail]];
}

/** How areas stand to the norms that are for their level. */
function normList(things) {
  const rows = things.flatMap(({ item, level }) => (item.norms ?? []).map((norm) => {
    const unit = say(`unit_${norm.unit}`);
    const lacks = norm.lacks ? say("norm_lacks", { n: number(norm.lacks), unit }) : "";
    const { label, status } = words().norms[norm.id];
    const result = [say(`norm_${norm.result}`), norm.result === "fail" ? lacks : ""].filter(Boolean).join(", ");
    return make("li", { class: norm.result }, make("b", {}, result), " ", say("norm_line", { label, status }),
      make("span", { class: "small" }, `${levelName(level)}: ${isolated(nameOf(item))}`));
  }));
  if (!rows.length) return null;
  return make("div", {}, make("h3", {}, say("norms")), make("ul", { class: "norms" }, ...rows));
}

/** Where the figures come from, where they stand, and the command that makes them again. */
function provenance(roles, tableRow, command) {
  const dated = roles.flatMap((role) => page.files.filter((file) => file.roles.includes(role)).slice(0, 1).map((file) =>
    file.vintage ? say("role_dated", { role: roleName(role), date: day(file.vintage) }) : roleName(role)));
  return make("div", { class: "provenance" },
    make("p", {}, say("sources_of_figures", { list: dated.join("; ") }), " ",
      make("button", { type: "button", class: "link", click: showSources }, say("all_sources"))),
    make("p", {}, tableRow),
    make("p", {}, say("reproduce"), " ", make("code", { dir: "ltr" }, command)));
}

/** A word for a shell. */
function quoted(word) {
  return /^[\w.@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
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
      servedTable(say("served_within"), (k) => [number(item.served[k]), shareAndRange(item, k)],
        [say("walk"), say("residents"), say("share")]),
      item.low ? note(words().intervalMeaning) : null,
      facts(
        [say("median"), distanceFact(item.median)],
        [say("p90"), distanceFact(item.p90)],
        [say("unlinked"), item.unlinked ? number(item.unlinked) : ""],
      ),
    );
  }
  const classes = Object.entries(item.classes ?? {}).map(([id, value]) => {
    const names = words().classes[id];
    return [names[""], value ? names[value] ?? say("class_number", { k: value }) : say("class_unknown")];
  });
  if (item.need) parts.push(facts(...needFacts(item.need[0], item.need.slice(1)), ...classes));
  else parts.push(facts(...classes));
  parts.push(scenarioOf(item, level), normList([...ancestors(level, item), { item, level }]));
  const command = level === finest() ? `${page.commands.explain} ${quoted(item.id)}` : page.commands.build;
  parts.push(provenance(["residents", "centres", "network", ...(item.need ? ["indicators"] : [])],
    say("table_row_area", { level: page.levels[level].id, id: item.id }), command));
  return { title: nameOf(item), kind: levelName(level), parts };
}

function changeTable(figures) {
  const row = (t) => [number(figures.gained[t]), number(figures.lost[t])];
  return servedTable(say("scenario_table", { name: scenarioNow().name }), row, [say("walk"), say("gained"), say("lost")]);
}

/** What the scenario that is shown changes for an area. */
function scenarioOf(item, level) {
  if (!state.shown.scenario || !page.scenarios.length) return null;
  const figures = scenarioNow().areas[page.levels[level].id]?.[item.id];
  return figures ? changeTable(figures) : null;
}

function partnerList(item) {
  const partners = item.partners.map((k) => page.partners[k]);
  const counts = new Map();
  for (const { kind } of partners) counts.set(kind, (counts.get(kind) || 0) + 1);
  const summary = [...counts].map(([kind, n]) => say("partner_count", { kind: partnerKind(kind), n: number(n) })).join(", ");
  const list = make("ul", {}, ...partners.map(({ name, kind, address }) =>
    make("li", { dir: "auto" }, [name, partnerKind(kind), address].filter(Boolean).join(", "))));
  return partners.length ? make("details", {}, make("summary", {}, summary), list) : say("no_partners");
}

function partnerKind(kind) {
  return words().texts[`partner_${kind}`] ?? kind;
}

function ageTable(item) {
  if (!item.ages.length) return null;
  const rows = item.ages.map((n, k) => make("tr", {}, make("th", { scope: "row" }, words().ages[k]),
    make("td", {}, number(n)), make("td", {}, percent(item.residents ? n / item.residents : NaN))));
  return make("table", {}, make("caption", {}, say("gap_ages")),
    make("thead", {}, make("tr", {}, ...[say("age"), say("residents"), say("share")].map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows));
}

function gapDetails({ item }) {
  const fields = { n: number(item.residents), m: metresAndMinutes(page.thresholds[state.t]) };
  const areas = item.areas.map((id) => areaThing(finest(), id)).filter(Boolean);
  const above = upTo(item.main);
  const list = make("p", { class: "names" });
  areas.forEach((thing, k) => list.append(...(k ? [", "] : []), linkTo(thing, nameOf(thing.item))));
  const table = page.thresholds[state.t] === page.gapThreshold ? "gaps" : "gaps_by_threshold";
  return {
    title: say("gap_title", { name: nameOf(item) }),
    kind: say("gap_kind", { rank: item.rank, of: number(gapsNow().length) }),
    parts: [
      path(above),
      make("p", { class: "lead" }, say("gap_sentence", fields)),
      facts(
        [say("rank"), say("rank_interval", { rank: item.rank, best: item.best, worst: item.worst })],
        [say("tied"), say("tied_value", { tied: item.tied, share: percent(page.certainty) })],
        [say("top_ten"), say("top_ten_value", { share: percent(item.topTen), n: number(page.combinations) })],
        [say("gap_distance"), distanceFact(item.distance)],
        [say("gap_nearest"), item.nearest || item.nearestId ? centreLink(item.nearestId, item.nearest) : ""],
        ...needFacts(item.need),
        [say("priority"), page.hasNeed ? (item.priority === null ? say("need_unknown") : number(item.priority)) : ""],
        [say("deprived"), item.deprived === null ? "" : percent(item.deprived)],
        [say("partners"), page.partners.length ? partnerList(item) : ""],
        [say("gap_areas", { n: number(areas.length) }), areas.length ? list : ""],
      ),
      ageTable(item),
      normList(above),
      provenance(["residents", "centres", "network", ...(page.hasNeed ? ["indicators"] : []), ...(page.partners.length ? ["candidates"] : [])],
        say("table_row_gap", { table, id: item.id }), page.commands.build),
    ],
  };
}

/** What closing a centre would mean. */
function closing(item) {
  if (!item.closed) return null;
  const { lost, extra, next, nextId, nextDistance } = item.closed;
  return make("div", {}, make("h3", {}, say("if_closed")),
    servedTable(say("if_closed_table"), (t) => [number(lost[t])], [say("walk"), say("residents")]),
    facts(
      [say("extra_walk"), extra === null ? "" : metresAndMinutes(extra)],
      [say("next_centre"), next ? centreLink(nextId, next) : ""],
      [say("next_distance"), nextDistance === null ? "" : metresAndMinutes(nextDistance)],
    ));
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
    facts([say("nearest_here"), number(item.nearest)], [say("only_here", { m: metres(page.gapThreshold) }), number(item.only)]),
    closing(item),
    facts([say("note"), item.note], [say("source"), [item.source, day(item.source_date)].filter(Boolean).join(", ")]),
    provenance(["centres", "residents", "network"], say("table_row_centre", { id: item.id }), page.commands.build),
  ];
  return { title: nameOf(item), kind: kindName(item.kind), parts };
}

function proposalDetails({ item }) {
  const m = metresAndMinutes(page.proposals.threshold);
  return {
    title: nameOf(item),
    kind: say("proposal_kind", { rank: item.rank, of: number(page.proposals.sites.length) }),
    parts: [
      path(upTo(item.area)),
      make("p", { class: "lead" }, say("proposal_sentence", { n: number(item.gained), m })),
      facts(
        [say("house_kind"), partnerKind(item.kind)],
        [say("address"), item.address],
        ...needFacts(item.need),
        [say("proposal_nearest"), item.nearest || item.nearestId ? centreLink(item.nearestId, item.nearest) : ""],
        [say("proposal_distance"), item.distance === null ? "" : metresAndMinutes(item.distance)],
        [say("proposal_chosen"), item.chosen === null ? "" : percent(item.chosen)],
      ),
      provenance(["candidates", "residents", "centres", "network"], say("table_row_proposal", { id: item.id }), page.commands.build),
    ],
  };
}

function linkDetails({ item }) {
  const m = metresAndMinutes(item.threshold);
  return {
    title: item.name || say("link_title", { barrier: barrierName(item.barrier) }),
    kind: say("link_kind", { rank: item.rank, of: number(page.links.length) }),
    parts: [
      path(upTo(item.area)),
      make("p", { class: "lead" }, say("link_sentence", { n: number(item.gained), m })),
      facts(
        [say("link_barrier"), barrierName(item.barrier)],
        [say("link_length"), metres(item.length)],
        [say("link_in_blocks"), item.inBlocks === null ? "" : percent(item.inBlocks)],
        [say("link_now"), distanceFact(item.now)],
        [say("link_new"), distanceFact(item.new)],
      ),
      provenance(["network", "barriers", "residents"], say("table_row_link", { id: item.id }), page.commands.build),
    ],
  };
}

/** What a link leads across: one kind of barrier, or several. */
function barrierName(barrier) {
  return barrier.split(/[^a-z]+/).map((kind) => words().texts[`barrier_${kind}`] ?? kind).join(", ");
}

function drawDetails() {
  const box = byId("details");
  box.hidden = !state.chosen;
  if (!state.chosen) return;
  const describe = { area: areaDetails, gap: gapDetails, centre: centreDetails, proposal: proposalDetails, link: linkDetails };
  const { title, kind, parts } = describe[state.chosen.type](state.chosen);
  box.replaceChildren(
    make("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close"), click: closeDetails }, "×"),
    make("p", { class: "kind", dir: "auto" }, kind),
    make("h2", { id: "details-title", dir: "auto" }, title),
    ...parts.filter((part) => part !== null),
  );
}
