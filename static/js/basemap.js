// Draw land, coast and borders under a Leaflet map, in the colours of map.css; tiles too where the page names them.

const NAME_ROOM_PX = 6;
const STEPS_PX = Array.from({ length: 21 }, (_, at) => (at - 10) * 24);
const SHIFTS = STEPS_PX.flatMap((x) => STEPS_PX.map((y) => [x, y])).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

/**
 * Add the base map that geo/basemap.py clipped.
 *
 * The map's element may name a tile server: data-tile-url="https://…/{z}/{x}/{y}.png" data-tile-attribution="…".
 * Then the tiles cover the land, and only the borders are drawn over them.
 *
 * @param {L.Map} map
 * @param {{land: object, coast: object, borders: object, countries: {name: string, code: string, at: number[]}[]}} basemap
 * @param {{names?: Record<string, string>, route?: L.LatLngExpression[]}} options names of countries in the reader's
 *   language, by code, and the places of the route that they keep away from
 * @returns {L.LayerGroup}
 */
export function addBasemap(map, basemap, { names = {}, route = [] } = {}) {
  const pane = map.getPane("basemap") ?? map.createPane("basemap");
  pane.style.zIndex = 250; // above tiles, below everything that was walked
  const style = (className) => ({ pane: "basemap", interactive: false, className, renderer: rendererOf(map) });
  const named = basemap.countries.length > 1 ? basemap.countries.map((country) => nameOf(country, names)) : [];
  const layers = L.layerGroup([
    L.geoJSON(basemap.land, style("base-land")),
    L.geoJSON(basemap.coast, style("base-coast")),
    L.geoJSON(basemap.borders, style("base-border")),
    ...named,
  ]);
  addTiles(map);
  map.attributionControl?.setPrefix(false).addAttribution("Natural Earth");
  layers.addTo(map);
  const borders = linesOf(basemap.borders);
  const layOut = () => placeNames(map, named, borders, route);
  map.on("moveend resize", layOut);
  layOut();
  return layers;
}

// A country's name that runs over the edge of the map or a border reads as another word, or as another country's:
// it goes to the nearest clear place of its own country, and is hidden where there is none.
function placeNames(map, named, borders, route) {
  const frame = L.bounds(L.point(0, 0), map.getSize());
  const pixelsOf = (line) => line.map((place) => map.latLngToContainerPoint(place));
  const fences = borders.flatMap((line) => segmentsOf(pixelsOf(line)));
  const obstacles = [...fences, ...segmentsOf(pixelsOf(route))];
  for (const marker of named) {
    const label = marker.getElement().firstElementChild;
    const home = map.latLngToContainerPoint(marker.getLatLng());
    const half = L.point(label.offsetWidth, label.offsetHeight).divideBy(2).add([NAME_ROOM_PX, NAME_ROOM_PX]);
    const shift = SHIFTS.find(([x, y]) => {
      const at = home.add([x, y]);
      const box = L.bounds(at.subtract(half), at.add(half));
      return (
        frame.contains(box) &&
        !obstacles.some(([start, end]) => L.LineUtil.clipSegment(start, end, box)) &&
        !fences.some(([start, end]) => doCross(home, at, start, end))
      );
    });
    label.style.visibility = shift ? "" : "hidden";
    if (shift) label.style.translate = `${shift[0]}px ${shift[1]}px`;
  }
}

const segmentsOf = (line) => line.slice(1).map((end, at) => [line[at], end]);
const sideOf = (a, b, point) => Math.sign((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x));
const doCross = (a, b, c, d) => sideOf(a, b, c) !== sideOf(a, b, d) && sideOf(c, d, a) !== sideOf(c, d, b);

function linesOf({ type, coordinates }) {
  const lines = type === "LineString" ? [coordinates] : coordinates;
  return lines.map((line) => line.map(([lon, lat]) => [lat, lon]));
}

// Colours come from CSS and follow dark mode, which needs SVG even where the track is drawn on a canvas.
function rendererOf(map) {
  map.basemapRenderer ??= L.svg({ pane: "basemap", padding: 0.5 });
  return map.basemapRenderer;
}

function nameOf({ name, code, at: [lon, lat] }, names) {
  const label = document.createElement("div");
  label.className = "base-country";
  label.textContent = names[code] ?? name;
  const icon = L.divIcon({ className: "", iconSize: [0, 0], html: label });
  return L.marker([lat, lon], { pane: "basemap", icon, interactive: false, keyboard: false });
}

function addTiles(map) {
  const element = map.getContainer();
  const { tileUrl, tileAttribution } = element.dataset;
  if (!tileUrl) return;
  element.classList.add("has-tiles");
  L.tileLayer(tileUrl, { attribution: tileAttribution ?? "", maxZoom: 19 }).addTo(map);
}
