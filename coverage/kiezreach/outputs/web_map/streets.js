// Streets of the walking network, and the reader's online tiles: both are drawn in squares.

const STREETS_FROM = 14; // zoom level
const WIDE_STREETS_FROM = 16;

/** The lines of one square, decoded when they are first wanted. */
function streetLines(square) {
  square.latLngs ??= square.lines.split(" ").map(decodeLine);
  return square.latLngs;
}

// Leaflet would keep the whole map within the zoom levels of such a layer.
const anyZoom = { beforeAdd() {} };

const Streets = L.GridLayer.extend({
  ...anyZoom,
  createTile(coords) {
    const size = this.getTileSize();
    const tile = make("canvas", { width: size.x, height: size.y, class: "leaflet-tile" });
    const ctx = tile.getContext("2d");
    const { _southWest: low, _northEast: high } = this._tileCoordsToBounds(coords);
    const origin = coords.scaleBy(size);
    ctx.strokeStyle = COLOURS.background.streets;
    ctx.lineWidth = coords.z >= WIDE_STREETS_FROM ? 1.6 : 0.8;
    ctx.lineJoin = "round";
    ctx.beginPath();
    for (const square of page.streets) {
      const [south, west, north, east] = square.box;
      if (south > high.lat || north < low.lat || west > high.lng || east < low.lng) continue;
      for (const line of streetLines(square)) {
        line.forEach((place, k) => {
          const { x, y } = map.project(place, coords.z).subtract(origin);
          if (k) ctx.lineTo(x, y);
          else ctx.moveTo(x, y);
        });
      }
    }
    ctx.stroke();
    return tile;
  },
});

function streetLayer() {
  return page.streets.length
    ? new Streets({ pane: "streets", minZoom: STREETS_FROM, maxZoom: 19, tileSize: 512, noWrap: true })
    : null;
}

/** Tiles of the server that the study names; nothing is asked of it before the reader switches them on. */
function tileLayer() {
  if (!page.tiles) return null;
  const Tiles = L.TileLayer.extend(anyZoom);
  return new Tiles(page.tiles.url, { pane: "tiles", maxZoom: 19, maxNativeZoom: page.tiles.max_zoom, referrerPolicy: "origin" });
}
