// Form fields: a label, a control, and how to read it.

import { h } from "./dom.js";
import { scaleWord } from "./training_state.js";

let count = 0;

function field(label, control, hint) {
  control.id = `field-${++count}`;
  const text = hint && h("span", { class: "hint" }, hint);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, text);
}

export function number(label, value, { min, max, step = 1, hint, placeholder } = {}) {
  const control = h("input", { type: "number", min: String(min ?? ""), max: String(max ?? ""), step: String(step), placeholder });
  control.value = value ?? "";
  return { element: field(label, control, hint), control,
    read: () => (control.value === "" ? null : Number(control.value)) };
}

export function choice(label, options, value, hint) {
  const control = h("select", {}, options.map(([key, text]) => h("option", { value: key }, text)));
  control.value = value;
  return { element: field(label, control, hint), control, read: () => control.value || null };
}

export function tick(label, checked = false, hint) {
  const control = h("input", { type: "checkbox", id: `field-${++count}` });
  control.checked = checked;
  const element = h("div", { class: "field tick" }, control, h("label", { for: control.id }, label),
    hint && h("span", { class: "hint" }, hint));
  return { element, control, read: () => control.checked };
}

export function slider(label, { min, max, step = 1, value, text = String }) {
  const control = h("input", { type: "range", min: String(min), max: String(max), step: String(step) });
  control.value = value;
  const output = h("output", {});
  const tell = () => { output.textContent = text(Number(control.value)); control.setAttribute("aria-valuetext", output.textContent); };
  control.addEventListener("input", tell);
  tell();
  const element = field(label, control);
  element.append(output);
  return { element, control, read: () => Number(control.value), set: (v) => { control.value = v; tell(); } };
}

// The start scale: from the layout to the detail.
export function startScale(scales, value, least = 0) {
  const last = Math.max(least, scales - 1);
  const text = (scale) => `${scale}: ${scaleWord(scale, scales)}`;
  const one = slider("Start scale", { min: least, max: last, value: Math.min(value, last), text });
  one.element.classList.add("wide");
  one.element.append(h("span", { class: "ends", "aria-hidden": "true" }, h("span", {}, scaleWord(least, scales)), h("span", {}, "detail")));
  return one;
}

// Several start scales, to see them side by side.
export function startScales(scales) {
  const boxes = [];
  let touched = false;
  // The task's own start scale and its neighbours, until somebody has chosen.
  const suggest = (scale) => touched || boxes.forEach((box) => { box.checked = Math.abs(Number(box.value) - scale) <= 1; });
  for (let scale = 1; scale < scales; scale += 1) {
    const box = h("input", { type: "checkbox", value: String(scale) });
    box.addEventListener("change", () => { touched = true; });
    boxes.push(box);
  }
  const labels = boxes.map((box) => h("label", { class: "chip" }, box, h("span", {}, box.value)));
  const element = h("fieldset", { class: "field wide" }, h("legend", {}, "Start scales, side by side"), h("div", { class: "chips" }, labels),
    h("span", { class: "hint" }, "A low one changes more, a high one less."));
  return { element, suggest, read: () => boxes.filter((box) => box.checked).map((box) => Number(box.value)) };
}

// Whether the photo's own patches refine the result; `null` is what the model has.
export function refineField() {
  const options = [["", "as the model has it"], ["yes", "refine"], ["no", "no refine"]];
  const one = choice("Refine", options, "", "The photo's own patches make it crisper.");
  one.element.classList.add("wide");
  return { ...one, read: () => ({ yes: true, no: false })[one.control.value] ?? null };
}

export const randomSeed = () => Math.floor(Math.random() * 10000);
// A new one after each task, unless somebody has chosen it.
export function seedField() {
  const one = number("Seed", randomSeed(), { min: 0, hint: "The same seed gives the same images." });
  let chosen = false;
  one.control.addEventListener("input", () => { chosen = one.control.value !== ""; });
  return { ...one, renew: () => { if (!chosen) one.control.value = randomSeed(); } };
}
