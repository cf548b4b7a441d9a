// A board: a picture on a canvas that fits its place. Its coordinates are the picture's pixels.

import { h } from "./dom.js";
import { konva, loadImage } from "./konva.js";

const MOST_ENLARGED = 24;

export async function newBoard(place, label) {
  const Konva = await konva();
  const container = h("div", { class: "board", tabIndex: 0, role: "application", "aria-label": label });
  place.append(container);
  const stage = new Konva.Stage({ container, width: 1, height: 1 });
  const base = new Konva.Layer({ listening: false });
  const picture = new Konva.Image({});
  base.add(picture);
  stage.add(base);
  const board = { Konva, stage, container, image: null, width: 0, height: 0, addLayer, show, fit, leave };
  const watch = new ResizeObserver(fit);
  watch.observe(place);

  function addLayer() {
    const layer = new Konva.Layer();
    stage.add(layer);
    return layer;
  }

  // Takes a URL, or a canvas that is drawn on.
  async function show(source) {
    const image = typeof source === "string" ? await loadImage(source) : source;
    board.image = image;
    board.width = image.naturalWidth || image.width;
    board.height = image.naturalHeight || image.height;
    picture.setAttrs({ image, width: board.width, height: board.height });
    fit();
  }

  function fit() {
    if (!board.width) return;
    const room = Math.min(place.clientWidth, 900), high = Math.max(260, Math.min(560, window.innerHeight * 0.6));
    const scale = Math.min(room / board.width, high / board.height, MOST_ENLARGED);
    stage.size({ width: Math.round(board.width * scale), height: Math.round(board.height * scale) });
    stage.scale({ x: scale, y: scale });
    stage.batchDraw();
  }

  function leave() {
    watch.disconnect();
    stage.destroy();
  }
  return board;
}

// Where the pointer is, in the picture's pixels.
export const pointer = (board) => board.stage.getRelativePointerPosition();
