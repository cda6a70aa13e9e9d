// Which way the route leads: small arrowheads on it, at even distances on the screen.

const EVERY_PX = 160;
const STEP_PX = 12; // the route's direction is taken over so much of it

/** Put arrowheads on the part of a line of places that is in view. */
export function layOutArrows(map, layer, places) {
  layer.clearLayers();
  const view = map.getBounds().pad(0.3);
  const points = places.map((place) => map.latLngToLayerPoint(place));
  let walked = 0;
  let due = EVERY_PX / 2;
  for (let index = 1; index < points.length; index += 1) {
    const step = points[index].distanceTo(points[index - 1]);
    while (walked + step >= due && step > 0) {
      const at = map.layerPointToLatLng(between(points[index - 1], points[index], (due - walked) / step));
      if (view.contains(at)) layer.addLayer(arrowAt(at, directionAt(points, index)));
      due += EVERY_PX;
    }
    walked += step;
  }
}

function between(one, other, share) {
  return one.add(other.subtract(one).multiplyBy(share));
}

function directionAt(points, index) {
  let [first, last] = [index - 1, index];
  while (first > 0 && points[first].distanceTo(points[last]) < STEP_PX) first -= 1;
  while (last < points.length - 1 && points[first].distanceTo(points[last]) < STEP_PX) last += 1;
  const { x, y } = points[last].subtract(points[first]);
  return Math.atan2(y, x);
}

function arrowAt(at, angle) {
  const head = document.createElement("span");
  head.style.transform = `rotate(${angle}rad)`;
  const icon = L.divIcon({ className: "arrow-sign", iconSize: [22, 22], html: head });
  return L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 });
}
