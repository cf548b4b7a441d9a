// The photo, and the results that became the photo to go on from; with undo.

import { fill, h } from "./dom.js";
import { fileUrl, photoUrl } from "./api.js";
import { card } from "./live.js";

// `changed` is called with {ref, url} whenever another picture is the present one.
export function editHistory(run, view, changed) {
  const key = `keras-singan ${run} ${view}`;
  const photo = { ref: { photo: true }, url: photoUrl(card(run)) };
  let { steps, at } = kept(key) || { steps: [photo], at: 0 };
  const undo = h("button", { type: "button", onclick: () => go(at - 1) }, "Undo");
  const redo = h("button", { type: "button", onclick: () => go(at + 1) }, "Redo");
  const first = h("button", { type: "button", class: "quiet", onclick: () => go(0) }, "Back to the photo");
  const text = h("span", { class: "facts" });
  const element = h("div", { class: "actions history" }, undo, redo, first, text);

  async function go(to) {
    at = Math.min(steps.length - 1, Math.max(0, to));
    undo.disabled = first.disabled = at === 0;
    redo.disabled = at === steps.length - 1;
    fill(text, at ? `Step ${at} of ${steps.length - 1}` : "The photo");
    sessionStorage.setItem(key, JSON.stringify({ steps, at }));
    await changed(steps[at]);
  }

  function push(job, file) {
    steps = [...steps.slice(0, at + 1), { ref: { result: job.id, file }, url: fileUrl(job, file) }];
    return go(steps.length - 1);
  }

  // A result may have been deleted since: then the photo is what is left.
  async function begin() {
    try {
      await go(at);
    } catch {
      steps = [photo];
      await go(0);
    }
  }
  return { element, push, begin, present: () => steps[at] };
}

function kept(key) {
  try {
    const value = JSON.parse(sessionStorage.getItem(key));
    return Array.isArray(value?.steps) && value.steps[value.at] ? value : null;
  } catch {
    return null;
  }
}
