// Ticks that people would choose: even steps from zero, one a day.
const DAY_SECONDS = 86400;
const STEPS = [1, 2, 5, 10];
const LABEL_PIXELS = 52;
const STRIDES = [1, 2, 7, 14, 28, 91];

// The step that divides a span into five or so.
const evenStep = (span) => {
  const rough = span / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * STEPS.find((step) => power * step >= rough * 0.999);
};

// The lowest and the highest value as a range whose ends and ticks are whole steps.
export const evenRange = (low, high) => {
  const step = evenStep(high - low);
  return [step * Math.floor(low / step + 1e-9), step * Math.ceil(high / step - 1e-9)];
};

export const evenTicks = (low, high) => {
  const step = evenStep(high - low);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => step * (first + i));
};

export const percentTicks = (ticks) => {
  const whole = ticks.every((tick) => Math.abs(100 * tick - Math.round(100 * tick)) < 1e-6);
  return ticks.map((tick) => `${(100 * tick + 0).toFixed(whole ? 0 : 1).replace("-", "−")} %`);
};

// Days as ticks, counted back from the last: each of them where there is room.
export const dayTicks = (first, last, width) => {
  const days = Math.round((last - first) / DAY_SECONDS) + 1;
  const stride = STRIDES.find((count) => (width * count) / days >= LABEL_PIXELS) ?? STRIDES.at(-1);
  return Array.from({ length: Math.ceil(days / stride) }, (_, i) => last - i * stride * DAY_SECONDS).reverse();
};
