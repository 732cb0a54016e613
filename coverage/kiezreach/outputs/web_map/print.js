// Printing: the map in a size of its own, the tables and notes opened, and all back afterwards.

let beforePrint = null;

function startPrint() {
  if (beforePrint) return;
  const closed = [...document.querySelectorAll("details:not([open])")].filter((box) => ["reading", "sources", "notice"].includes(box.id));
  beforePrint = { view: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom(), closed, sharp: L.Browser.retina, snap: map.options.zoomSnap };
  for (const box of closed) box.open = true;
  document.body.classList.add("printing");
  L.Browser.retina = true; // twice the points on paper
  byId("paper-table").replaceChildren(paperTable());
  map.options.zoomSnap = 0; // the view fills its frame
  map.invalidateSize({ animate: false, pan: false });
  measureWhole();
  map.fitBounds(beforePrint.view, { animate: false });
  drawByThreshold();
  refresh();
  map.fire("viewreset"); // all is drawn at once, not with the next picture of the screen: paper does not wait for that
  beforePrint.stills = [...map.getContainer().querySelectorAll("canvas")].map(still);
}

/** A copy of a drawing as it is now, in its place: paper leaves out what was drawn since the screen's last picture. */
function still(drawing) {
  const copy = make("canvas", { class: drawing.className, width: drawing.width, height: drawing.height, style: drawing.style.cssText });
  if (drawing.width && drawing.height) copy.getContext("2d").drawImage(drawing, 0, 0);
  drawing.after(copy);
  drawing.hidden = true;
  return { drawing, copy };
}

function endPrint() {
  if (!beforePrint) return;
  for (const { drawing, copy } of beforePrint.stills) {
    copy.remove();
    drawing.hidden = false;
  }
  const { centre, zoom, closed, sharp, snap } = beforePrint;
  beforePrint = null;
  document.body.classList.remove("printing");
  L.Browser.retina = sharp;
  map.options.zoomSnap = snap;
  for (const box of closed) box.open = false;
  byId("paper-table").replaceChildren();
  map.invalidateSize({ animate: false, pan: false });
  measureWhole();
  map.setView(centre, zoom, { animate: false });
  drawByThreshold();
  refresh();
}

/** The figures of the coarsest areas, as they stand in the table view, without what paper has no room for. */
function paperTable() {
  const { columns, items, last, meaning } = areaTable(0);
  const shown = columns.filter((column) => !column.screenOnly);
  const row = (item) => make("tr", {}, ...shown.map((column, k) => {
    const { text } = column.cell(item);
    return make(k ? "td" : "th", { scope: k ? null : "row" }, text instanceof Node ? text.textContent : text);
  }));
  return make("table", {}, make("caption", {}, meaning),
    make("thead", {}, make("tr", {}, ...shown.map(({ heading }) => make("th", { scope: "col" }, heading)))),
    make("tbody", {}, ...items.map(row), row(last)));
}

function setUpPrint() {
  addEventListener("beforeprint", startPrint);
  addEventListener("afterprint", endPrint);
}
