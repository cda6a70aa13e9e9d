// Draw land, coast and borders under a Leaflet map, in the colours of map.css; tiles too where the page names them.

/**
 * Add the base map that geo/basemap.py clipped.
 *
 * The map's element may name a tile server: data-tile-url="https://…/{z}/{x}/{y}.png" data-tile-attribution="…".
 * Then the tiles cover the land, and only the borders are drawn over them.
 *
 * @param {L.Map} map
 * @param {{land: object, coast: object, borders: object, countries: {name: string, code: string, at: number[]}[]}} basemap
 * @param {{names?: Record<string, string>}} options names of countries in the reader's language, by code
 * @returns {L.LayerGroup}
 */
export function addBasemap(map, basemap, { names = {} } = {}) {
  const pane = map.getPane("basemap") ?? map.createPane("basemap");
  pane.style.zIndex = 250; // above tiles, below everything that was walked
  const style = (className) => ({ pane: "basemap", interactive: false, className, renderer: rendererOf(map) });
  const layers = L.layerGroup([
    L.geoJSON(basemap.land, style("base-land")),
    L.geoJSON(basemap.coast, style("base-coast")),
    L.geoJSON(basemap.borders, style("base-border")),
    ...(basemap.countries.length > 1 ? basemap.countries.map((country) => nameOf(country, names)) : []),
  ]);
  addTiles(map);
  map.attributionControl?.setPrefix(false).addAttribution("Natural Earth");
  map.on("moveend resize", () => hideCutNames(map));
  layers.addTo(map);
  hideCutNames(map);
  return layers;
}

// A country's name that runs over the edge of the map reads as another word.
function hideCutNames(map) {
  const frame = map.getContainer().getBoundingClientRect();
  for (const label of map.getPane("basemap").querySelectorAll(".base-country")) {
    const { left, right, top, bottom } = label.getBoundingClientRect();
    const isWhole = left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom;
    label.style.visibility = isWhole ? "" : "hidden";
  }
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
