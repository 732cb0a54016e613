// Reading the encoded shapes, and finding what lies under the pointer.

/** Turn an encoded line into [latitude, longitude] pairs. */
function decodeLine(text) {
  const points = [];
  let at = 0;
  const place = [0, 0];
  for (let axis = 0; at < text.length; axis = 1 - axis) {
    let value = 0;
    let scale = 1;
    let code;
    do {
      code = text.charCodeAt(at++) - 63;
      value += (code & 31) * scale;
      scale *= 32;
    } while (code >= 32);
    place[axis] += value % 2 ? -(value + 1) / 2 : value / 2;
    if (axis === 1) points.push([place[0] / 1e6, place[1] / 1e6]);
  }
  return points;
}

function decodePolygons(polygons) {
  return polygons.map((rings) => rings.map(decodeLine));
}

/** Decode the shape of an item once, when it is first needed. */
function latLngs(item) {
  if (!item.latLngs) {
    item.latLngs = decodePolygons(item.shape);
    item.box = L.latLngBounds(item.latLngs.flatMap((rings) => rings[0]));
  }
  return item.latLngs;
}

function boxOf(item) {
  latLngs(item);
  return item.box;
}

function ringHolds(ring, lat, lng) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [y1, x1] = ring[i];
    const [y2, x2] = ring[j];
    if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

function holds(item, point) {
  return (
    boxOf(item).contains(point) &&
    latLngs(item).some(
      (rings) => rings.filter((ring) => ringHolds(ring, point.lat, point.lng)).length % 2 === 1,
    )
  );
}
