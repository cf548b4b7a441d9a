// The row of tools over a board, and the fields of a rectangle.

import { h } from "./dom.js";
import { number, slider } from "./fields.js";

// One of several buttons is pressed. `tools`: pairs of a key and a text.
export function toolRow(label, tools, chosen, choose) {
  const buttons = tools.map(([key, text]) => h("button", { type: "button", "aria-pressed": String(key === chosen), onclick: () => set(key) }, text));
  function set(key) {
    tools.forEach(([other], i) => buttons[i].setAttribute("aria-pressed", String(other === key)));
    choose(key);
  }
  const element = h("div", { class: "tools", role: "group", "aria-label": label }, buttons);
  return { element, set };
}

export function brushSize(board, brush) {
  const most = Math.max(8, Math.round(Math.max(board.width, board.height) / 2));
  const size = slider("Brush size, px", { min: 1, max: most, value: brush.size });
  size.element.classList.add("wide");
  size.control.addEventListener("input", () => { brush.size = size.read(); });
  return size;
}

// A rectangle in numbers: `use` is called with x, y, width, height.
export function regionFields(text, use) {
  const fields = ["x", "y", "width", "height"].map((name) => number(name, null, { min: 0 }));
  const run = () => {
    const values = fields.map((field) => field.read());
    if (values.every((value) => value !== null)) use(...values);
  };
  return h("details", { class: "wide" }, h("summary", {}, `${text} by numbers`),
    h("div", { class: "settings region" }, fields.map((field) => field.element)),
    h("button", { type: "button", onclick: run }, text));
}
