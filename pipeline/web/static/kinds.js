// What each kind of chart draws, from the columns that the server sent: series, bands, marks.
import { day, instant, percent, quantity } from "./numbers.js";

const line = (label, column, colour, more = {}) => ({ label, column, colour, width: 1.5, ...more });
const edge = (label, column) => line(label, column, "forecast", { width: 0, edge: true });

const bandsOf = (...pairs) => pairs.map(([upper, lower, strength]) => ({ upper, lower, strength }));

export const site = (answer) => ({
  time: (seconds) => instant(seconds, answer.zone),
  value: quantity,
  fromZero: true,
  series: [
    edge("95 %", "q95"), edge("90 %", "q90"), edge("75 %", "q75"),
    line("median", "q50", "forecast"),
    edge("25 %", "q25"), edge("10 %", "q10"), edge("5 %", "q05"),
    line("reading", "actual", "ink"),
  ],
  bands: bandsOf(["q95", "q05", 0.14], ["q90", "q10", 0.18], ["q75", "q25", 0.26]),
  key: [["50 % band", 3], ["80 % band", 2], ["90 % band", 1]],
  levels: answer.capacity === null ? [] : [{ at: answer.capacity, label: "capacity", colour: "bad" }],
  marks: [{ at: answer.cutoff, label: "cutoff", colour: "muted" }],
  spans: answer.anomalies.starts_at.map((from, i) => ({ from, to: answer.anomalies.ends_at[i], colour: "warn" })),
});

export const total = (answer) => ({
  time: (seconds) => instant(seconds, answer.zone),
  value: quantity,
  fromZero: true,
  series: [
    edge("95 %, together", "together95"), edge("95 %, independent", "apart95"),
    line("median", "median", "forecast", { width: 2 }),
    edge("5 %, independent", "apart05"), edge("5 %, together", "together05"),
  ],
  extra: [{ label: "sites", column: "sites", value: String }],
  bands: bandsOf(["together95", "together05", 0.16], ["apart95", "apart05", 0.34]),
  key: [["90 % interval if each site errs by itself", 3], ["if all err together", 1]],
});

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
      series.push(line(`${role}${label}`, name, role === "champion" ? "forecast" : "challenger", { points: days.length < 60, ...more }));
    }
  }
  return { columns, series };
};

const byDay = (answer, figures, more) => ({
  ...byRole(answer, figures),
  time: day,
  zone: "UTC", // a target day is a date: it has no zone
  value: percent,
  marks: answer.decisions.decided_at
    .map((at, i) => ({ at, label: `version ${answer.decisions.version[i]}`, colour: "ink", kept: answer.decisions.decision[i] === "rejected" }))
    .filter((mark) => !mark.kept),
  ...more,
});

export const wape = (answer) => byDay(answer, [["wape", "", {}]], { fromZero: true });
export const bias = (answer) => byDay(answer, [["bias", "", {}]], { levels: [{ at: 0, label: "", colour: "muted" }] });
export const coverage = (answer) =>
  byDay(answer, [["coverage50", ", 50 % band", { dash: [2, 3] }], ["coverage80", ", 80 % band", {}], ["coverage90", ", 90 % band", { dash: [8, 4] }]], {
    unit: true,
    levels: [0.5, 0.8, 0.9].map((at) => ({ at, label: "", colour: "muted" })),
  });
