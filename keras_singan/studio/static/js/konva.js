// Konva is a script, not a module: it is loaded when a canvas is first needed.

let loading;

export function konva() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/konva.min.js";
    script.onload = () => resolve(window.Konva);
    script.onerror = () => reject(new Error("The canvas could not be loaded."));
    document.head.append(script);
  });
  return loading;
}

export function loadImage(url) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("A picture could not be loaded."));
    image.src = url;
  });
}

export function newCanvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

export function toBlob(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
