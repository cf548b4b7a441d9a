// Objects on a board: placed, moved, resized, turned, mirrored, removed.

import { newCanvas } from "./konva.js";

export function newObjects(board, changed = () => {}) {
  const layer = board.addLayer();
  const frame = new board.Konva.Transformer({ rotateAnchorOffset: 24, anchorSize: 12, ignoreStroke: true, flipEnabled: true, borderStroke: "#1f6a5c", anchorStroke: "#1f6a5c" });
  layer.add(frame);
  const objects = { add, chosen, mirror, turn, grow, remove, clear, draw, active: true, count: () => nodes().length };
  const nodes = () => layer.find("Image");
  const chosen_ = () => frame.nodes()[0] || null;

  function chosen() {
    return chosen_() !== null;
  }

  function choose(node) {
    frame.nodes(node ? [node] : []);
    layer.batchDraw();
    changed();
  }

  // Puts an image with its middle at a point; it turns about its middle.
  function add(image, at = null, share = 0.4) {
    const fit = at ? 1 : Math.min(1, (board.width * share) / image.width, (board.height * share) / image.height);
    const node = new board.Konva.Image({
      image, x: at?.x ?? board.width / 2, y: at?.y ?? board.height / 2, width: image.width, height: image.height,
      offsetX: image.width / 2, offsetY: image.height / 2, scaleX: fit, scaleY: fit, draggable: true,
    });
    node.on("pointerdown", () => objects.active && choose(node));
    node.on("transform dragmove", changed);
    layer.add(node);
    frame.moveToTop();
    choose(node);
    board.container.focus({ preventScroll: true });
  }

  function change(make) {
    const node = chosen_();
    if (node) make(node);
    layer.batchDraw();
    changed();
  }
  function mirror() { change((node) => node.scaleX(-node.scaleX())); }
  function turn(degrees) { change((node) => node.rotate(degrees)); }
  function grow(factor) { change((node) => node.scale({ x: node.scaleX() * factor, y: node.scaleY() * factor })); }
  function remove() { change((node) => { node.destroy(); frame.nodes([]); }); }
  function clear() { nodes().forEach((node) => node.destroy()); choose(null); }

  // The objects alone, on a clear canvas of the picture's size.
  function draw() {
    const canvas = newCanvas(board.width, board.height), pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    for (const node of nodes()) {
      pen.setTransform(...node.getTransform().getMatrix());
      pen.drawImage(node.image(), 0, 0, node.width(), node.height());
    }
    return canvas;
  }

  board.stage.on("pointerdown.objects", (event) => {
    if (objects.active && event.target === board.stage) choose(null);
  });
  board.container.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 1 : Math.max(1, Math.round(board.width / 50));
    const keys = {
      ArrowLeft: (node) => node.x(node.x() - step), ArrowRight: (node) => node.x(node.x() + step),
      ArrowUp: (node) => node.y(node.y() - step), ArrowDown: (node) => node.y(node.y() + step),
      "+": () => grow(1.1), "-": () => grow(1 / 1.1), r: () => turn(15), m: mirror, Delete: remove,
    };
    if (!objects.active || !chosen() || !keys[event.key]) return;
    event.preventDefault();
    change(keys[event.key]);
  });
  return objects;
}
