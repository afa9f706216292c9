// Every figure of the page: fetch its columns, draw them, say them in words, and offer them as a table.
import * as kinds from "./kinds.js";
import { sample } from "./marks.js";
import { draw } from "./plot.js";

const valuesAt = (drawing, at) =>
  [...drawing.series, ...(drawing.extra ?? [])].map((item) => [item.label, (item.value ?? drawing.value)(drawing.columns[item.column][at])]);

const sentence = (drawing, at) =>
  [drawing.time(drawing.columns.ts[at]), ...valuesAt(drawing, at).filter(([, value]) => value !== "–").map((pair) => pair.join(" "))].join(" · ");

const cell = (kind, text, scope) => {
  const made = document.createElement(kind);
  made.textContent = text;
  if (scope) made.scope = scope;
  else made.className = "number";
  return made;
};

const fillTable = (place, drawing) => {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  const labels = [...drawing.series, ...(drawing.extra ?? [])].map((item) => item.label);
  head.append(...["Time", ...labels].map((label) => cell("th", label, "col")));
  const body = table.createTBody();
  drawing.columns.ts.forEach((ts, at) => {
    body.insertRow().append(cell("th", drawing.time(ts), "row"), ...valuesAt(drawing, at).map(([, value]) => cell("td", value)));
  });
  place.replaceChildren(table);
};

const fillKey = (list, drawing) => {
  const entry = (label, picture) => {
    const item = document.createElement("li");
    item.append(picture, label);
    return item;
  };
  const swatch = (className) => Object.assign(document.createElement("span"), { className: `swatch ${className}` });
  const lines = drawing.series.filter((item) => !item.edge).map((item) => entry(item.label, sample(item)));
  list.replaceChildren(...lines, ...(drawing.key ?? []).map(([label, className]) => entry(label, swatch(className))));
};

const showTotal = (drawing) => {
  const tile = document.querySelector("[data-from=total]");
  if (!tile) return;
  const { ts, median } = drawing.columns;
  const at = median.indexOf(Math.max(...median));
  const peak = drawing.peak ?? { at: ts[at], q50: median[at] };
  const small = document.createElement("small");
  small.textContent = drawing.peak
    ? `${drawing.value(peak.q05)} – ${drawing.value(peak.q95)} nine times in ten; likely at ${drawing.time(peak.at)}`
    : `largest sum of medians; ${drawing.time(peak.at)}`;
  tile.replaceChildren(drawing.value(peak.q50), small);
};

// A server that is busy says when to come again.
const PATIENCE = 3;
const ask = async (source, tries = PATIENCE) => {
  const answer = await fetch(source);
  const seconds = Number(answer.headers.get("Retry-After"));
  if (answer.status !== 503 || !seconds || tries === 0) return answer;
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  return ask(source, tries - 1);
};

const start = async (figure) => {
  const place = figure.querySelector(".plot");
  const readout = figure.querySelector(".readout");
  const answer = await ask(figure.dataset.source);
  if (!answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    throw new Error(page.querySelector("main p")?.textContent ?? `the server answered ${answer.status}`);
  }
  const received = await answer.json();
  const drawing = { columns: received.columns, zone: received.zone, ...kinds[figure.dataset.kind](received) };
  const words = (at) => (at === null || at === undefined ? "" : sentence(drawing, at));
  let chart;
  const redraw = () => {
    chart?.destroy();
    chart = draw(place, drawing, (at) => (readout.textContent = words(at)));
  };
  redraw();
  fillKey(figure.querySelector(".key"), drawing);
  addEventListener("themechange", redraw);
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: chart.height })).observe(place);
  const details = figure.querySelector("details");
  details.addEventListener("toggle", () => details.open && fillTable(details.querySelector(".scroll"), drawing), { once: true });
  if (figure.dataset.kind === "total") showTotal(drawing);
  figure.dataset.drawn = "";
};

for (const figure of document.querySelectorAll("figure.chart")) {
  start(figure).catch((error) => {
    figure.querySelector(".plot").replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: error.message }));
  });
}
