// Measure and export: how good samples are, and the model for a server.

import { copy, h } from "./dom.js";
import { fileUrl } from "./api.js";
import { card } from "./live.js";
import { number, startScale } from "./fields.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";

const MEANINGS = {
  swd: "sliced Wasserstein distance of 7x7 patches; lower is better",
  coherence: "distance of a sample's patches to the nearest in the photo; lower is better",
  completeness: "distance of the photo's patches to the nearest in a sample; lower is better",
  diversity: "deviation over samples / deviation of the photo; higher is more varied",
  sifid: "single image FID; lower is better",
  rmse: "error of the reconstruction, in [-1, 1]; lower is better",
};

export async function showMeasure(place, name) {
  const run = card(name);
  const scale = startScale(run.scales ?? run.pictures.length, 0);
  const count = number("Samples", 16, { min: 2, max: 64 });
  const seed = number("Seed", 0, { min: 0 });
  const measured = h("div", {}), exported = h("div", {});
  const evaluate = taskForm(name, "Evaluate", [scale, count, seed],
    () => ({ task: "evaluate", args: { n: count.read(), start_scale: scale.read(), seed: seed.read() } }), (job) => figures.take(job));
  const hint = h("p", { class: "hint wide" }, "A SavedModel with a signature for each task, for keras-singan serve or TensorFlow Serving. It takes a minute or two.");
  const write = taskForm(name, "Export", [hint], () => ({ task: "export", args: {} }), (job) => archives.take(job));
  place.append(h("h2", {}, "Measure"), h("div", { class: "split" }, evaluate, measured),
    h("h2", {}, "Export"), h("div", { class: "split" }, write, exported));
  const figures = await resultsPanel(measured, name, ["evaluate"], { draw: figureTable });
  const archives = await resultsPanel(exported, name, ["export"], { draw: archive });
  return () => { figures.leave(); archives.leave(); };
}

function figureTable(job) {
  if (!job.figures) return null;
  const rows = Object.entries(job.figures).map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value.toFixed(4)), h("td", { class: "hint" }, MEANINGS[key])));
  return h("table", { class: "figures" }, h("tbody", {}, rows));
}

function archive(job) {
  if (!job.files.length) return null;
  const lines = "unzip models.zip -d models\nkeras-singan serve models/singan\nkeras-singan query http://localhost:8501 sample";
  const needs = ["The second line needs the extra ", h("code", {}, "serve"), " (", h("code", {}, "pip install '.[serve]'"), "). It goes on answering: type the third in another terminal."];
  return h("div", {}, h("a", { class: "button primary", href: fileUrl(job, "models.zip"), download: "models.zip" }, "Download models.zip"),
    h("pre", {}, lines), h("p", { class: "hint" }, needs), h("button", { type: "button", class: "quiet", onclick: () => copy(lines) }, "Copy these lines"));
}
