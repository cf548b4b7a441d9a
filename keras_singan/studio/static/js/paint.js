// Paint: a drawing in the photo's own colours becomes a photo like it.

import { fill, h } from "./dom.js";
import { get, photoUrl, runPath, upload } from "./api.js";
import { card, state } from "./live.js";
import { newBoard } from "./board.js";
import { newBrush } from "./brush.js";
import { number, refineField, seedField, startScales, tick } from "./fields.js";
import { loadImage, newCanvas, toBlob } from "./konva.js";
import { photoDrop } from "./photo_drop.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";
import { brushSize, toolRow } from "./tools.js";

const LONGEST = 640;
// The drawings of this visit, by run: another tab does not lose them.
const drawings = new Map();

export async function showPaint(place, name) {
  const run = card(name), scales = run.scales ?? run.pictures.length;
  const left = h("div", { class: "board-place" }), results = h("div", {}), colours = h("div", { class: "palette", role: "group", "aria-label": "Colour" });
  place.append(h("p", { class: "hint" }, "Paint with the photo's own colours. It becomes a photo of the same kind."));
  const photo = await loadImage(photoUrl(run));
  const share = Math.min(1, LONGEST / Math.max(photo.naturalWidth, photo.naturalHeight));
  const canvas = newCanvas(Math.round(photo.naturalWidth * share), Math.round(photo.naturalHeight * share));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const board = await newBoard(left, "The drawing: arrow keys move the brush, space paints");
  await board.show(newCanvas(canvas.width, canvas.height));
  const brush = newBrush(board, { canvas });
  let palette = await get(`${runPath(name)}/palette/8`);

  function base(image, colour = palette[0]) {
    brush.clear();
    pen.fillStyle = colour;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (image) pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    brush.layer.batchDraw();
  }

  function choose(colour) {
    brush.color = colour;
    if (brush.tool === "eraser") tools.set("brush");
    for (const one of colours.children) one.setAttribute("aria-pressed", String(one.dataset.colour === colour));
  }

  const free = h("input", { type: "color", class: "swatch", "aria-label": "Another colour", title: "Another colour", oninput: () => { free.dataset.colour = free.value; choose(free.value); } });

  function showColours() {
    fill(colours, palette.map((colour, i) => h("button", { type: "button", class: "swatch", data: { colour }, style: { backgroundColor: colour }, "aria-label": `Colour ${i + 1}: ${colour}`, onclick: () => choose(colour) })), free);
    choose(palette[Math.min(1, palette.length - 1)]);
  }

  const tools = toolRow("Tool", [["brush", "Brush"], ["fill", "Fill"], ["eraser", "Eraser"]], "brush", (tool) => {
    brush.tool = tool === "eraser" ? "brush" : tool;
    // The eraser paints with what the drawing began with.
    brush.color = tool === "eraser" ? palette[0] : colours.querySelector('[aria-pressed="true"]')?.dataset.colour ?? palette[0];
  });
  showColours();
  base(drawings.get(name));
  const count = number("Colours", 8, { min: 2, max: 32 });
  count.control.addEventListener("change", async () => { palette = await get(`${runPath(name)}/palette/${count.read() || 8}`); showColours(); });
  const chosen = startScales(scales);
  chosen.suggest(run.start_scales.paint_to_image);
  const seed = seedField(), refine = refineField();
  refine.element.hidden = !(state.tools.paint_to_image || []).includes("refine");
  const quantize = tick("Quantize: retrain one scale on few colours", false, "Sharper, but takes minutes the first time.");
  const drop = photoDrop("An image as base", async (given) => base(await loadImage(given.url)), { compact: true });
  drop.classList.add("wide");
  const make = async () => {
    const args = { start_scales: chosen.read(), seed: seed.read() };
    if (refine.read() !== null) args.refine = refine.read();
    if (quantize.read()) Object.assign(args, { quantize: true, colors: count.read() });
    const paint = await upload(await toBlob(canvas));
    return { task: "paint_to_image", args, inputs: { image: { upload: paint.upload } } };
  };
  const button = (text, press) => h("button", { type: "button", onclick: press }, text);
  const over = h("div", { class: "over-board" }, tools.element, colours, h("div", { class: "actions" }, button("Undo", () => brush.undo()), button("Empty", () => base(null)), button("The photo as base", () => base(photo))));
  const form = taskForm(name, "Paint to image", [brushSize(board, brush), count, drop, chosen, seed, refine, quantize], make, (job) => panel.take(job));
  place.append(h("div", { class: "work" }, h("div", {}, over, left), form), h("h2", {}, "Results"), results);
  board.fit();
  const panel = await resultsPanel(results, name, ["paint_to_image"], { filter: (job) => !job.arguments.n });
  return () => { drawings.set(name, canvas); panel.leave(); brush.leave(); board.leave(); };
}
