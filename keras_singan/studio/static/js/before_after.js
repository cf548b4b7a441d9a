// Two pictures on each other, and a slider that says how much of each is seen.

import { h } from "./dom.js";

export function beforeAfter(before, after, [beforeText, afterText]) {
  const top = h("img", { src: after, alt: afterText });
  const line = h("span", { class: "line" });
  const range = h("input", { type: "range", min: "0", max: "100", "aria-label": `How much of ${beforeText} is seen` });
  const show = () => {
    top.style.clipPath = `inset(0 0 0 ${range.value}%)`;
    line.style.left = `${range.value}%`;
  };
  range.value = 50;
  range.addEventListener("input", show);
  show();
  return h("figure", { class: "before-after" },
    h("div", { class: "pair" }, h("img", { src: before, alt: beforeText }), top, line, range),
    h("figcaption", {}, h("span", {}, beforeText), h("span", {}, afterText)));
}
