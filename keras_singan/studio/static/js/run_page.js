// A run: its head, and a tab for each thing that can be done with it.

import { fill, h } from "./dom.js";
import { photoUrl } from "./api.js";
import { card, onLive, state } from "./live.js";
import { sizeText } from "./training_state.js";
import { showTraining } from "./training_view.js";
import { showSample } from "./sample.js";
import { showVary } from "./vary.js";
import { showPlace } from "./place.js";
import { showPaint } from "./paint.js";
import { showExtend } from "./extend.js";
import { showAnimate } from "./animate.js";
import { showEnlarge } from "./enlarge.js";
import { showMeasure } from "./measure.js";

// Address, title, view, the task that it needs, and how many scales.
const TABS = [
  ["training", "Training", showTraining],
  ["sample", "Sample", showSample, "sample"],
  ["vary", "Vary", showVary, "vary"],
  ["place", "Place", showPlace, "harmonize", 2],
  ["paint", "Paint", showPaint, "paint_to_image", 2],
  ["animate", "Animate", showAnimate, "animate"],
  ["enlarge", "Enlarge", showEnlarge, "super_resolve"],
  ["extend", "Extend, tile", showExtend, "extend"],
  ["measure", "Measure and export", showMeasure, "export"],
];

// Milliseconds until a run that is not there is given up.
const PATIENCE = 5000;

export function showRun(main, name, tab) {
  const asked = location.hash;
  fill(main, h("p", { class: "working" }, "Looking for the run ..."));
  return new Promise((resolve, reject) => {
    // A run that has just begun is in the next news, not in the last.
    const late = setTimeout(() => end(reject, new Error("There is no run of that name (any more).")), PATIENCE);
    const stop = onLive(() => {
      if (location.hash !== asked) end(resolve);
      else if (card(name)) end(resolve, open(main, name, tab));
    });
    function end(settle, result) {
      clearTimeout(late);
      // The first news may come before `onLive` has returned.
      queueMicrotask(() => stop());
      settle(result);
    }
  });
}

async function open(main, name, tab) {
  const run = card(name);
  const trained = run.trained;
  const tabs = TABS.filter(([, , , tool]) => !tool || (trained && state.tools[tool]));
  const wanted = tabs.find(([key]) => key === tab) || (trained ? tabs[1] : tabs[0]);
  const links = tabs.map(([key, text]) => h("a", { href: `#/run/${encodeURIComponent(name)}/${key}`,
    "aria-current": key === wanted[0] ? "page" : null }, text));
  const place = h("div", { class: `view ${wanted[0]}` });
  fill(main, h("div", { class: "head" },
    run.has_photo && h("img", { src: photoUrl(run), alt: "The photo" }),
    h("div", {}, h("h1", {}, name), h("p", { class: "facts" }, [sizeText(run), run.preset, run.task?.replace("_", "-")].filter(Boolean).join(" · ")))),
  h("nav", { class: "tabs", "aria-label": "What to do with this run" }, links), place);
  links.find((link) => link.getAttribute("aria-current"))?.scrollIntoView({ block: "nearest", inline: "center" });
  document.title = `${name} - keras-singan studio`;
  const [, , view, , least = 0] = wanted;
  const leave = await ((run.scales ?? run.pictures.length) < least ? showTooFew : view)(place, name);
  // As soon as a training is done there is more to do.
  const watch = onLive(() => {
    if (card(name) && card(name).trained !== trained) queueMicrotask(() => { watch(); window.dispatchEvent(new HashChangeEvent("hashchange")); });
  });
  return () => { leave?.(); watch(); document.title = "keras-singan studio"; };
}

function showTooFew(place) {
  place.append(h("p", { class: "hint" }, "This needs a model of two scales at least, and this one has a single scale: train with a smaller Min size, or on a larger photo."));
}
