// Extend and tile: more of the photo around it, and images that repeat without a seam.

import { h } from "./dom.js";
import { fileUrl, photoUrl } from "./api.js";
import { card, state } from "./live.js";
import { extendFrame, SIDES } from "./extend_frame.js";
import { choice, number, refineField, seedField, startScale } from "./fields.js";
import { loadImage } from "./konva.js";
import { resultsPanel } from "./results.js";
import { taskForm } from "./task_form.js";

export async function showExtend(place, name) {
  const leaves = [];
  if (state.tools.extend) leaves.push(await extendPart(place, name));
  if ((state.tools.sample || []).includes("tile")) leaves.push(await tilePart(place, name));
  return () => leaves.forEach((leave) => leave());
}

async function extendPart(place, name) {
  const scales = card(name).scales ?? card(name).pictures.length;
  const amounts = { left: 0, right: 0, top: 0, bottom: 0 };
  const stand = h("div", { class: "board-place" }), results = h("div", {});
  const fields = SIDES.map((side) => number(side, 0, { min: 0 }));
  const url = photoUrl(card(name)), image = await loadImage(url);
  const frame = extendFrame(url, [image.naturalHeight, image.naturalWidth], amounts, () => SIDES.forEach((side, i) => { fields[i].control.value = amounts[side]; }));
  stand.append(frame.element);
  fields.forEach((field, i) => field.control.addEventListener("input", () => { amounts[SIDES[i]] = field.read() ?? 0; frame.show(); }));
  const scale = startScale(scales, 0), count = number("How many", 2, { min: 1, max: 16 }), seed = seedField(), refine = refineField();
  refine.element.hidden = !state.tools.extend.includes("refine");
  const make = () => {
    if (!SIDES.some((side) => amounts[side])) throw new Error("Pull a side of the photo outwards first.");
    const args = { ...amounts, n: count.read(), start_scale: scale.read(), seed: seed.read() };
    if (refine.read() !== null) args.refine = refine.read();
    return { task: "extend", args, inputs: { image: { photo: true } } };
  };
  const form = taskForm(name, "Extend", [...fields, scale, count, seed, refine], make, (job) => panel.take(job));
  place.append(h("h2", {}, "Extend"), h("p", { class: "hint" }, "Pull the sides outwards. The photo stays in its place; more of its kind grows around it."),
    h("div", { class: "work" }, stand, form), results);
  const panel = await resultsPanel(results, name, ["extend"]);
  return panel.leave;
}

async function tilePart(place, name) {
  const [trainedHeight, trainedWidth] = card(name).size;
  const tile = choice("Tile", [["both", "both: in all directions"], ["x", "x: a panorama that closes"], ["y", "y: up and down"]], "both");
  tile.element.classList.add("wide");
  const height = number("Height", trainedHeight, { min: 11 }), width = number("Width", trainedWidth, { min: 11 });
  const seed = seedField(), results = h("div", {});
  const make = () => ({ task: "sample", args: { n: 1, tile: tile.read(), size: [height.read(), width.read()], seed: seed.read() } });
  const form = taskForm(name, "Sample a tile", [tile, height, width, seed], make, (job) => panel.take(job));
  place.append(h("h2", {}, "Tile"), h("div", { class: "split" }, form, results));
  const panel = await resultsPanel(results, name, ["sample"], { filter: (job) => job.arguments.tile, draw: preview });
  return panel.leave;
}

// The image beside and below itself: a seam would show.
function preview(job) {
  return job.files.map((file) => {
    const url = fileUrl(job, file), { tile } = job.arguments;
    const repeat = { both: "repeat", x: "repeat-x", y: "repeat-y" }[tile];
    return h("figure", {}, h("div", { class: "tiled", role: "img", "aria-label": "The image beside itself", style: { backgroundImage: `url("${url}")`, backgroundRepeat: repeat } }),
      h("figcaption", {}, h("a", { class: "button", href: url, download: file }, "Download")));
  });
}
