// Checkpoint flags: name and time on the cloth where there is room, less where flags stand close.

const CLOTH_PX = 26;
const POLE_PX = 42;
const FOOT_PX = 24; // wide enough for a finger
const FORMS = [
  ["full right", "full left"],
  ["short right", "short left"],
];

/** Plant a flag with a popup that says all about the checkpoint. */
export function makeFlag(map, checkpoint) {
  const element = document.createElement("div");
  element.className = "flag-pole-foot";
  const cloth = element.appendChild(document.createElement("span"));
  cloth.className = "flag-cloth-box";
  cloth.append(span("flag-name", checkpoint.name));
  if (checkpoint.passed) cloth.append(span("flag-time", checkpoint.passed)); // a plan alone has no time to show
  element.classList.toggle("is-missed", !checkpoint.is_passed);
  const icon = L.divIcon({ className: "flag-sign", iconSize: [FOOT_PX, POLE_PX], iconAnchor: [FOOT_PX / 2, POLE_PX], html: element });
  const marker = L.marker(checkpoint.at, { icon, riseOnHover: true }).addTo(map).bindPopup(popupOf(checkpoint), {
    offset: [0, -POLE_PX + 8],
  });
  marker.getElement().setAttribute("aria-label", `${checkpoint.name}: ${checkpoint.passed} ${checkpoint.late}`.trim());
  return { at: checkpoint.at, element, cloth, forms: checkpoint.passed ? FORMS : FORMS.slice(0, 1) };
}

/**
 * Give every flag the fullest form that meets no other flag and no sign, on the side where it hides less of the
 * lines; the first and the last flag before those between.
 */
export function layOutFlags(map, flags, signs, lines) {
  const onScreen = (at) => map.latLngToContainerPoint(at);
  const width = map.getSize().x;
  const points = lines.map(onScreen);
  const poles = flags.map(({ at }) => poleBox(onScreen(at)));
  const taken = signs.map(onScreen).map(signBox);
  for (const index of outsideIn(flags.length)) {
    const flag = flags[index];
    const foot = onScreen(flag.at);
    const others = [...taken, ...poles.filter((_, owner) => owner !== index)];
    const free = flag.forms.map((forms) => forms.map((form) => fitted(flag, foot, form)))
      .map((boxes) => boxes.filter((box) => box.left > 0 && box.right < width && !others.some((other) => meet(box, other))))
      .find((boxes) => boxes.length);
    const hides = (box) => points.filter((point) => meet(box, pointBox(point))).length;
    const best = free?.reduce((one, other) => (hides(other) < hides(one) ? other : one));
    flag.element.dataset.form = best?.form ?? "bare";
    if (best) taken.push(best);
  }
}

/** Return 0, n - 1, 1, 2, …: the numbers of n flags in the order in which they are given room. */
function outsideIn(count) {
  return [...new Set([0, count - 1, ...Array(count).keys()])].filter((index) => index >= 0);
}

function fitted(flag, foot, form) {
  flag.element.dataset.form = form;
  return { form, ...clothBox(foot, flag.cloth.offsetWidth, form) };
}

function popupOf({ name, passed, late, planned }) {
  const words = document.createElement("div");
  words.append(Object.assign(document.createElement("strong"), { textContent: name }));
  const lines = [[passed, late].filter(Boolean).join(", "), planned].filter(Boolean);
  lines.forEach((text) => words.append(Object.assign(document.createElement("p"), { textContent: text })));
  return words;
}

function span(className, textContent) {
  return Object.assign(document.createElement("span"), { className, textContent });
}

function poleBox({ x, y }) {
  return { left: x - 3, right: x + 3, top: y - POLE_PX, bottom: y };
}

function signBox({ x, y }) {
  return { left: x - 13, right: x + 13, top: y - 13, bottom: y + 13 };
}

function pointBox({ x, y }) {
  return { left: x, right: x, top: y, bottom: y };
}

function clothBox({ x, y }, width, form) {
  const left = form.endsWith("left") ? x - width : x;
  return { left, right: left + width, top: y - POLE_PX, bottom: y - POLE_PX + CLOTH_PX };
}

function meet(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
