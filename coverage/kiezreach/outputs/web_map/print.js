// Printing: the map in a size of its own, the tables and notes opened, and all back afterwards.

let beforePrint = null;

function startPrint() {
  if (beforePrint) return;
  const closed = [...document.querySelectorAll("details:not([open])")].filter((box) => ["reading", "sources", "notice"].includes(box.id));
  beforePrint = { view: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom(), closed, sharp: L.Browser.retina };
  for (const box of closed) box.open = true;
  document.body.classList.add("printing");
  L.Browser.retina = true; // twice the points on paper
  byId("paper-table").replaceChildren(paperTable());
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(beforePrint.view, { animate: false });
  refresh();
}

function endPrint() {
  if (!beforePrint) return;
  const { centre, zoom, closed, sharp } = beforePrint;
  beforePrint = null;
  document.body.classList.remove("printing");
  L.Browser.retina = sharp;
  for (const box of closed) box.open = false;
  byId("paper-table").replaceChildren();
  map.invalidateSize({ animate: false, pan: false });
  map.setView(centre, zoom, { animate: false });
  refresh();
}

/** The figures of the coarsest areas, as they stand in the table view. */
function paperTable() {
  const { columns, items, last, meaning } = areaTable(0);
  const row = (item) => make("tr", {}, ...columns.map((column, k) => {
    const { text } = column.cell(item);
    return make(k ? "td" : "th", { scope: k ? null : "row" }, text instanceof Node ? text.textContent : text);
  }));
  return make("table", {}, make("caption", {}, meaning),
    make("thead", {}, make("tr", {}, ...columns.map(({ heading }) => make("th", { scope: "col" }, heading)))),
    make("tbody", {}, ...items.map(row), row(last)));
}

function setUpPrint() {
  addEventListener("beforeprint", startPrint);
  addEventListener("afterprint", endPrint);
}
