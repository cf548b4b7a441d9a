// Enlarge: super-resolution beside bicubic.

import { h } from "./dom.js";
import { fileUrl } from "./api.js";
import { beforeAfter } from "./before_after.js";
import { number } from "./fields.js";
import { photoDrop } from "./photo_drop.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";

export async function showEnlarge(place, name) {
  let image = null;
  const factor = number("Factor", 4, { min: 1.1, max: 16, step: "any", hint: "Enlargement, 1.1 or more." });
  const seed = number("Seed", null, { min: 0, placeholder: "none", hint: "Without one, the detail has no noise." });
  const chosen = h("p", { class: "facts wide" }, "The photo as it was trained.");
  const other = photoDrop("Another picture", (given) => { image = given; chosen.textContent = `${given.name}: ${given.size[0]} x ${given.size[1]} px`; }, { compact: true });
  other.classList.add("wide");
  const make = () => ({ task: "super_resolve", args: { factor: factor.read(), seed: seed.read() }, inputs: image ? { image: { upload: image.upload } } : {} });
  const results = h("div", {});
  const form = taskForm(name, "Super-resolve", [chosen, other, factor, seed], make, (job) => panel.take(job));
  place.append(h("div", { class: "split" }, form, results));
  const panel = await resultsPanel(results, name, ["super_resolve"], { draw: pair });
  return panel.leave;
}

function pair(job) {
  if (job.files.length < 2) return null;
  const [after, before] = job.files.map((file) => fileUrl(job, file));
  return [beforeAfter(before, after, ["Bicubic", "Super-resolve"]),
    h("a", { class: "button", href: after, download: job.files[0] }, "Download")];
}
