// What each kind of chart draws, from the columns that the server sent: series, bands, marks.
import { day, instant, percent, quantity, quantityTick, shortDay } from "./numbers.js";

const line = (label, column, colour, more = {}) => ({ label, column, colour, width: 1.5, ...more });
const edge = (label, column) => line(label, column, "forecast", { width: 0, edge: true });

const bandsOf = (...pairs) => pairs.map(([upper, lower, strength]) => ({ upper, lower, strength }));

const EVENTS = { expected: "forecast", ignore: "muted", break: "bad" };
const spansOf = (found, colour) => found.starts_at.map((from, i) => ({ from, to: found.ends_at[i], colour: colour(i) }));

export const site = (answer) => ({
  time: (seconds) => instant(seconds, answer.zone),
  value: quantity,
  tickValue: quantityTick,
  fromZero: true,
  series: [
    edge("95 %", "q95"), edge("90 %", "q90"), edge("75 %", "q75"),
    line("median", "q50", "forecast"),
    edge("25 %", "q25"), edge("10 %", "q10"), edge("5 %", "q05"),
    line("reading", "actual", "ink"),
    ...(answer.columns.what_if.some((value) => value !== null) ? [line("what if", "what_if", "challenger", { dash: [6, 4] })] : []),
  ],
  bands: bandsOf(["q95", "q05", 0.14], ["q90", "q10", 0.18], ["q75", "q25", 0.26]),
  key: [["50 % band", "band-3"], ["80 % band", "band-2"], ["90 % band", "band-1"]],
  levels: answer.capacity === null ? [] : [{ at: answer.capacity, label: "capacity", colour: "bad" }],
  marks: answer.cutoff === null ? [] : [{ at: answer.cutoff, label: "cutoff", colour: "muted" }],
  spans: [...spansOf(answer.anomalies, () => "warn"), ...spansOf(answer.events, (i) => EVENTS[answer.events.kind[i]])],
});

// From where to where a condition holds.
const stretches = (ts, values, holds) =>
  values.reduce((found, value, i) => {
    if (!holds(value)) return found;
    if (i > 0 && holds(values[i - 1])) found.at(-1).to = ts[i];
    else found.push({ from: ts[i], to: ts[i] });
    return found;
  }, []);

export const total = (answer) => ({
  time: (seconds) => instant(seconds, answer.zone),
  value: quantity,
  tickValue: quantityTick,
  fromZero: true,
  series: [
    edge("95 %", "q95"),
    line("median", "median", "forecast", { width: 2 }),
    edge("5 %", "q05"),
  ],
  extra: [{ label: "sites", column: "sites", value: (count) => `${count} of ${answer.chosen}` }],
  spans: stretches(answer.columns.ts, answer.columns.sites, (count) => count < answer.chosen).map((span) => ({ ...span, colour: "warn" })),
  bands: bandsOf(["q95", "q05", 0.26]),
  peak: answer.peak,
  key: [...(answer.columns.q95.some((value) => value !== null) ? [["90 % interval of the total", "band-3"]] : []),
    ...(answer.columns.sites.some((count) => count < answer.chosen) ? [["not all sites have a forecast", "partial"]] : [])],
});

const COLOURS = { champion: "forecast", challenger: "challenger", beside: "muted", frozen: "forecast" };
const LINES = { champion: { shape: "circle" }, challenger: { shape: "square" }, beside: { dash: [6, 4] }, frozen: { dash: [2, 3] } };

const byRole = (answer, figures) => {
  const roles = [...new Set(answer.columns.role)].sort();
  const days = [...new Set(answer.columns.target_day)].sort((a, b) => a - b);
  const place = new Map(days.map((value, i) => [value, i]));
  const columns = { ts: days };
  const series = [];
  for (const role of roles) {
    for (const [figure, label, more] of figures) {
      const name = `${role} ${figure}`;
      columns[name] = days.map(() => null);
      answer.columns.role.forEach((found, i) => {
        if (found === role) columns[name][place.get(answer.columns.target_day[i])] = answer.columns[figure][i];
      });
      if (columns[name].every((value) => value === null)) continue; // what stands beside has an error alone
      const beside = answer.beside[role];
      const kind = beside && !COLOURS[role] ? "beside" : role;
      series.push(line(beside ?? `${role}${label}`, name, COLOURS[kind] ?? "ink", { points: days.length < 60, ...LINES[kind], ...more }));
    }
  }
  return { columns, series };
};

const byDay = (answer, figures, more) => ({
  ...byRole(answer, figures),
  time: day,
  tick: shortDay,
  byDay: true,
  evenSteps: true,
  zone: "UTC", // a target day is a date: it has no zone
  value: percent,
  marks: answer.decisions.decided_at
    .map((at, i) => ({ at, label: `version ${answer.decisions.version[i]}`, colour: "ink", kept: answer.decisions.decision[i] === "rejected" }))
    .filter((mark) => !mark.kept),
  ...more,
});

export const wape = (answer) => byDay(answer, [["wape", "", {}]], { fromZero: true });
export const bias = (answer) => byDay(answer, [["bias", "", {}]], { levels: [{ at: 0, label: "", colour: "muted" }] });
const BANDS = [
  ["coverage90", ", 90 % band", { dash: [8, 4], shape: "triangle" }],
  ["coverage80", ", 80 % band", { shape: "circle" }],
  ["coverage50", ", 50 % band", { dash: [2, 3], shape: "square" }],
];
export const coverage = (answer) =>
  byDay(answer, BANDS, {
    wholeShare: true,
    levels: [0.5, 0.8, 0.9].map((at) => ({ at, label: `${100 * at} %`, colour: "muted" })),
  });
