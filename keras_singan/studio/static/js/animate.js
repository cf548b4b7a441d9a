// Animate: a walk in the noise; it plays in the page.

import { h } from "./dom.js";
import { fileUrl } from "./api.js";
import { card, state } from "./live.js";
import { choice, number, seedField, slider, startScale, tick } from "./fields.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";

export async function showAnimate(place, name) {
  const run = card(name);
  const scales = run.scales ?? run.pictures.length;
  const scale = startScale(scales, 1);
  const alpha = slider("Alpha: pull back to the photo", { min: 0, max: 1, step: 0.05, value: 0.1, text: (x) => x.toFixed(2) });
  const beta = slider("Beta: inertia of the motion", { min: 0, max: 1, step: 0.05, value: 0.9, text: (x) => x.toFixed(2) });
  const loop = tick("Loop: end where it began", true);
  const frames = number("Frames", 60, { min: 1, max: 1000 });
  const fps = number("Frames per second", 10, { min: 1, max: 60 });
  const format = choice("Format", (state.tools.formats || ["gif"]).map((f) => [f, f]), "gif");
  const seed = seedField();
  const make = () => ({ task: "animate", args: {
    start_scale: scale.read(), alpha: alpha.read(), beta: beta.read(), loop: loop.read(),
    frames: frames.read(), fps: fps.read(), format: format.read(), seed: seed.read(),
  } });
  const results = h("div", {});
  const form = taskForm(name, "Animate", [scale, alpha, beta, frames, fps, format, seed, loop], make, (job) => panel.take(job));
  place.append(h("div", { class: "split" }, form, results));
  const panel = await resultsPanel(results, name, ["animate"], { draw: player });
  return panel.leave;
}

function player(job) {
  return job.files.map((file) => {
    const url = fileUrl(job, file);
    const film = file.endsWith(".mp4")
      ? h("video", { src: url, controls: true, loop: true, autoplay: true, muted: true })
      : h("img", { src: url, alt: "The animation" });
    return h("figure", { class: "film" }, film, h("figcaption", {}, h("a", { class: "button", href: url, download: file }, `Download ${file}`)));
  });
}
