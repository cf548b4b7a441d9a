// Fills an area of one colour.

const NEAR = 24;

export function floodFill(pen, at, color) {
  const { width, height } = pen.canvas;
  const x = Math.floor(at.x), y = Math.floor(at.y);
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const image = pen.getImageData(0, 0, width, height), data = image.data;
  const start = 4 * (y * width + x), old = data.slice(start, start + 4);
  const fresh = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  const seen = new Uint8Array(width * height), open = [y * width + x];
  seen[open[0]] = 1;
  const like = (i) => [0, 1, 2, 3].every((c) => Math.abs(data[4 * i + c] - old[c]) <= NEAR);
  while (open.length) {
    const i = open.pop(), column = i % width;
    data.set([...fresh, 255], 4 * i);
    for (const [next, inside] of [[i - 1, column > 0], [i + 1, column < width - 1], [i - width, i >= width], [i + width, i < width * (height - 1)]]) {
      if (inside && !seen[next] && like(next)) { seen[next] = 1; open.push(next); }
    }
  }
  pen.putImageData(image, 0, 0);
}
