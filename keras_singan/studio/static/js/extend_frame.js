// A photo with handles on its four sides, which say how far it is extended.

import { h } from "./dom.js";

export const SIDES = ["left", "right", "top", "bottom"];

// `changed` is called with the pixels of all sides.
export function extendFrame(url, [height, width], amounts, changed) {
  const photo = h("img", { src: url, alt: "The photo", draggable: false });
  const grown = h("div", { class: "grown" }, photo);
  const element = h("div", { class: "extend-frame" }, grown);
  const handles = SIDES.map(handle);
  grown.append(...handles);

  function show() {
    const wide = width + amounts.left + amounts.right, high = height + amounts.top + amounts.bottom;
    // The whole always fits its place.
    grown.style.aspectRatio = `${wide} / ${high}`;
    grown.style.width = `min(100%, calc(55vh * ${wide} / ${high}))`;
    Object.assign(photo.style, { left: `${(100 * amounts.left) / wide}%`, top: `${(100 * amounts.top) / high}%`, width: `${(100 * width) / wide}%`, height: `${(100 * height) / high}%` });
    handles.forEach((one, i) => one.setAttribute("aria-valuenow", String(amounts[SIDES[i]])));
  }

  function set(side, pixels) {
    const most = 2 * (side === "left" || side === "right" ? width : height);
    amounts[side] = Math.round(Math.min(most, Math.max(0, pixels)));
    show();
    changed(amounts);
  }

  function handle(side) {
    const upright = side === "left" || side === "right", sign = side === "left" || side === "top" ? -1 : 1;
    const one = h("div", { class: `handle ${side}`, role: "slider", tabIndex: 0, "aria-label": `Extend ${side}, px`, "aria-valuemin": "0", "aria-valuemax": String(2 * (upright ? width : height)), "aria-orientation": upright ? "horizontal" : "vertical" });
    let from = null;
    one.addEventListener("pointerdown", (event) => {
      const scale = grown.clientWidth / (width + amounts.left + amounts.right);
      from = { at: upright ? event.clientX : event.clientY, scale, amount: amounts[side] };
      one.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    one.addEventListener("pointermove", (event) => {
      if (from) set(side, from.amount + (sign * ((upright ? event.clientX : event.clientY) - from.at)) / from.scale);
    });
    for (const end of ["pointerup", "pointercancel"]) one.addEventListener(end, () => { from = null; });
    one.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 1 : Math.max(1, Math.round((upright ? width : height) / 20));
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      set(side, amounts[side] + sign * by * step);
    });
    return one;
  }
  show();
  return { element, show };
}
