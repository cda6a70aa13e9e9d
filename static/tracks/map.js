// The map of a comparison: the planned route, the track coloured by its distance from it, and what happened where.

import { addBasemap } from "../js/basemap.js";
import { layOutArrows } from "./arrows.js";
import { colours } from "./colours.js";
import { layOutFlags, makeFlag } from "./flags.js";

const HOVER_PX = 32;
const IS_CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Draw everything that map.json holds, as `unpack` of numbers.js gives it.
 *
 * The browser may do something else between the parts: a slow phone would stand still for all of them.
 *
 * @returns {Promise<{showPlace(index: number): void, showEpisode(index: number): void, redraw(): void}>}
 */
export async function drawMap(element, data, onPlace) {
  const { nodes, route } = data;
  const map = makeMap(element, data);
  putLegendOn(map, data);
  await painted();
  addBasemap(map, data.basemap, { names: data.countries, route: route.places });
  await painted();
  const lines = [...planned(map, data), ...walked(map, data)];
  await painted();
  data.stops.forEach((stop) => addStop(map, stop));
  data.episodes.forEach((episode) => addEpisode(map, episode));
  await painted();
  plantFlags(map, data);
  const arrows = L.layerGroup().addTo(map);
  map.on("moveend", () => layOutArrows(map, arrows, route.places));
  layOutArrows(map, arrows, route.places);
  const cursor = makeCursor(map);
  followPointer(map, nodes, onPlace);
  return {
    showPlace: (index) => cursor.moveTo(nodes.places[index], placeAt(route, nodes.km[index] * 1000)),
    showEpisode: (index) => lookAt(map, element, data.episodes[index], route),
    redraw: () => lines.forEach(({ layer, style }) => layer.setStyle(style())),
  };
}

/** Wait until the browser has shown what was drawn so far. */
export function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function drawnPlaces({ route, pieces }) {
  return [...route.places, ...pieces.flatMap(({ places }) => places)];
}

function plantFlags(map, data) {
  const flags = data.checkpoints.map((checkpoint) => makeFlag(map, checkpoint));
  const signs = [...data.stops, ...data.episodes].map(({ at }) => at).filter(Boolean);
  const lines = drawnPlaces(data);
  const layOut = () => layOutFlags(map, flags, signs, lines);
  map.on("zoomend resize", layOut);
  layOut();
}

/** Make a map that shows `data.bounds`, with panes for the plan and the track. */
export function makeMap(element, data) {
  const map = L.map(element, {
    preferCanvas: true,
    zoomControl: false,
    scrollWheelZoom: false, // a page is scrolled by the wheel until the map is meant
    zoomSnap: 0.25,
    zoomDelta: 1,
    maxZoom: 18,
    fadeAnimation: !IS_CALM,
    zoomAnimation: !IS_CALM,
    markerZoomAnimation: !IS_CALM,
    inertia: !IS_CALM,
  });
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  const { zoom_in: zoomInTitle, zoom_out: zoomOutTitle } = data.words;
  L.control.zoom({ position: "topright", zoomInTitle, zoomOutTitle }).addTo(map);
  addScale(map, data.words);
  map.fitBounds(data.bounds, { paddingTopLeft: [24, 56], paddingBottomRight: [24, 24], animate: false });
  for (const [name, zIndex] of [["plan", 410], ["track", 420]]) {
    map.createPane(name).style.zIndex = zIndex;
    map.getPane(name).style.pointerEvents = "none";
  }
  return map;
}

/** Add a scale that names its units as the page does: Leaflet writes "m" and "km" in every language. */
function addScale(map, words) {
  const line = L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map).getContainer().firstChild;
  const nameUnit = () => {
    line.textContent = line.textContent.replace(/ (k?m)$/, (_, unit) => `\u202f${words[unit]}`);
  };
  map.on("move", nameUnit); // after the scale itself, which listens to the same
  map.whenReady(nameUnit);
}

/** Put the legend into the corner where it hides least of the track; on a phone it stays under the map. */
function putLegendOn(map, data) {
  if (!matchMedia("(min-width: 768px)").matches) return;
  const legend = document.getElementById("legend");
  const control = L.control({ position: "topleft" });
  control.onAdd = () => legend;
  control.addTo(map);
  const { x: width, y: height } = map.getSize();
  const [wide, high] = [legend.offsetWidth + 40, legend.offsetHeight + 40];
  const hiddenIn = {
    topleft: ({ x, y }) => x < wide && y < high,
    bottomleft: ({ x, y }) => x < wide && y > height - high - 40,
    bottomright: ({ x, y }) => x > width - wide && y > height - high,
    topright: ({ x, y }) => x > width - wide - 60 && y < high,
  };
  const points = drawnPlaces(data).map((place) => map.latLngToContainerPoint(place));
  const cost = (corner) => points.filter(hiddenIn[corner]).length;
  const corners = Object.keys(hiddenIn);
  control.setPosition(corners.reduce((best, corner) => (cost(corner) < cost(best) ? corner : best)));
}

