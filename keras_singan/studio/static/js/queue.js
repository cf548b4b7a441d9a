// The queue in the head of the page: what is at work, and how much waits.

import { fill, h } from "./dom.js";

export const WORDS = {
  sample: "Sample", vary: "Vary", extend: "Extend", harmonize: "Harmonize", edit: "Edit",
  paint_to_image: "Paint to image", animate: "Animate", super_resolve: "Super-resolve",
  evaluate: "Evaluate", export: "Export",
};

export function showQueue(place, live) {
  const parts = [];
  const training = (live.runs || []).filter((run) => ["planned", "training"].includes(run.state));
  for (const run of training) {
    const share = run.state === "training" ? ` ${Math.round(100 * (run.done || 0))} %` : "";
    parts.push(h("a", { class: "pill busy", href: `#/run/${encodeURIComponent(run.name)}/training` },
      `Training ${run.name}${share}`));
  }
  const waiting = (live.runs || []).filter((run) => run.state === "waiting").length;
  if (waiting) parts.push(h("span", { class: "pill" }, `${waiting} training${waiting > 1 ? "s" : ""} waiting`));
  const [first, ...others] = live.jobs;
  if (first) {
    const more = others.length ? `, ${others.length} waiting` : "";
    parts.push(h("a", { class: "pill busy", href: `#/run/${encodeURIComponent(first.run)}` },
      `${WORDS[first.task]}: ${first.run}${more}`));
  }
  fill(place, parts);
}
