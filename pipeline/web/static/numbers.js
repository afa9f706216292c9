// The same three digits and SI prefixes as the tables that the server writes.
const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

const threeDigits = (value) => {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 || value === 0 ? 0 : size >= 9.995 ? 1 : 2);
};

const { unit = "", unitFactor = "1" } = document.documentElement.dataset;

const withPrefix = (value, written) => {
  if (value === null || value === undefined) return "–";
  const base = value * Number(unitFactor);
  const [size, prefix] = PREFIXES.find(([size]) => Math.abs(base) >= size * 0.9995) ?? [1, ""];
  return `${written(base / size)} ${`${prefix}${unit}`.trim()}`.trim();
};

export const quantity = (value) => withPrefix(value, threeDigits);
export const quantityTick = (value) => withPrefix(value, (number) => String(Number(number.toPrecision(6))));

export const percent = (value) =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(Math.abs(value) >= 0.0995 ? 0 : 1).replace("-", "−")} %`;

export const instant = (seconds, zone) =>
  new Date(1000 * seconds).toLocaleString("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  });

export const day = (seconds) =>
  new Date(1000 * seconds).toLocaleDateString("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });

export const shortDay = (seconds) =>
  new Date(1000 * seconds).toLocaleDateString("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
