// Place: an object on the photo (harmonize), or a part of the photo moved (edit).

import { h } from "./dom.js";
import { upload } from "./api.js";
import { card, state } from "./live.js";
import { newBoard } from "./board.js";
import { maskOf, newBrush } from "./brush.js";
import { editHistory } from "./edit_history.js";
import { choice, refineField, seedField, startScales } from "./fields.js";
import { loadImage, newCanvas, toBlob } from "./konva.js";
import { newLasso } from "./lasso.js";
import { newObjects } from "./objects.js";
import { photoDrop } from "./photo_drop.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";
import { brushSize, regionFields, toolRow } from "./tools.js";

const TASKS = [["harmonize", "harmonize: take on the photo's style"], ["edit", "edit: fit a moved part in"]];

export async function showPlace(place, name) {
  const scales = card(name).scales ?? card(name).pictures.length;
  const left = h("div", { class: "board-place" }), results = h("div", {});
  place.append(h("p", { class: "hint" }, "Put an object on the photo; or draw around a part of it to cut out a copy, and move that. Then choose the start scale that looks best."));
  const board = await newBoard(left, "The photo: objects are moved with the arrow keys, resized with + and -, turned with r, mirrored with m");
  let objects = null, brush = null;
  const history = editHistory(name, "place", async (step) => { await board.show(step.url); objects?.clear(); brush?.reset(); });
  await history.begin();
  brush = newBrush(board, { opacity: 0.45 });
  brush.reset();
  objects = newObjects(board);
  const lasso = newLasso(board, (canvas, at) => { takeTask("edit"); objects.add(canvas, at); tools.set("move"); });

  const task = choice("Task", TASKS, "harmonize");
  task.element.classList.add("wide");
  const chosen = startScales(scales);
  const takeTask = (kind) => { task.control.value = kind; showTask(); };
  const seed = seedField(), refine = refineField();
  const refines = () => (state.tools[task.read()] || []).includes("refine");
  const showTask = () => { refine.element.hidden = !refines(); chosen.suggest(card(name).start_scales[task.read()]); };
  task.control.addEventListener("change", showTask);
  const drop = photoDrop("An object: a PNG, best with a clear background", async (given) => { takeTask("harmonize"); objects.add(await loadImage(given.url)); tools.set("move"); }, { compact: true });
  drop.classList.add("wide");
  const tools = toolRow("Tool", [["move", "Move"], ["cut", "Cut out"], ["mask", "Brush the mask"], ["eraser", "Eraser"]], "move", (tool) => {
    objects.active = tool === "move";
    lasso.active = tool === "cut";
    brush.active = tool === "mask" || tool === "eraser";
    brush.tool = tool === "eraser" ? "eraser" : "brush";
  });
  tools.set("move");
  const button = (text, run) => h("button", { type: "button", onclick: run }, text);
  const changes = h("div", { class: "actions" }, button("Mirror", objects.mirror), button("Turn left", () => objects.turn(-15)), button("Turn right", () => objects.turn(15)),
    button("Larger", () => objects.grow(1.15)), button("Smaller", () => objects.grow(1 / 1.15)), button("Remove", objects.remove), button("Clear the mask", () => brush.clear()));

  const make = async () => {
    if (!objects.count() && brush.isEmpty()) throw new Error("Put an object on the photo first.");
    const kind = task.read(), args = { start_scales: chosen.read(), seed: seed.read() };
    if (refines() && refine.read() !== null) args.refine = refine.read();
    const above = objects.draw(), composite = newCanvas(board.width, board.height), pen = composite.getContext("2d");
    pen.drawImage(board.image, 0, 0);
    pen.drawImage(above, 0, 0);
    const [image, mask] = await Promise.all([upload(await toBlob(composite)), upload(await toBlob(maskOf(above, brush.canvas)))]);
    return { task: kind, args, inputs: { image: { upload: image.upload }, mask: { upload: mask.upload } } };
  };
  const form = taskForm(name, "Fit it in", [drop, task, brushSize(board, brush), regionFields("Cut out a rectangle", lasso.rectangle), chosen, seed, refine], make, (job) => panel.take(job));
  place.append(history.element, h("div", { class: "work" }, h("div", {}, h("div", { class: "over-board" }, tools.element, changes), left), form), h("h2", {}, "Results"), results);
  showTask();
  board.fit();
  const panel = await resultsPanel(results, name, ["harmonize", "edit"], { actions: [["Go on from this", (job, file) => { history.push(job, file); place.scrollIntoView({ block: "start" }); }]] });
  return () => { panel.leave(); brush.leave(); board.leave(); };
}
