// The charts under the map, all along the route's kilometres: offset, height, pace.

import { colours } from "./colours.js";

const HEIGHT_PX = 168;
const AXIS_PX = 56;
const LEAST_OFFSET_M = 30;
const FONT = "13px Inter, system-ui, sans-serif";

/**
 * Draw the charts that the page has room for, each when it comes near.
 *
 * @returns {{showPlace(index: number): void, redraw(): void}}
 */
export function drawCharts(data, write, onPlace) {
  const { nodes } = data;
  const makers = { "offset-chart": offsetChart, "ele-chart": eleChart, "pace-chart": paceChart };
  const charts = [];
  let place = null;
  const showPlace = (index) => {
    place = index;
    charts.forEach((chart) => moveCursor(chart, nodes, index));
  };
  for (const [id, make] of Object.entries(makers)) {
    const element = document.getElementById(id);
    const { series, columns, axis, range } = make(data);
    if (columns.every((column) => column.every((value) => value === null))) {
      element.hidden = true;
      continue;
    }
    whenNear(element, () => {
      const options = frame(element, data, write, axis, range);
      options.series = [{}, ...series];
      const chart = new uPlot(options, [nodes.km, ...columns], element);
      chart.over.addEventListener("mousemove", () => chart.cursor.idx !== null && onPlace(chart.cursor.idx));
      chart.over.addEventListener("mouseleave", () => place !== null && showPlace(place));
      new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT_PX })).observe(element);
      charts.push(chart);
      if (place !== null) moveCursor(chart, nodes, place);
    });
  }
  return { showPlace, redraw: () => charts.forEach((chart) => chart.redraw(false, true)) };
}

/** Draw an element once it is about to come into view, or onto paper: a phone has enough to do with the map. */
function whenNear(element, draw) {
  const once = () => {
    watch.disconnect();
    removeEventListener("beforeprint", once);
    draw();
  };
  const watch = new IntersectionObserver(([seen]) => seen.isIntersecting && once(), { rootMargin: "400px" });
  watch.observe(element);
  addEventListener("beforeprint", once);
}

function frame(element, data, write, axis, range) {
  const ink = () => colours.slate;
  const grid = { stroke: () => colours.frost, width: 1 };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 9 } },
    scales: { x: { time: false, range: [0, data.nodes.km.at(-1)] }, y: { range } },
    axes: [
      {
        stroke: ink,
        font: FONT,
        size: 32,
        grid: { show: false },
        ticks: { stroke: () => colours.edge, size: 5 },
        space: 64,
        values: (_, ticks) => ticks.map((tick, index) => (index ? write.number(tick) : `${write.number(tick)} ${data.words.km}`)),
      },
      {
        stroke: ink,
        font: FONT,
        size: AXIS_PX,
        label: axis,
        labelFont: FONT,
        labelSize: 20,
        grid,
        ticks: { show: false },
        space: 32,
        values: (_, ticks) => ticks.map((tick) => write.number(tick)),
      },
    ],
    hooks: { drawAxes: [(chart) => shade(chart, data)] },
  };
}

function offsetChart({ nodes, words, limits }) {
  const most = Math.max(LEAST_OFFSET_M, ...nodes.offset.map((value) => Math.abs(value ?? 0))) * 1.15;
  const zero = nodes.km.map(() => 0);
  return {
    axis: words.offset_axis,
    range: [-most, most],
    columns: [zero, nodes.offset],
    series: [
      { stroke: () => colours.route, width: 1.5, points: { show: false } },
      { stroke: (chart) => byDistance(chart, limits, most), width: 2.5, points: { show: false }, spanGaps: false },
    ],
  };
}

function eleChart({ nodes, words }) {
  return {
    axis: words.ele_axis,
    range: (_, low, high) => [Math.floor((low - 10) / 20) * 20, Math.ceil(Math.max(high + 10, low + 60) / 20) * 20],
    columns: [nodes.plannedEle, nodes.ele],
    series: [
      { fill: () => colours["height-fill"], stroke: () => colours["height-fill"], width: 1, points: { show: false } },
      { stroke: () => colours.ink, width: 2, points: { show: false } },
    ],
  };
}

function paceChart({ nodes, words }) {
  return {
    axis: words.pace_axis,
    range: (_, __, high) => [0, Math.ceil(high / 10) * 10],
    columns: [nodes.minutes],
    series: [
      {
        stroke: () => colours.fjord,
        fill: () => colours["height-fill"],
        width: 2,
        points: { show: false },
        paths: uPlot.paths.stepped({ align: 1 }),
      },
    ],
  };
}

/** Return a brush with the map's colours for distances from the route, in steps as there. */
function byDistance(chart, limits, most) {
  const top = chart.valToPos(most, "y", true);
  const bottom = chart.valToPos(-most, "y", true);
  if (!Number.isFinite(top) || !Number.isFinite(bottom)) return colours.offsets[0];
  const brush = chart.ctx.createLinearGradient(0, top, 0, bottom);
  const within = limits.filter((m) => m < most);
  const edges = [most, ...[...within].reverse(), ...within.map((m) => -m), -most]; // from the top down
  edges.slice(0, -1).forEach((from, index) => {
    const to = edges[index + 1];
    const nearest = from > 0 && to < 0 ? 0 : Math.min(Math.abs(from), Math.abs(to));
    const colour = colours.offsets[limits.filter((m) => m <= nearest).length];
    brush.addColorStop((most - from) / (2 * most), colour);
    brush.addColorStop((most - to) / (2 * most), colour);
  });
  return brush;
}

/** Shade where the group was off the route, with the number of the episode, and where there are no data. */
function shade(chart, data) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const band = (fromM, toM, colour, words) => {
    const left = chart.valToPos(Math.min(fromM, toM) / 1000, "x", true);
    const width = Math.max(chart.valToPos(Math.max(fromM, toM) / 1000, "x", true) - left, 4 * devicePixelRatio);
    ctx.fillStyle = colour;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    label(ctx, words, left, width, bbox.top);
  };
  data.stretches.filter(([kind]) => kind === "no_data").forEach(([, from, to]) => band(from, to, colours["gap-tint"], ["", data.words.no_data]));
  data.episodes.forEach(({ from_m: from, to_m: to, number, far }) => band(from, to, colours["off-tint"], [String(number), `: ${far}`]));
  ctx.restore();
}

/** Write a label into its band; beside it, and only its first word, where the band is too narrow. */
function label(ctx, words, left, width, top) {
  ctx.font = `600 ${12 * devicePixelRatio}px Inter, system-ui, sans-serif`;
  ctx.fillStyle = colours.ink;
  ctx.textBaseline = "top";
  const fits = ctx.measureText(words[0] + words[1]).width + 8 * devicePixelRatio < width;
  ctx.textAlign = fits ? "center" : "left";
  const x = fits ? left + width / 2 : left + width + 3 * devicePixelRatio;
  ctx.fillText(fits ? words.join("") : words[0], x, top + 4 * devicePixelRatio);
}

function moveCursor(chart, nodes, index) {
  chart.setCursor({ left: chart.valToPos(nodes.km[index], "x"), top: 0 }, false);
}
