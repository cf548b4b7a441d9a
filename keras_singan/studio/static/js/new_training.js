// New training: the photo, the settings, the plan, and the start.

import { fill, h } from "./dom.js";
import { post } from "./api.js";
import { choice, number } from "./fields.js";
import { state } from "./live.js";
import { photoDrop } from "./photo_drop.js";

let photo = null;

export function setPhoto(given) {
  photo = given;
}

const PRESETS = [["fast", "fast: near standard, many times sooner"], ["standard", "standard: the published numbers"], ["draft", "draft: a first look, rougher"]];
const TASKS = [["", "general"], ["animation", "animation"], ["super-resolution", "super-resolution"]];

export function showNew(main) {
  const preset = choice("Preset", PRESETS, "fast");
  const size = number("Max size", null, { min: 25, max: 4096, hint: "Longest side in px; a larger photo is shrunk to it." });
  const task = choice("Task", TASKS, "");
  const factor = number("Factor", null, { min: 1.1, max: 64, step: "any", placeholder: "4", hint: "Enlargement of super-resolution." });
  const steps = number("Steps", null, { min: 1, placeholder: "as the preset", hint: "Iterations of a scale." });
  const minSize = number("Min size", null, { min: 3, placeholder: "25", hint: "Short side of the coarsest scale, px." });
  const seed = number("Seed", null, { min: 0, placeholder: "0" });
  const name = h("input", { type: "text", id: "run-name", maxlength: "60" });
  const picture = h("div", { class: "preview" });
  const plan = h("div", { class: "plan", "aria-live": "polite" });
  const trainButton = h("button", { type: "submit", class: "primary" }, "Train");
  const refusal = h("p", { class: "refusal", role: "alert" });
  let asked = 0, soon;

  const options = () => ({
    preset: preset.read(), max_size: size.read(), task: task.read(),
    factor: task.read() === "super-resolution" ? factor.read() ?? 4 : null,
    steps: steps.read(), min_size: minSize.read(), seed: seed.read(),
  });

  async function showPlan() {
    if (!photo) return;
    const mine = ++asked;
    refusal.textContent = "";
    fill(plan, h("p", { class: "working" }, "Measuring this machine: some 10 to 20 seconds, longer while it does other things ..."));
    try {
      const answer = await post("/api/plan", { upload: photo.upload, options: options() });
      if (mine === asked) fill(plan, h("p", {}, answer.summary), planTable(answer.rows));
    } catch (error) {
      if (mine === asked) { fill(plan); refusal.textContent = error.message; }
    }
  }

  function showPhoto() {
    trainButton.disabled = !photo;
    if (!photo) return;
    name.value ||= photo.name;
    fill(picture, h("img", { src: photo.url, alt: "The photo" }),
      h("p", { class: "facts" }, `${photo.size[0]} x ${photo.size[1]} px (height x width)`));
  }

  async function begin(event) {
    event.preventDefault();
    trainButton.disabled = true;
    refusal.textContent = "";
    clearTimeout(soon);
    try {
      const answer = await post("/api/trainings", { upload: photo.upload, name: name.value, options: options() });
      photo = null;
      location.hash = `#/run/${encodeURIComponent(answer.name)}/training`;
    } catch (error) {
      refusal.textContent = error.message;
      trainButton.disabled = false;
    }
  }

  const drop = photoDrop("Drop a photo here, or choose one", (given) => { photo = given; name.value = ""; showPhoto(); showPlan(); });
  const showFactor = () => { factor.element.hidden = task.read() !== "super-resolution"; };
  preset.element.classList.add("wide");
  task.control.addEventListener("change", showFactor);
  // Another choice has another plan; several choices made quickly have one.
  const planSoon = ({ target }) => { if (target === name) return; asked += 1; fill(plan); clearTimeout(soon); soon = setTimeout(showPlan, 700); };
  const showMaxSize = () => { size.control.placeholder = state.maxSizes[preset.read()] ?? ""; };
  preset.control.addEventListener("change", showMaxSize);
  const form = h("form", { class: "settings", onsubmit: begin, onchange: planSoon },
    h("div", { class: "field" }, h("label", { for: "run-name" }, "Name"), name),
    preset.element, size.element, task.element, factor.element,
    h("details", { class: "wide" }, h("summary", {}, "More settings"), h("div", { class: "settings" }, steps.element, minSize.element, seed.element)),
    refusal, h("div", { class: "actions wide" }, trainButton));
  fill(main, h("h1", {}, "New training"),
    h("div", { class: "split" }, h("div", {}, drop, picture), h("div", {}, form, plan)));
  showFactor();
  showMaxSize();
  showPhoto();
  if (photo) showPlan();
  return () => clearTimeout(soon);
}

function planTable([head, ...rows]) {
  const line = (cells, tag) => h("tr", {}, cells.map((cell) => h(tag, {}, cell)));
  return h("div", { class: "scroll" }, h("table", {}, h("thead", {}, line(head, "th")), h("tbody", {}, rows.map((row) => line(row, "td")))));
}
