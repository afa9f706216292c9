// Lines told apart by more than their colour: dashes, and a shape at every point.
const SHAPES = {
  circle: (x, y, r) => `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
  square: (x, y, r) => `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  triangle: (x, y, r) => `M${x},${y - 1.2 * r}l${1.2 * r},${2.1 * r}h${-2.4 * r}z`,
};
const SVG = "http://www.w3.org/2000/svg";

// On the canvas: the shape of each series at each of its points.
export const drawShapes = (chart, series, colour) => {
  const { ctx } = chart;
  const scale = devicePixelRatio;
  series.forEach((item, i) => {
    if (!item.shape || !item.points) return;
    ctx.fillStyle = colour("surface");
    ctx.strokeStyle = colour(item.colour);
    ctx.lineWidth = 1.5 * scale;
    chart.data[i + 1].forEach((value, at) => {
      if (value === null) return;
      const path = new Path2D(SHAPES[item.shape](chart.valToPos(chart.data[0][at], "x", true), chart.valToPos(value, "y", true), 3 * scale));
      ctx.fill(path);
      ctx.stroke(path);
    });
  });
};

// In the key: a piece of the line with its shape on it.
export const sample = (item) => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `sample ${item.colour}`);
  svg.setAttribute("viewBox", "0 0 30 12");
  const part = (name, values) => {
    const made = svg.appendChild(document.createElementNS(SVG, name));
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  };
  part("path", { class: "stroke", d: "M0,6h30", "stroke-dasharray": (item.dash ?? []).join(" ") });
  if (item.shape) part("path", { class: "shape", d: SHAPES[item.shape](15, 6, 3.2) });
  return svg;
};
