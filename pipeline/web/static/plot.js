// One chart: uPlot with our bands, marks and colours; arrow keys move through it and say what they find.
import { dayTicks, evenRange, evenTicks, percentTicks } from "./axes.js";
import { drawShapes } from "./marks.js";

const HEIGHT = 290;
const LETTER = 6.6; // pixels

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return (name, strength = 1) => {
    const value = style.getPropertyValue(`--${name}`).trim();
    return strength === 1 ? value : `color-mix(in srgb, ${value} ${100 * strength}%, transparent)`;
  };
};

// The day once, then hours of 24: {…} are uPlot's own words for parts of an instant.
const DAY = "{D} {MMM}";
const CLOCK = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, DAY, "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", `\n${DAY}`, null, `\n${DAY}`, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", `\n${DAY}`, null, `\n${DAY}`, null, null, null, 1],
];

const seriesOf = (drawing, colour) =>
  drawing.series.map((item) => ({
    label: item.label,
    stroke: item.edge ? "transparent" : colour(item.colour),
    width: item.width,
    dash: item.dash,
    points: { show: Boolean(item.points) && !item.shape, size: 5 },
    value: (_, value) => drawing.value(value),
  }));

const near = (high) => (level) => level.at <= 1.6 * high || level.at === 0; // a level far above the data is not drawn

const rangeOf = (drawing) => (_, low, high) => {
  if (drawing.wholeShare || low === null) return [0, 1];
  const levels = (drawing.levels ?? []).filter(near(high)).map((level) => level.at);
  const top = Math.max(high, ...levels);
  const bottom = drawing.fromZero ? Math.min(0, low) : Math.min(low, ...levels);
  if (drawing.evenSteps) return evenRange(bottom, top);
  const room = 0.06 * (top - bottom || 1);
  return [drawing.fromZero && bottom === 0 ? 0 : bottom - room, top + room];
};

const underneath = (drawing, colour) => (chart) => {
  const { ctx, bbox } = chart;
  const x = (at) => Math.round(chart.valToPos(at, "x", true));
  ctx.save();
  for (const span of drawing.spans ?? []) {
    ctx.fillStyle = colour(span.colour, 0.22);
    ctx.fillRect(x(span.from) - 2, bbox.top, Math.max(4, x(span.to) - x(span.from) + 4), bbox.height);
  }
  ctx.restore();
};

// Words stand in the margins, off the data.
const onTop = (drawing, colour) => (chart) => {
  const { ctx, bbox } = chart;
  drawShapes(chart, drawing.series, colour);
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.setLineDash([4 * scale, 4 * scale]);
  ctx.lineWidth = scale;
  const stroke = (from, to, mark, textAt, align) => {
    ctx.strokeStyle = ctx.fillStyle = colour(mark.colour);
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
    ctx.textAlign = align;
    ctx.fillText(mark.label, ...textAt);
  };
  for (const mark of drawing.marks ?? []) {
    const at = chart.valToPos(mark.at, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    stroke([at, bbox.top], [at, bbox.top + bbox.height], mark, [at, bbox.top - 5 * scale], at > bbox.left + bbox.width - 60 * scale ? "right" : at < bbox.left + 30 * scale ? "left" : "center");
  }
  for (const level of drawing.levels ?? []) {
    const at = chart.valToPos(level.at, "y", true);
    if (at < bbox.top || at > bbox.top + bbox.height) continue;
    const right = bbox.left + bbox.width;
    stroke([bbox.left, at], [right, at], level, [right + 6 * scale, at + 4 * scale], "left");
  }
  ctx.restore();
};

const axisOf = (colour, more) => ({
  stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif", ...more,
});

// The days of a chart by day, else the day once and then hours.
const timeAxis = (drawing) =>
  drawing.byDay
    ? { size: 32, splits: (chart, _, low, high) => dayTicks(low, high, chart.width), values: (_, ticks) => ticks.map(drawing.tick) }
    : { values: CLOCK };

const valueAxis = (drawing) => ({
  size: (_, values) => 22 + LETTER * Math.max(0, ...(values ?? []).map((text) => text.length)),
  values: (_, ticks) => (drawing.evenSteps ? percentTicks(ticks) : ticks.map(drawing.tickValue ?? drawing.value)),
  ...(drawing.evenSteps && { splits: (_chart, _axis, low, high) => evenTicks(low, high) }),
});

const room = (drawing, high) => {
  const words = (drawing.levels ?? []).filter(near(high)).map((level) => level.label.length);
  return [drawing.marks?.length ? 20 : 10, Math.max(drawing.byDay ? 28 : 10, 14 + LETTER * Math.max(0, ...words)), 0, 0];
};

export const draw = (place, drawing, readOut) => {
  const colour = colours();
  const columns = [drawing.columns.ts, ...drawing.series.map((item) => drawing.columns[item.column])];
  const index = (name) => drawing.series.findIndex((item) => item.column === name) + 1;
  place.replaceChildren();
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(1000 * seconds), drawing.zone),
      scales: { y: { range: rangeOf(drawing) } },
      series: [{ value: (_, at) => (at === null ? "–" : drawing.time(at)) }, ...seriesOf(drawing, colour)],
      bands: (drawing.bands ?? []).map((band) => ({ series: [index(band.upper), index(band.lower)], fill: colour("forecast", band.strength) })),
      padding: room(drawing, Math.max(...columns.slice(1).flat())),
      axes: [axisOf(colour, timeAxis(drawing)), axisOf(colour, valueAxis(drawing))],
      legend: { show: false },
      cursor: { y: false },
      hooks: { drawClear: [underneath(drawing, colour)], draw: [onTop(drawing, colour)], setCursor: [(self) => readOut(self.cursor.idx)] },
    },
    columns,
    place,
  );
  place.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = Math.min(Math.max((chart.cursor.idx ?? -1) + step, 0), columns[0].length - 1);
    chart.setCursor({ left: chart.valToPos(columns[0][at], "x"), top: 0 });
    readOut(at);
  };
  return chart;
};
