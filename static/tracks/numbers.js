// Numbers as they travel and as they are read: columns of differences, kilometres, clocks.

/** Undo `deltas` of drawing.py: a column of differences in whole steps becomes the column itself. */
export function running(differences, steps) {
  let sum = 0;
  return differences.map((difference) => (sum += difference) / steps);
}

/** Return the [lat, lon] places of a line that came as [latitudes, longitudes]. */
export function placesOf([latitudes, longitudes]) {
  const lat = running(latitudes, 1e6);
  const lon = running(longitudes, 1e6);
  return lat.map((value, index) => [value, lon[index]]);
}

/**
 * Return what map.json holds with its lines as places and its columns as numbers:
 * `route` has places and metres along it, `pieces` have kind and places, `nodes` are columns (see below).
 */
export function unpack(packed) {
  return {
    ...packed,
    route: { places: placesOf(packed.route.line), metres: running(packed.route.m, 10) },
    pieces: packed.pieces.map(([kind, ...line]) => ({ kind, places: placesOf(line) })),
    nodes: unpackNodes(packed.nodes),
  };
}

/** Return columns along the route, null where nothing is known. */
function unpackNodes(packed) {
  const km = running(packed.m, 1e4);
  const places = km.map(() => null);
  const seen = running(packed.seen, 1);
  placesOf([packed.lat, packed.lon]).forEach((place, index) => (places[seen[index]] = place));
  const scaled = (column, steps) => column.map((value) => (value === null ? null : value / steps));
  return {
    km,
    places,
    time: packed.after_s.map((seconds) => (seconds === null ? null : packed.from_s[0] + seconds)),
    offset: scaled(packed.offset, 10),
    ele: packed.ele,
    plannedEle: packed.planned_ele,
    minutes: scaled(packed.pace, 60),
  };
}

/** Return functions that write numbers with their units in the reader's language, clocks in the march's zone. */
export function makeWriters({ language, zone, words }) {
  const decimals = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  return {
    number: (value) => new Intl.NumberFormat(language).format(value),
    km: (value) => `${decimals.format(value)}\u202f${words.km}`,
    metres: (value) => `${whole.format(value)}\u202f${words.m}`,
    clock: (seconds) => clock.format(seconds * 1000),
  };
}
