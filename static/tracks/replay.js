// The replay: the stage's day in a minute, every group a numbered marker with a short tail.

import { colours } from "./colours.js";

const REPLAY_S = 60;
const TAIL_S = 900;
const STEPS = 60; // with reduced motion the day goes by in so many steps, one a second
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** Let buttons and slider of the page replay `tracks`, which have group, places and times. */
export function makeReplay(map, tracks, { language, zone, words }) {
  const panel = document.getElementById("replay");
  panel.hidden = tracks.length === 0;
  if (panel.hidden) return;
  const [play, speed, slider, clock] = ["play", "speed", "moment", "clock"].map((id) => document.getElementById(id));
  const first = Math.min(...tracks.map(({ times }) => times[0]));
  const last = Math.max(...tracks.map(({ times }) => times.at(-1)));
  const clocks = new Intl.DateTimeFormat(language === "nb" ? "nb" : language, {
    timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const renderer = L.canvas({ pane: "track", padding: 0.3 });
  const walkers = tracks.map((track) => makeWalker(map, track, words, renderer));
  let now = first;
  let before = null;

  const show = (seconds) => {
    now = Math.min(last, Math.max(first, seconds));
    walkers.forEach((walker) => walker.showAt(now));
    slider.value = Math.ceil((now - first) / 60);
    clock.textContent = clocks.format(now * 1000);
    slider.setAttribute("aria-valuetext", clock.textContent);
  };
  const isPlaying = () => before !== null;
  const stop = () => {
    before = null;
    play.textContent = words.play;
  };
  const passed = (seconds) => {
    show(now + (seconds * Number(speed.value) * (last - first)) / REPLAY_S);
    if (now >= last) stop();
  };
  const glide = (at) => {
    if (!isPlaying()) return;
    passed((at - before) / 1000);
    if (isPlaying()) [before] = [at, requestAnimationFrame(glide)];
  };
  const step = () => {
    if (!isPlaying()) return;
    passed(REPLAY_S / STEPS);
    if (isPlaying()) setTimeout(step, 1000);
  };
  const begin = () => {
    if (now >= last) show(first);
    play.textContent = words.pause;
    before = performance.now();
    if (CALM.matches) step();
    else requestAnimationFrame(glide);
  };

  slider.max = Math.ceil((last - first) / 60); // the slider counts minutes
  slider.addEventListener("input", () => show(first + Number(slider.value) * 60));
  play.addEventListener("click", () => (isPlaying() ? stop() : begin()));
  document.addEventListener("visibilitychange", () => document.hidden && stop());
  show(first);
}

/** Make the marker and the tail of a group; before it starts and after it ends the marker is pale. */
function makeWalker(map, { group, places, times }, words, renderer) {
  const icon = L.divIcon({ className: "group-sign", iconSize: [28, 28], html: String(group) });
  const alt = words.group.replace("{0}", group);
  const marker = L.marker(places[0], { icon, alt, title: alt, interactive: false, keyboard: false, zIndexOffset: 500 }).addTo(map);
  const tail = L.polyline([], { renderer, interactive: false, weight: 6, opacity: 0.7 }).addTo(map);
  return {
    showAt(now) {
      const at = placeAt(places, times, now);
      marker.setLatLng(at);
      marker.getElement().classList.toggle("is-away", now < times[0] || now > times.at(-1));
      const from = firstAfter(times, now - TAIL_S);
      tail.setLatLngs([placeAt(places, times, now - TAIL_S), ...places.slice(from, firstAfter(times, now)), at]);
      tail.setStyle({ color: colours.ink });
    },
  };
}

function placeAt(places, times, now) {
  const after = firstAfter(times, now);
  if (after === 0) return places[0];
  if (after === times.length) return places.at(-1);
  const share = (now - times[after - 1]) / (times[after] - times[after - 1]);
  const [[lat, lon], [nextLat, nextLon]] = [places[after - 1], places[after]];
  return [lat + share * (nextLat - lat), lon + share * (nextLon - lon)];
}

/** Return the index of the first time that is later than now. */
function firstAfter(times, now) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] > now) high = middle;
    else low = middle + 1;
  }
  return low;
}
