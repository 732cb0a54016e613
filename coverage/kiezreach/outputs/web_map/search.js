// Search for areas and centres; works with the keyboard alone.

const MAX_RESULTS = 12;
const plain = (text) => text.toLowerCase().replaceAll("ß", "ss").normalize("NFD").replace(/\p{M}/gu, "");
const spelledOut = (text) =>
  plain(text.toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue"));

let entries = [];
let results = [];
let active = -1;

function indexNames() {
  entries = [];
  page.levels.forEach((level, k) => {
    for (const item of level.areas) {
      const above = ancestors(k, item)[0];
      const detail = [levelName(k), above && nameOf(above.item)].filter(Boolean).join(" · ");
      entries.push({ thing: { type: "area", item, level: k }, name: nameOf(item), detail });
    }
  });
  for (const item of page.centres) {
    const detail = [kindName(item.kind), item.address].filter(Boolean).join(" · ");
    entries.push({ thing: { type: "centre", item }, name: nameOf(item), detail });
  }
  for (const item of page.proposals?.sites ?? []) {
    entries.push({ thing: { type: "proposal", item }, name: nameOf(item), detail: [say("proposal"), item.address].filter(Boolean).join(" · ") });
  }
  entries = entries.map((entry) => ({ ...entry, keys: [plain(entry.name), spelledOut(entry.name)], id: entry.thing.item.id.toLowerCase() }));
}

/** How well an entry fits: 0 is best, Infinity not at all. */
function fit(entry, query) {
  if (entry.id === query) return 0;
  const found = entry.keys.map((key) => {
    const at = key.indexOf(query);
    if (at < 0) return Infinity;
    if (key === query) return 0;
    return at === 0 || /[^\p{L}\p{N}]/u.test(key[at - 1]) ? 1 : 2;
  });
  return Math.min(...found);
}

function find(text) {
  const query = plain(text.trim());
  if (!query) return [];
  return entries
    .map((entry, order) => ({ entry, order, rank: fit(entry, query) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, MAX_RESULTS)
    .map(({ entry }) => entry);
}

function showResults() {
  const input = byId("search-input");
  const list = byId("search-results");
  const open = results.length > 0 || input.value.trim() !== "";
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  list.replaceChildren(...results.map((entry, k) => make("li",
    { role: "option", id: `result-${k}`, "aria-selected": String(k === active), mousedown: (event) => { event.preventDefault(); take(k); } },
    make("b", { dir: "auto" }, entry.name), make("span", { dir: "auto" }, entry.detail))));
  if (open && !results.length) list.append(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, say("nothing_found")));
  if (active >= 0) {
    input.setAttribute("aria-activedescendant", `result-${active}`);
    byId(`result-${active}`).scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function closeResults() {
  results = [];
  active = -1;
  byId("search-results").hidden = true;
  byId("search-input").setAttribute("aria-expanded", "false");
  byId("search-input").removeAttribute("aria-activedescendant");
}

function take(k) {
  const entry = results[k];
  if (!entry) return;
  byId("search-input").value = entry.name;
  closeResults();
  choose(entry.thing, true);
}

function setUpSearch() {
  const input = byId("search-input");
  input.addEventListener("input", () => {
    results = find(input.value);
    active = -1;
    showResults();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!results.length) results = find(input.value);
      if (!results.length) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = (active + step + results.length + (active < 0 && step < 0 ? 1 : 0)) % results.length;
      showResults();
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(Math.max(active, 0));
    } else if (event.key === "Escape") {
      closeResults();
    }
  });
  input.addEventListener("blur", closeResults);
}
