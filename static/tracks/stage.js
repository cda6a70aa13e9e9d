// The tracks page of a stage: all groups on one map, replayed by the march's clock.

import { addBasemap } from "../js/basemap.js";
import { layOutArrows } from "./arrows.js";
import { colours, followColours } from "./colours.js";
import { layOutFlags, makeFlag } from "./flags.js";
import { drawLine, makeMap } from "./map.js";
import { placesOf, running } from "./numbers.js";
import { makeReplay } from "./replay.js";

const [ON_ROUTE, OFF_ROUTE, UNSURE, NOT_RECORDED] = [0, 1, 2, 3];
const section = document.getElementById("common");
const element = document.getElementById("map");

async function start() {
  const response = await fetch(element.dataset.url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`map data: ${response.status}`);
  const data = await response.json();
  const tracks = data.tracks.map(unpackTrack);
  section.hidden = false;
  let lines = () => [];
  followColours(() => lines().forEach(({ layer, style }) => layer.setStyle(style())));
  const map = makeMap(element, data);
  addBasemap(map, data.basemap, { names: data.countries, route: placesOf(data.route) });
  const plan = drawPlan(map, placesOf(data.route));
  const drawing = drawTracks(map, tracks);
  lines = () => [...plan, ...drawing.lines()];
  plantFlags(map, data.checkpoints, placesOf(data.route));
  makeReplay(map, tracks.filter(({ times }) => times.length), data);
  await drawWhole(map, tracks, drawing);
}

/** Return a track with its places, the Unix seconds at each, and its lines by kind. */
function unpackTrack({ group, id, lat, lon, time, kinds }) {
  const places = placesOf([lat, lon]);
  return { group, id, places, times: running(time, 1), lines: linesOf(places, kinds) };
}

/** Return the parts of a line by kind, without those that were not recorded. */
function linesOf(places, kinds) {
  const lines = [];
  let at = 0;
  for (const [kind, count] of kinds) {
    if (kind !== NOT_RECORDED) lines.push({ kind, places: places.slice(at, at + count + 1) });
    at += count;
  }
  return lines;
}

function drawPlan(map, places) {
  const renderer = L.canvas({ pane: "plan", padding: 0.3 });
  const arrows = L.layerGroup().addTo(map);
  const layOut = () => layOutArrows(map, arrows, places);
  map.on("moveend", layOut);
  layOut();
  return [
    drawLine(map, places, renderer, () => ({ color: colours.casing, weight: 10 })),
    drawLine(map, places, renderer, () => ({ color: colours.route, weight: 7 })),
  ];
}

/** Draw tracks, what is off the route above what is on it, so that no track hides it; a track can be drawn anew. */
function drawTracks(map, tracks) {
  const renderer = L.canvas({ pane: "track", padding: 0.3 });
  const styles = {
    [ON_ROUTE]: () => ({ color: colours.offsets[0], weight: 2.5 }),
    [UNSURE]: () => ({ color: colours["no-data"], weight: 2.5 }),
    [OFF_ROUTE]: () => ({ color: colours.offsets[3], weight: 4 }),
  };
  const drawn = new Map();
  const lines = () => [...drawn.values()].flat();
  const draw = (track) => {
    drawn.get(track)?.forEach(({ layer }) => layer.remove());
    drawn.set(
      track,
      track.lines.map(({ kind, places }) => ({ kind, ...drawLine(map, places, renderer, styles[kind]) })),
    );
  };
  const sort = () => [UNSURE, OFF_ROUTE].forEach((kind) =>
    lines().filter((line) => line.kind === kind).forEach(({ layer }) => layer.bringToFront()),
  );
  tracks.forEach(draw);
  sort();
  return { lines, redraw: (track) => [draw(track), sort()] };
}

/**
 * Put the whole line of every track in view into the place of its outline, one after the other, and those that
 * come into view later too. A line that cannot be had stays an outline until the map is moved.
 */
async function drawWhole(map, tracks, drawing) {
  const whole = new Set();
  let isLoading = false;
  const load = async () => {
    if (isLoading) return;
    isLoading = true;
    const inView = (track) => !whole.has(track) && map.getBounds().intersects(track.places);
    for (let next = tracks.find(inView); next; next = tracks.find(inView)) {
      const response = await fetch(element.dataset.lineUrl.replace("/0/", `/${next.id}/`)).catch(() => null);
      if (!response?.ok) break;
      const { lat, lon, kinds } = await response.json();
      next.lines = linesOf(placesOf([lat, lon]), kinds);
      drawing.redraw(next);
      whole.add(next);
    }
    element.dataset.wholeLines = whole.size;
    isLoading = false;
  };
  map.on("moveend", load);
  await load();
}

function plantFlags(map, checkpoints, lines) {
  const flags = checkpoints.map((place) => makeFlag(map, { ...place, passed: "", late: "", planned: "", is_passed: true }));
  const layOut = () => layOutFlags(map, flags, [], lines);
  map.on("zoomend resize", layOut);
  layOut();
}

start().catch((error) => {
  section.hidden = false;
  document.getElementById("replay").hidden = true;
  element.textContent = element.dataset.failed;
  element.classList.add("has-failed");
  console.error(error);
});
