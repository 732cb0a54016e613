// The panel: headline, choice of the walk, the largest gaps, how to read the map, sources.

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
  const range = make("span", { id: "headline-interval" }, interval(page.city, t));
  const big = make("strong", { id: "headline-share" }, fields.share, " ", range);
  const sentence = say(page.city.residents ? "headline" : "headline_nobody", fields);
  byId("headline").replaceChildren(...(page.city.residents ? [big, " "] : []), sentence);
}

function drawThresholdSwitch() {
  const box = document.querySelector("#thresholds .segments");
  const focused = document.activeElement?.id;
  box.replaceChildren(...page.thresholds.flatMap((m, t) => {
    const input = make("input", {
      type: "radio", name: "threshold", value: m, id: `threshold-${t}`, change: () => chooseThreshold(t),
    });
    input.checked = t === state.t;
    return [input, make("label", { for: `threshold-${t}` }, make("b", {}, metres(m)), make("span", {}, minutes(m)))];
  }));
  byId("speed").textContent = say("speed", { v: number(page.speed), kmh: number(page.speed * 0.06, 1) });
  if (focused?.startsWith("threshold-")) byId(focused).focus();
}

/** A list of ranked things: rank, name, figure and a line below. */
function rankedList(entries) {
  return entries.map(({ thing, name, figure, below }) =>
    make("li", {}, make("button", { type: "button", click: () => choose(thing, true) },
      make("b", { class: thing.type }, String(thing.item.rank)),
      make("span", { dir: "auto" }, name), make("em", {}, figure), make("i", { dir: "auto" }, below))));
}

function drawTopGaps() {
  const gaps = gapsNow();
  const box = byId("top-gaps");
  box.hidden = !gaps.length;
  if (!gaps.length) return;
  byId("top-gaps-title").textContent = say("top_gaps", { m: metres(page.thresholds[state.t]) });
  const order = [say(page.hasNeed ? "top_gaps_need" : "top_gaps_plain")];
  if (words().filter) order.push(say("gap_filter", { filter: words().filter }));
  if (gaps.length > TOP_GAPS) order.push(say("top_gaps_more", { n: number(gaps.length) }));
  box.querySelector("p").textContent = order.join(" ");
  box.querySelector("ol").replaceChildren(...rankedList(gaps.slice(0, TOP_GAPS).map((item) => ({
    thing: { type: "gap", item }, name: nameOf(item), figure: number(item.residents),
    below: say("interval", { best: item.best, worst: item.worst, tied: item.tied, share: percent(item.topTen) }),
  }))));
}

/** What the proposed sites are, and how far the best set may be from them. */
function proposalsMeaning() {
  const { threshold, gap } = page.proposals;
  return [say("proposals_meaning", { m: metres(threshold) }), say(gap > 0 ? "proposals_gap" : "proposals_proven", { gap: percent(gap, 1) })].join(" ");
}

/** Proposed sites and missing links, where the study asked for them. */
function drawPlanLists() {
  const sites = page.proposals?.sites ?? [];
  byId("top-proposals").hidden = !sites.length;
  byId("top-links").hidden = !page.links.length;
  byId("top-proposals").querySelector("p").textContent = page.proposals ? proposalsMeaning() : "";
  byId("top-proposals").querySelector("ol").replaceChildren(...rankedList(sites.map((item) => ({
    thing: { type: "proposal", item }, name: nameOf(item), figure: `+${number(item.gained)}`,
    below: [partnerKind(item.kind), item.address].filter(Boolean).join(", "),
  }))));
  const all = page.links.length > TOP_GAPS ? [say("top_gaps_more", { n: number(page.links.length) })] : [];
  byId("top-links").querySelector("p").textContent = [say("links_meaning"), ...all].join(" ");
  byId("top-links").querySelector("ol").replaceChildren(...rankedList(page.links.slice(0, TOP_GAPS).map((item) => ({
    thing: { type: "link", item }, name: item.name || say("link_title", { barrier: barrierName(item.barrier) }),
    figure: `+${number(item.gained)}`,
    below: say("link_walks", { now: metres(item.now), new: metres(item.new) }),
  }))));
}

function drawReading() {
  const rank = page.hasNeed ? "read_rank" : "read_rank_plain";
  const border = words().gapLevel ? say("gap_border", { level: words().gapLevel }) : "";
  const filter = words().filter;
  const fields = { m: metres(page.thresholds[state.t]), border, filter };
  const keys = ["read_distance", "read_coverage", "read_gap", rank, ...(filter ? ["read_filter"] : []), "read_limits", "read_use", "read_keys"];
  const texts = keys.map((key) => say(key, fields));
  if (words().method) texts.push(`${say("method")} ${words().method}`);
  if (words().intervalMeaning) texts.push(words().intervalMeaning);
  byId("reading-texts").replaceChildren(...texts.map((text) => make("p", { dir: "auto" }, text)));
}

function roleName(role) {
  return words().texts[`role_${role}`] ?? role;
}

function drawSources() {
  byId("sources").querySelector("ul").replaceChildren(...page.files.map((file) => make("li", {},
    make("b", {}, file.roles.map((role) => roleName(role)).join(", ")), make("br"),
    make("span", { dir: "auto" }, file.source || file.attribution || file.file),
    make("span", { class: "small" }, [file.vintage && say("vintage", { date: day(file.vintage) }), file.licence, file.attribution !== file.source && file.attribution].filter(Boolean).join(" · ")),
  )));
  const texts = [...new Set(page.files.map((file) => file.attribution).filter(Boolean))];
  if (state.shown.tiles) texts.unshift(page.tiles.attribution);
  byId("attribution-text").textContent = texts.join(" · ");
  byId("attribution").hidden = !texts.length;
}

/** Open the list of sources and go there. */
function showSources() {
  openPanel(true);
  byId("sources").open = true;
  byId("sources").scrollIntoView({ block: "start" });
  byId("sources").querySelector("summary").focus({ preventScroll: true });
}

function drawNotice() {
  const box = byId("notice");
  if (box) byId("accuracy").textContent = words().accuracy ? `${say("accuracy")} ${words().accuracy}` : "";
}
