// A form that starts a task: its fields, a button, and the refusal in one line.

import { h } from "./dom.js";
import { startTask } from "./api.js";

// `make` gives {task, args, inputs}, or null for nothing; it may wait for uploads.
export function taskForm(run, text, fields, make, started) {
  const refusal = h("p", { class: "refusal wide", role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, text);
  const submit = async (event) => {
    event.preventDefault();
    refusal.textContent = "";
    button.disabled = true;
    try {
      const wanted = await make();
      if (wanted) {
        started(await startTask(run, wanted.task, wanted.args, wanted.inputs));
        fields.forEach((field) => field.renew?.());
      }
    } catch (error) {
      refusal.textContent = error.message;
    }
    button.disabled = false;
  };
  return h("form", { class: "settings", onsubmit: submit },
    fields.map((field) => field.element || field), refusal, h("div", { class: "actions wide" }, button));
}
