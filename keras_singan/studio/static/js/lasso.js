// Cuts a part out of the picture: what a line encircles, or a rectangle.

import { toast } from "./dom.js";
import { newCanvas } from "./konva.js";
import { pointer } from "./board.js";

// By the shoelace formula, in pixels.
function area(corners) {
  let sum = 0;
  for (let i = 0; i < corners.length; i += 2) {
    const j = (i + 2) % corners.length;
    sum += corners[i] * corners[j + 1] - corners[j] * corners[i + 1];
  }
  return Math.abs(sum) / 2;
}

export function newLasso(board, cut) {
  const layer = board.addLayer();
  const line = new board.Konva.Line({ stroke: "#fff", strokeWidth: 2, strokeScaleEnabled: false, dash: [4, 3], closed: true, shadowColor: "#000", shadowBlur: 3, listening: false });
  layer.add(line);
  const lasso = { active: false, rectangle };
  let points = null;

  function take() {
    if (points) piece(points);
    points = null;
    line.points([]);
    layer.batchDraw();
  }

  function piece(corners) {
    const xs = corners.filter((_, i) => i % 2 === 0), ys = corners.filter((_, i) => i % 2 === 1);
    const left = Math.max(0, Math.floor(Math.min(...xs))), top = Math.max(0, Math.floor(Math.min(...ys)));
    const width = Math.min(board.width, Math.ceil(Math.max(...xs))) - left, height = Math.min(board.height, Math.ceil(Math.max(...ys))) - top;
    // A line there and back encircles nothing.
    if (width < 2 || height < 2 || area(corners) < 9) return toast("Draw a line around the part that you want.");
    const canvas = newCanvas(width, height), pen = canvas.getContext("2d");
    pen.beginPath();
    xs.forEach((x, i) => pen.lineTo(x - left, ys[i] - top));
    pen.closePath();
    pen.clip();
    pen.drawImage(board.image, -left, -top);
    cut(canvas, { x: left + width / 2, y: top + height / 2 });
  }

  function rectangle(x, y, width, height) {
    piece([x, y, x + width, y, x + width, y + height, x, y + height]);
  }

  board.stage.on("pointerdown.lasso", (event) => {
    if (!lasso.active) return;
    event.evt.preventDefault();
    const { x, y } = pointer(board);
    points = [x, y];
  });
  board.stage.on("pointermove.lasso", () => {
    if (!points) return;
    const { x, y } = pointer(board);
    points.push(x, y);
    line.points(points);
    layer.batchDraw();
  });
  board.stage.on("pointerup.lasso pointerleave.lasso", take);
  return lasso;
}
