// The losses as a plot: a panel for each scale, since their sizes differ.

import { h } from "./dom.js";

const NAMES = [["discriminator_loss", "discriminator"], ["adversarial_loss", "adversarial"], ["reconstruction_loss", "reconstruction"]];
const WIDTH = 240, HEIGHT = 110;

export function lossPlot(scales) {
  if (!scales.length) return h("p", { class: "empty" }, "The losses come with the first checkpoint.");
  const legend = NAMES.map(([, text], i) => h("span", { class: `key line-${i}` }, text));
  return h("div", {}, h("div", { class: "legend" }, legend), h("div", { class: "panels" }, scales.map(panel)));
}

function panel(scale, index) {
  const values = NAMES.map(([name]) => scale[name] || []);
  // The reconstruction is much smaller than the others: it has a range of its own.
  const ranges = [range([values[0], values[1]]), null, range([values[2]])];
  ranges[1] = ranges[0];
  const text = `${ranges[0].low.toFixed(2)} to ${ranges[0].high.toFixed(2)}, reconstruction ${ranges[2].low.toFixed(3)} to ${ranges[2].high.toFixed(3)}`;
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Losses of scale ${index}: ${text}` });
  values.forEach((line, i) => {
    const { low, high } = ranges[i];
    const points = line.map((value, x) => {
      const y = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
      return `${((x / Math.max(1, line.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 4 - y * (HEIGHT - 8)).toFixed(1)}`;
    });
    svg.append(draw("polyline", { points: points.join(" "), class: `line-${i}` }));
  });
  return h("figure", { class: "panel" }, svg, h("figcaption", {}, h("strong", {}, `Scale ${index}`), h("span", {}, text)));
}

// The first iterations of a scale would flatten all others.
function range(lines) {
  const seen = lines.flatMap((line) => line.slice(Math.floor(line.length / 10))).sort((a, b) => a - b);
  return { low: seen[Math.floor(seen.length * 0.01)] ?? 0, high: seen[Math.ceil(seen.length * 0.99) - 1] ?? 1 };
}

function draw(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
