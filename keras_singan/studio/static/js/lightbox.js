// An image large; the arrow keys step through its neighbours.

import { fill, h } from "./dom.js";

export function openLarge(images, index) {
  const picture = h("img", { class: "large" });
  const text = h("p", { class: "facts" });
  const star = h("button", { type: "button", class: "star", title: "Favourite (f)", "aria-label": "Favourite", onclick: () => mark() }, "★");
  const mark = async () => { await images[index].star?.toggle(); show(); };
  const link = h("a", { class: "button" }, "Download");
  const step = (by) => { index = (index + by + images.length) % images.length; show(); };
  const close = () => dialog.close();
  const dialog = h("dialog", { class: "lightbox", "aria-label": "Large image" }, picture,
    h("div", { class: "actions" },
      h("button", { type: "button", "aria-label": "The image before", onclick: () => step(-1) }, "←"), text,
      h("button", { type: "button", "aria-label": "The next image", onclick: () => step(1) }, "→"), star, link,
      h("button", { type: "button", onclick: close }, "Close")));

  function show() {
    const { name, url } = images[index];
    picture.src = url;
    picture.alt = name;
    link.href = url;
    link.download = name;
    star.setAttribute("aria-pressed", String(images[index].star?.isOn() ?? false));
    fill(text, `${images[index].caption} (${index + 1} of ${images.length})`);
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
    if (event.key === "f") mark();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();
}
