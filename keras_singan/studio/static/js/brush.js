// A brush on a board: it draws on a canvas of the picture's size. With the keyboard: arrows and space.

import { newCanvas } from "./konva.js";
import { pointer } from "./board.js";
import { floodFill } from "./flood_fill.js";

const MOST_UNDONE = 30;

// `canvas`: what is drawn on; by default a new, clear one, shown over the picture.
export function newBrush(board, { color = "#e0352b", opacity = 1, canvas = null, onChange = () => {} } = {}) {
  const layer = board.addLayer();
  const own = canvas || newCanvas(board.width, board.height);
  const pen = own.getContext("2d", { willReadFrequently: true });
  const shown = new board.Konva.Image({ image: own, opacity, listening: false });
  const ring = new board.Konva.Circle({ stroke: "#fff", strokeWidth: 1.5, strokeScaleEnabled: false, listening: false, visible: false, shadowColor: "#000", shadowBlur: 2 });
  layer.add(shown, ring);
  const brush = { canvas: own, size: Math.max(3, Math.round(board.width / 12)), color, tool: "brush", active: true, undo, clear, mark, isEmpty, reset, layer };
  const undone = [];
  let last = null, cursor = { x: board.width / 2, y: board.height / 2 };

  function remember() {
    undone.push(pen.getImageData(0, 0, own.width, own.height));
    if (undone.length > MOST_UNDONE) undone.shift();
  }

  function changed() {
    layer.batchDraw();
    onChange();
  }

  function line(from, to) {
    pen.globalCompositeOperation = brush.tool === "eraser" ? "destination-out" : "source-over";
    Object.assign(pen, { strokeStyle: brush.color, lineWidth: brush.size, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    // A line of no length is a dot.
    pen.lineTo(to.x + 0.01, to.y);
    pen.stroke();
    pen.globalCompositeOperation = "source-over";
    changed();
  }

  function press(at) {
    remember();
    if (brush.tool === "fill") {
      floodFill(pen, at, brush.color);
      changed();
      return;
    }
    if (brush.tool === "eraser" && brush.restore) brush.restore();
    line(at, at);
    last = at;
  }

  function showRing(at) {
    ring.setAttrs({ x: at.x, y: at.y, radius: brush.size / 2, visible: brush.active && brush.tool !== "fill" });
    layer.batchDraw();
  }

  board.stage.on("pointerdown.brush", (event) => {
    if (!brush.active) return;
    event.evt.preventDefault();
    board.container.focus({ preventScroll: true });
    press(pointer(board));
  });
  board.stage.on("pointermove.brush", () => {
    if (!brush.active) return;
    const at = pointer(board);
    if (last) { line(last, at); last = at; }
    showRing(at);
  });
  const release = () => { last = null; };
  window.addEventListener("pointerup", release);
  board.stage.on("pointerleave.brush", () => { ring.visible(false); layer.batchDraw(); });
  board.container.addEventListener("keydown", (event) => {
    if (!brush.active) return;
    const step = event.shiftKey ? 1 : Math.max(1, brush.size / 2);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
    else if (event.key === " ") press(cursor), release();
    else if (moves[event.key]) {
      const [x, y] = moves[event.key];
      cursor = { x: Math.min(board.width, Math.max(0, cursor.x + x)), y: Math.min(board.height, Math.max(0, cursor.y + y)) };
      showRing(cursor);
    } else return;
    event.preventDefault();
  });

  function undo() {
    const before = undone.pop();
    if (before) pen.putImageData(before, 0, 0);
    changed();
  }

  function clear() {
    remember();
    pen.clearRect(0, 0, own.width, own.height);
    changed();
  }

  // Marks a rectangle: what the keyboard can do more exactly than a brush.
  function mark(x, y, width, height) {
    remember();
    pen.fillStyle = brush.color;
    pen.fillRect(x, y, width, height);
    changed();
  }

  function isEmpty() {
    return !pen.getImageData(0, 0, own.width, own.height).data.some((value, i) => i % 4 === 3 && value > 127);
  }

  // After the picture has changed its size.
  function reset() {
    if (own.width !== board.width || own.height !== board.height) Object.assign(own, { width: board.width, height: board.height });
    else pen.clearRect(0, 0, own.width, own.height);
    shown.setAttrs({ width: own.width, height: own.height });
    undone.length = 0;
    changed();
  }
  brush.leave = () => window.removeEventListener("pointerup", release);
  return brush;
}

// White where a canvas is drawn on, black elsewhere.
export function maskOf(...canvases) {
  const { width, height } = canvases[0];
  const mask = newCanvas(width, height), pen = mask.getContext("2d");
  for (const canvas of canvases) pen.drawImage(canvas, 0, 0);
  const pixels = pen.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const value = pixels.data[i + 3] > 127 ? 255 : 0;
    pixels.data.set([value, value, value, 255], i);
  }
  pen.putImageData(pixels, 0, 0);
  return mask;
}
