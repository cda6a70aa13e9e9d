// The comparison page: one place on the route, shown at once on the map, in the charts and in words.

import { drawCharts } from "./charts.js";
import { followColours } from "./colours.js";
import { drawMap, painted } from "./map.js";
import { makeWriters, unpack } from "./numbers.js";

const mapElement = document.getElementById("map");
const slider = document.getElementById("place");
const reading = document.getElementById("reading");

async function start() {
  const response = await fetch(mapElement.dataset.url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`map data: ${response.status}`);
  const data = unpack(await response.json());
  const { nodes } = data;
  const writers = makeWriters(data);

  const views = [];
  const showPlace = (index) => {
    views.forEach((view) => view.showPlace(index));
    slider.value = index;
    reading.textContent = readingAt(nodes, index, data.words, writers);
    slider.setAttribute("aria-valuetext", reading.textContent);
  };

  const redraw = () => views.forEach((view) => view.redraw());
  followColours(redraw);
  const map = await drawMap(mapElement, data, showPlace);
  views.push(map);
  await painted(); // the map is there first
  views.push(drawCharts(data, writers, showPlace));

  slider.max = nodes.km.length - 1;
  slider.addEventListener("input", () => showPlace(Number(slider.value)));
  document.querySelectorAll("[data-show]").forEach((button) => {
    button.addEventListener("click", () => map.showEpisode(Number(button.dataset.index)));
  });
}

function readingAt(nodes, index, words, write) {
  const parts = [write.km(nodes.km[index])];
  if (nodes.time[index] === null) return [...parts, words.not_walked].join(" · ");
  parts.push(write.clock(nodes.time[index]));
  const offset = Math.round(nodes.offset[index]);
  if (offset === 0) parts.push(words.on);
  else parts.push((offset > 0 ? words.left : words.right).replace("{0}", write.metres(Math.abs(offset))));
  const height = nodes.ele[index] ?? nodes.plannedEle[index];
  if (height !== null) parts.push(words.high.replace("{0}", write.metres(height)));
  return parts.join(" · ");
}

start().catch((error) => {
  document.querySelectorAll(".with-script:not(.pinned)").forEach((element) => (element.hidden = true));
  document.querySelector(".cursor").hidden = true;
  mapElement.textContent = mapElement.dataset.failed;
  mapElement.classList.add("has-failed");
  console.error(error);
});
