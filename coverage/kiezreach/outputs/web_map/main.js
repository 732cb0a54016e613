// Start, and what every switch does.

function chooseThreshold(t) {
  state.t = t;
  followGap();
  hideLayers(BY_THRESHOLD); // nothing is drawn twice
  drawByThreshold();
  drawHeadline();
  drawTopGaps();
  drawReading();
  drawTables();
  refresh(BY_THRESHOLD);
}

/** A gap that was chosen gives way to the one of the new walk at the same place. */
function followGap() {
  if (state.chosen?.type !== "gap") return;
  const [lat, lng] = state.chosen.item.at;
  const item = gapsNow().find((gap) => holds(gap, L.latLng(lat, lng)));
  state.chosen = item ? { type: "gap", item } : null;
}

function chooseLevel(level) {
  state.level = level;
  hideLayers(["areas"]);
  drawChoropleth();
  refresh(["areas"]);
}

function chooseScenario(k) {
  state.scenario = k;
  drawScenario();
  refresh(panesOf("scenario"));
}

function switchLayer(name, on) {
  state.shown[name] = on;
  if (name === "tiles") drawSources();
  if (name === "catchment" || name === "others") drawCatchments();
  refresh(panesOf(name));
}

function chooseLanguage(code) {
  language = code;
  drawWords();
  refresh([]);
}

/** Write all that holds words, in the language that is spoken now. */
function drawWords() {
  drawFrameTexts();
  drawThresholdSwitch();
  drawHeadline();
  drawTopGaps();
  drawPlanLists();
  drawReading();
  drawSources();
  drawNotice();
  drawTables();
  drawControls();
  indexNames();
  openPanel(!byId("panel").classList.contains("closed"));
}

/** Follow a switch; the panes named are drawn anew. */
function refresh(panes = Object.keys(PANES)) {
  drawHighlight();
  showLayers(panes);
  drawLayerList();
  drawDetails();
  makeRoom();
  drawLabels();
  writeFragment();
}

/** Choose an area, gap, centre, proposal or link; `go` also moves the map there. */
function choose(thing, go = false) {
  state.chosen = thing;
  if (["proposal", "link"].includes(thing?.type) && !state.shown[`${thing.type}s`]) switchLayer(`${thing.type}s`, true);
  drawHighlight();
  drawDetails();
  if (!thing) return;
  openPanel(true);
  byId("details").scrollIntoView({ block: "start" });
  if (go) {
    goTo(thing.item);
    byId("details").focus({ preventScroll: true });
  }
}

/** Move the map to a thing, clear of the panel where that covers the map. */
function goTo(item) {
  const covered = narrow() ? byId("panel").offsetHeight : 0;
  const box = item.shape ? boxOf(item) : L.latLngBounds([item.at]);
  const zoom = item.shape ? wholeZoom + 5 : Math.max(map.getZoom(), wholeZoom + 4);
  map.fitBounds(box, { paddingTopLeft: [30, 30], paddingBottomRight: [30, 30 + covered], maxZoom: zoom });
}

function closeDetails() {
  choose(null);
  byId("search-input").focus({ preventScroll: true });
}

// ---- place in the address: #zoom/latitude/longitude[/threshold[/language]] -----------------------

function readFragment() {
  const parts = location.hash.slice(1).split("/");
  const [zoom, lat, lng, m] = parts.map(Number);
  if (parts.length < 3 || ![zoom, lat, lng].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lng) > 360) return null;
  return { zoom, centre: [lat, lng], t: page.thresholds.indexOf(m), language: Object.hasOwn(page.words, parts[4]) ? parts[4] : null };
}

function fragment() {
  const { lat, lng } = map.getCenter();
  const zoom = Number(map.getZoom().toFixed(2));
  return `#${zoom}/${lat.toFixed(4)}/${lng.toFixed(4)}/${page.thresholds[state.t]}/${language}`;
}

function writeFragment() {
  if (beforePrint) return;
  try {
    history.replaceState(null, "", fragment());
  } catch {
    // Some browsers refuse this for local files; the map works without it.
  }
}

// ---- pointer and keys ---------------------------------------------------------------------------

function hintText({ type, item }) {
  const n = type === "gap" ? item.residents : item.gained;
  if (type === "gap") return [say("gap_title", { name: nameOf(item) }), say("gap_label", { rank: item.rank, n: number(n) })];
  if (type === "centre") return [nameOf(item), kindName(item.kind)];
  if (type === "proposal") return [nameOf(item), say("plan_label", { rank: item.rank, n: number(n) })];
  if (type === "link") return [item.name || say("link_title", { barrier: barrierName(item.barrier) }), say("plan_label", { rank: item.rank, n: number(n) })];
  const m = metres(page.thresholds[state.t]);
  const text = item.residents ? say("hint_area", { share: percent(share(item, state.t)), m }) : say("no_residents");
  return [nameOf(item), text];
}

