// Sample: new variations of the photo, in a grid that fills as they come.

import { h, toast } from "./dom.js";
import { startTask } from "./api.js";
import { card, state } from "./live.js";
import { choice, number, randomSeed, refineField, seedField, slider, startScale } from "./fields.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";

// How far "More like this" goes from a sample, and how many it asks for.
const NEAR = 0.3, MORE = 4;

export async function showSample(place, name) {
  const run = card(name), known = state.tools.sample || [];
  const scale = startScale(run.scales ?? run.pictures.length, 0);
  const count = number("How many", 8, { min: 1, max: 64 });
  const height = number("Height", null, { min: 11, placeholder: String(run.size?.[0] ?? "") });
  const width = number("Width", null, { min: 11, placeholder: String(run.size?.[1] ?? "") });
  const factors = [["Height factor", height, 0], ["Width factor", width, 1]].map(([label, side, axis]) => {
    const factor = number(label, null, { min: 0.1, max: 20, step: "any", placeholder: "1" });
    factor.control.addEventListener("input", () => { side.control.value = factor.read() ? Math.round(run.size[axis] * factor.read()) : ""; });
    return factor.element;
  });
  const size = h("details", { class: "wide" }, h("summary", {}, "Size in factors"), h("div", { class: "settings" }, factors),
    h("p", { class: "hint" }, "From start scale 1 on the photo's own layout is stretched to the size."));
  const seed = seedField();
  const refine = refineField();
  const variation = slider("Variation", { min: 0, max: 1, step: 0.05, value: 1, text: variationWord });
  variation.element.classList.add("wide");
  const tile = choice("Tile", [["", "no"], ["both", "both"], ["x", "x"], ["y", "y"]], "", "Images that repeat without a seam.");
  const offered = [scale, height, width, size, count, seed];
  if (known.includes("variation")) offered.splice(1, 0, variation);
  if (known.includes("refine")) offered.push(refine);
  if (known.includes("tile")) offered.push(tile);

  const make = () => {
    const args = { n: count.read(), start_scale: scale.read(), seed: seed.read() };
    if (height.read() !== null || width.read() !== null) args.size = [height.read() ?? run.size[0], width.read() ?? run.size[1]];
    if (refine.read() !== null) args.refine = refine.read();
    if (tile.read()) args.tile = tile.read();
    if (variation.read() < 1) args.variation = variation.read();
    return { task: "sample", args };
  };
  const results = h("div", {});
  const form = taskForm(name, "Sample", offered, make, (job) => panel.take(job));
  place.append(h("div", { class: "split" }, form, results));

  // A sample's noise is varied. Of other results it is not known: they enter again at
  // the middle scale, where their layout stays.
  const moreLike = async (job, file) => {
    const { tile: repeats, variation: varied, seed: drawn, ...same } = job.arguments;
    const index = file.match(/_(\d{3})\./);
    if (known.includes("around") && index && job.task === "sample" && !repeats && varied === undefined && Number.isInteger(drawn)) {
      const args = { ...same, n: MORE, seed: randomSeed(), variation: NEAR, around: [drawn, Number(index[1])] };
      panel.take(await startTask(name, "sample", args));
    } else {
      const scales = run.scales ?? run.pictures.length;
      const start = Math.min(scales - 1, Math.max(1, Math.round((scales - 1) / 2)));
      const args = { n: MORE, start_scale: start, seed: drawn };
      panel.take(await startTask(name, "paint_to_image", args, { image: { result: job.id, file } }));
    }
    toast("Four more like this are in the queue.");
  };
  const actions = state.tools.paint_to_image ? [["More like this", moreLike]] : [];
  const panel = await resultsPanel(results, name, ["sample", "paint_to_image"],
    { actions, filter: (job) => job.task === "sample" || job.arguments.n === MORE });
  return panel.leave;
}

function variationWord(value) {
  const near = value === 0 ? "the photo" : value < 0.5 ? "near the photo" : value < 1 ? "free" : "new";
  return `${value}: ${near}`;
}
