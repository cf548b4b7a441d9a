// Vary: brush over a part of the photo, and draw it anew.

import { h } from "./dom.js";
import { upload } from "./api.js";
import { card, state } from "./live.js";
import { newBoard } from "./board.js";
import { maskOf, newBrush } from "./brush.js";
import { editHistory } from "./edit_history.js";
import { number, refineField, seedField, startScale } from "./fields.js";
import { toBlob } from "./konva.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";
import { brushSize, regionFields, toolRow } from "./tools.js";

export async function showVary(place, name) {
  const run = card(name);
  const left = h("div", { class: "board-place" }), results = h("div", {}), over = h("div", { class: "over-board" });
  place.append(h("p", { class: "hint" }, "Brush over what should be drawn anew. All else stays, pixel by pixel."));
  const board = await newBoard(left, "The photo: brush over it; arrow keys move the brush, space marks");
  let brush = null;
  const history = editHistory(name, "vary", async (step) => { await board.show(step.url); brush?.reset(); });
  await history.begin();
  brush = newBrush(board, { opacity: 0.55 });
  brush.reset();

  const scale = startScale(run.scales ?? run.pictures.length, 0);
  const count = number("How many", 8, { min: 1, max: 64 });
  const seed = seedField(), refine = refineField();
  refine.element.hidden = !state.tools.vary.includes("refine");
  const make = async () => {
    if (brush.isEmpty()) throw new Error("Brush over a part of the photo first.");
    const args = { n: count.read(), start_scale: scale.read(), seed: seed.read() };
    if (refine.read() !== null) args.refine = refine.read();
    const image = history.present().ref, mask = await upload(await toBlob(maskOf(brush.canvas)));
    return { task: "vary", args, inputs: { image, mask: { upload: mask.upload } } };
  };
  const tools = toolRow("Brush", [["brush", "Brush"], ["eraser", "Eraser"]], "brush", (tool) => { brush.tool = tool; });
  const strokes = h("div", { class: "actions" },
    h("button", { type: "button", onclick: () => brush.undo() }, "Undo the stroke"),
    h("button", { type: "button", onclick: () => brush.clear() }, "Clear"));
  over.append(tools.element, strokes);
  const form = taskForm(name, "Draw anew", [brushSize(board, brush), regionFields("Mark a rectangle", brush.mark), scale, count, seed, refine], make, (job) => panel.take(job));
  place.append(history.element, h("div", { class: "work" }, h("div", {}, over, left), form), h("h2", {}, "Results"), results);
  board.fit();
  const panel = await resultsPanel(results, name, ["vary"], { actions: [["Go on from this", (job, file) => { history.push(job, file); place.scrollIntoView({ block: "start" }); }]] });
  return () => { panel.leave(); brush.leave(); board.leave(); };
}