function setUpPointer() {
  const hint = byId("hint");
  let waiting = null;
  map.on("click", (event) => choose(namedAt(event.containerPoint) ?? whatIsAt(event.latlng)));
  map.on("mousemove", (event) => {
    if (!waiting) requestAnimationFrame(() => {
      const { latlng, containerPoint } = waiting;
      waiting = null;
      const thing = namedAt(containerPoint) ?? whatIsAt(latlng);
      map.getContainer().style.cursor = thing ? "pointer" : "";
      hint.hidden = !thing;
      if (!thing) return;
      const [title, text] = hintText(thing);
      hint.replaceChildren(make("b", { dir: "auto" }, title), make("span", { dir: "auto" }, text));
      const right = containerPoint.x > map.getSize().x - 240;
      hint.style.transform = `translate(${containerPoint.x + (right ? -14 : 14)}px, ${containerPoint.y + 14}px)${right ? " translateX(-100%)" : ""}`;
    });
    waiting = event;
  });
  map.on("mouseout movestart", () => { hint.hidden = true; });
  // With the keyboard, the cross in the middle of the map is the pointer.
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    const thing = whatIsAt(map.getCenter());
    choose(thing);
    if (thing) byId("details").focus({ preventScroll: true });
  });
}

/** Keep the scale bar above the attribution, however many lines that takes. */
function makeRoom() {
  byId("stage").style.setProperty("--attribution-height", `${byId("attribution").offsetHeight}px`);
}

const narrow = () => matchMedia("(max-width: 760px)").matches;

function openPanel(open) {
  const panel = byId("panel");
  const button = byId("panel-toggle");
  panel.classList.toggle("closed", !open);
  button.setAttribute("aria-expanded", String(open));
  button.textContent = say(open ? "hide_panel" : "show_panel");
}

let controls = [];
function drawControls() {
  for (const control of controls) control.remove();
  controls = [
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }),
    L.control.scale({ position: "bottomright", imperial: false, maxWidth: 160 }),
  ];
  for (const control of controls) control.addTo(map);
  map.getContainer().setAttribute("aria-label", say("map"));
}

// ---- start --------------------------------------------------------------------------------------

function setUpPanel() {
  openPanel(!narrow());
  if (byId("notice")) byId("notice").open = !narrow();
  for (const code of ["de", "en"]) byId(`language-${code}`).addEventListener("click", () => chooseLanguage(code));
  byId("panel-toggle").addEventListener("click", () => {
    openPanel(byId("panel").classList.contains("closed"));
    map.invalidateSize();
  });
  byId("attribution-more").addEventListener("click", showSources);
  byId("notice")?.addEventListener("toggle", () => drawLabels());
}

const WHOLE_PADDING = [12, 12];

/** How large the whole place is on a map of this size: signs and names are sized by that. */
function measureWhole() {
  const bounds = L.latLngBounds(page.bounds);
  if (!map.getSize().x || !map.getSize().y) return; // the map is hidden
  wholeZoom = map.getBoundsZoom(bounds, false, L.point(WHOLE_PADDING).multiplyBy(2));
  wholeWidth = map.project(bounds.getNorthEast(), wholeZoom).x - map.project(bounds.getSouthWest(), wholeZoom).x;
}

function start(leafletMap) {
  map = leafletMap;
  const view = readFragment();
  state.t = view && view.t >= 0 ? view.t : page.thresholds.indexOf(page.gapThreshold);
  language = view?.language ?? language;
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.setAttribute("aria-describedby", "map-keys");
  setUpPanel();
  const bounds = L.latLngBounds(page.bounds);
  map.fitBounds(bounds, { padding: WHOLE_PADDING, animate: false });
  measureWhole();
  map.setMaxBounds(bounds.pad(0.6));
  if (view) map.setView(view.centre, view.zoom, { animate: false });
  setUpLayers();
  setUpSearch();
  setUpTables();
  setUpPointer();
  setUpPrint();
  drawWords();
  refresh();
  map.on("zoomend", () => {
    drawCentres();
    drawPlans();
    drawHighlight();
    if (gapsDrawnAsCircles || gapsAreCircles()) {
      drawCatchments();
      drawGaps();
      drawLayerList();
    }
  });
  map.on("moveend resize", () => {
    makeRoom();
    drawLabels();
    writeFragment();
  });
  addEventListener("hashchange", () => {
    const wanted_ = readFragment();
    if (wanted_ && location.hash !== fragment()) map.setView(wanted_.centre, wanted_.zoom);
  });
  document.documentElement.dataset.ready = "true";
}