/** Draw the planned route: a solid band where it was walked, dashes where it was missed, dots without data. */
function planned(map, data) {
  const renderer = L.canvas({ pane: "plan", padding: 0.3 });
  const line = (places, style) => drawLine(map, places, renderer, style);
  const whole = line(data.route.places, () => ({ color: colours.casing, weight: 10 }));
  const parts = partsOf(data).map(([kind, fromM, toM]) => line(stretchOf(data.route, fromM, toM), STYLES[kind]));
  return [whole, ...parts];
}

const STYLES = {
  walked: () => ({ color: colours.route, weight: 8, lineCap: "butt" }),
  missed: () => ({ color: colours.route, weight: 4, dashArray: "9 7", lineCap: "butt" }),
  no_data: () => ({ color: colours["no-data"], weight: 5, dashArray: "0.1 10", lineCap: "round" }),
};

/** Return the whole route as [kind, from, to] in metres. */
function partsOf({ stretches, route }) {
  const end = route.metres.at(-1);
  const parts = [];
  let at = 0;
  for (const [kind, fromM, toM] of stretches) {
    if (fromM > at) parts.push(["walked", at, fromM]);
    parts.push([kind, fromM, toM]);
    at = toM;
  }
  if (at < end) parts.push(["walked", at, end]);
  return parts;
}

function walked(map, { pieces }) {
  const renderer = L.canvas({ pane: "track", padding: 0.3 });
  const casings = pieces.map(({ kind, places }) =>
    drawLine(map, places, renderer, () => ({ color: colours.casing, weight: kind > 0 ? 8 : 5.5 })),
  );
  const cores = pieces.map(({ kind, places }) =>
    drawLine(map, places, renderer, () => ({ color: colours.offsets[kind], weight: 4 })),
  );
  return [...casings, ...cores];
}

/** Draw a line whose style is asked for again when colours change. */
export function drawLine(map, places, renderer, style) {
  const options = { renderer, interactive: false, smoothFactor: 0.5, opacity: 1, ...style() };
  return { layer: L.polyline(places, options).addTo(map), style };
}

/** Return the planned route between two places of it, in metres along it. */
function stretchOf(route, fromM, toM) {
  const inner = route.places.filter((_, index) => route.metres[index] > fromM && route.metres[index] < toM);
  return [placeAt(route, fromM), ...inner, placeAt(route, toM)];
}

function placeAt({ places, metres }, atM) {
  const after = Math.max(1, metres.findIndex((value) => value >= atM));
  const share = Math.min(1, Math.max(0, (atM - metres[after - 1]) / (metres[after] - metres[after - 1] || 1)));
  const [[lat, lon], [nextLat, nextLon]] = [places[after - 1], places[after]];
  return [lat + share * (nextLat - lat), lon + share * (nextLon - lon)];
}

function addStop(map, { at, title, text }) {
  const icon = L.divIcon({ className: "stop-sign", iconSize: [24, 24] });
  mark(map, at, icon, title, text);
}

function addEpisode(map, { at, number, title, text }) {
  if (!at) return;
  const icon = L.divIcon({ className: "off-sign", iconSize: [28, 28], html: String(number) });
  mark(map, at, icon, title, text);
}

function mark(map, at, icon, title, text) {
  const words = document.createElement("div");
  words.append(Object.assign(document.createElement("strong"), { textContent: title }));
  words.append(Object.assign(document.createElement("p"), { textContent: text }));
  // Above the flags, whose feet would cover half of a stop at a checkpoint.
  const marker = L.marker(at, { icon, alt: title, riseOnHover: true, zIndexOffset: 500 }).addTo(map).bindPopup(words);
  marker.getElement().setAttribute("aria-label", `${title}. ${text}`);
}

/** Make the marker of the place that charts, slider or pointer are at: full on the track, hollow where there is none. */
function makeCursor(map) {
  const icon = L.divIcon({ className: "place-sign", iconSize: [22, 22] });
  const marker = L.marker([0, 0], { icon, interactive: false, keyboard: false, zIndexOffset: 1000 });
  return {
    moveTo(place, planned) {
      marker.setLatLng(place ?? planned).addTo(map);
      marker.getElement().classList.toggle("is-hollow", !place);
      if (!map.getBounds().contains(marker.getLatLng())) map.panTo(marker.getLatLng(), { animate: !IS_CALM });
    },
  };
}

function followPointer(map, nodes, onPlace) {
  map.on("mousemove", ({ containerPoint }) => {
    let nearest = HOVER_PX;
    let found = null;
    nodes.places.forEach((place, index) => {
      if (!place) return;
      const away = map.latLngToContainerPoint(place).distanceTo(containerPoint);
      if (away < nearest) [nearest, found] = [away, index];
    });
    if (found !== null) onPlace(found);
  });
}

function lookAt(map, element, { from_m: fromM, to_m: toM, at }, route) {
  const bounds = L.latLngBounds(stretchOf(route, fromM, toM));
  if (at) bounds.extend(at);
  map.fitBounds(bounds.pad(0.3), { maxZoom: 16, animate: !IS_CALM });
  element.scrollIntoView({ block: "center", behavior: IS_CALM ? "auto" : "smooth" });
  element.focus({ preventScroll: true });
}
