// The colours of the page as canvases need them, read from its style sheets again when the reader's system turns dark.

const NAMES = [
  "ink", "snow", "frost", "edge", "slate", "fjord", "route", "casing", "no-data", "height-fill", "height-line",
  "offset-0", "offset-1", "offset-2", "offset-3", "off-tint", "gap-tint",
];

export const colours = {};

/** Read the colours, and again with every change between light and dark, then call back. */
export function followColours(onChange) {
  read();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    read();
    onChange();
  });
}

function read() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) colours[name] = style.getPropertyValue(`--${name}`).trim();
  colours.offsets = [0, 1, 2, 3].map((step) => colours[`offset-${step}`]).concat(colours["no-data"]);
}
