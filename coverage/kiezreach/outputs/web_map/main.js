// Start, and what every switch does.

function chooseThreshold(t) {
  state.t = t;
  drawChoropleth();
  drawCatchments();
  drawHeadline();
  drawTable();
  refresh();
}

function chooseLevel(level) {
  state.level = level;
  drawChoropleth();
  refresh();
}

function switchLayer(name, on) {
  state.shown[name] = on;
  refresh();
}

function refresh() {
  drawHighlight();
  showLayers();
  drawLayerList();
  drawDetails();
  drawLabels();
  writeFragment();
}

/** Choose an area, gap or centre; `go` also moves the map there. */
function choose(thing, go = false) {
  state.chosen = thing;
  drawHighlight();
  drawDetails();
  if (!thing) return;
  openPanel(true);
  byId("details").scrollIntoView({ block: "nearest" });
  if (go) {
    if (thing.type === "centre") map.setView(thing.item.at, Math.max(map.getZoom(), wholeZoom + 4));
    else map.fitBounds(boxOf(thing.item), { padding: [30, 30], maxZoom: wholeZoom + 5 });
    byId("details").focus({ preventScroll: true });
  }
}

// ---- place in the address: #zoom/latitude/longitude[/threshold] --------------------------------

function readFragment() {
  const [zoom, lat, lng, m] = location.hash.slice(1).split("/").map(Number);
  if (![zoom, lat, lng].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lng) > 180) return null;
  return { zoom, centre: [lat, lng], t: page.thresholds.indexOf(m) };
}

function fragment() {
  const { lat, lng } = map.getCenter();
  const zoom = Number(map.getZoom().toFixed(2));
  return `#${zoom}/${lat.toFixed(4)}/${lng.toFixed(4)}/${page.thresholds[state.t]}`;
}

function writeFragment() {
  try {
    history.replaceState(null, "", fragment());
  } catch {
    // Some browsers refuse this for local files; the map works without it.
  }
}

// ---- pointer ----------------------------------------------------------------------------------

function hintText(thing) {
  const item = thing.item;
  if (thing.type === "gap") return [say("gap_title", { name: item.name || item.id }), say("gap_label", { rank: item.rank, n: number(item.residents) })];
  if (thing.type === "centre") return [item.name || item.id, kindName(item.kind)];
  const m = metres(page.thresholds[state.t]);
  const text = item.residents ? say("hint_area", { share: percent(share(item, state.t)), m }) : say("no_residents");
  return [item.name || item.id, text];
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
      hint.replaceChildren(make("b", {}, title), make("span", {}, text));
      const right = containerPoint.x > map.getSize().x - 240;
      hint.style.transform = `translate(${containerPoint.x + (right ? -14 : 14)}px, ${containerPoint.y + 14}px)${right ? " translateX(-100%)" : ""}`;
    });
    waiting = event;
  });
  map.on("mouseout movestart", () => { hint.hidden = true; });
}

/** Keep the scale bar above the attribution, however many lines that takes. */
function makeRoom() {
  byId("stage").style.setProperty("--attribution-height", `${byId("attribution").offsetHeight}px`);
}

function openPanel(open) {
  const panel = byId("panel");
  const button = byId("panel-toggle");
  panel.classList.toggle("closed", !open);
  button.setAttribute("aria-expanded", String(open));
  button.textContent = say(open ? "hide_panel" : "show_panel");
}

// ---- start ------------------------------------------------------------------------------------

function start(leafletMap) {
  map = leafletMap;
  const wide = matchMedia("(min-width: 761px)").matches;
  openPanel(wide);
  const view = readFragment();
  state.t = view && view.t >= 0 ? view.t : page.thresholds.indexOf(page.gapThreshold);
  const bounds = L.latLngBounds(page.bounds);
  map.fitBounds(bounds, { padding: [12, 12], animate: false });
  wholeZoom = map.getZoom();
  wholeWidth = map.latLngToContainerPoint(bounds.getNorthEast()).x - map.latLngToContainerPoint(bounds.getSouthWest()).x;
  map.setMaxBounds(bounds.pad(0.6));
  if (view) map.setView(view.centre, view.zoom, { animate: false });
  L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 160 }).addTo(map);
  setUpLayers();
  drawThresholdSwitch();
  drawHeadline();
  drawTopGaps();
  drawTable();
  drawReading();
  drawSources();
  setUpSearch();
  setUpPointer();
  byId("panel-toggle").addEventListener("click", () => {
    openPanel(byId("panel").classList.contains("closed"));
    map.invalidateSize();
  });
  makeRoom();
  refresh();
  map.on("zoomend", () => {
    drawCentres();
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
