// The same three digits and SI prefixes as the tables that the server writes.
const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

const threeDigits = (value) => {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 || value === 0 ? 0 : size >= 9.995 ? 1 : 2);
};

export const quantity = (value) => {
  if (value === null || value === undefined) return "–";
  const [size, prefix] = PREFIXES.find(([size]) => Math.abs(value) >= size * 0.9995) ?? [1, ""];
  return `${threeDigits(value / size)}${prefix && ` ${prefix}`}`;
};

export const percent = (value) =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(Math.abs(value) >= 0.0995 ? 0 : 1).replace("-", "−")} %`;

export const instant = (seconds, zone) =>
  new Date(1000 * seconds).toLocaleString("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  });

export const day = (seconds) =>
  new Date(1000 * seconds).toLocaleDateString("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });
