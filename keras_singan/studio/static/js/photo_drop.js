// Takes a picture: dropped, pasted from the clipboard, or chosen.

import { h, toast } from "./dom.js";
import { upload } from "./api.js";

// `take` is called with {upload, size, name, url} as soon as a picture is there.
export function photoDrop(text, take, { compact = false } = {}) {
  const input = h("input", { type: "file", accept: "image/*", class: "hidden-input" });
  const status = h("span", { class: "hint" }, compact ? "" : "or paste one from the clipboard");
  const zone = h("label", { class: compact ? "drop compact" : "drop" }, input, h("strong", {}, text), status);

  async function send(file) {
    if (!file) return;
    status.textContent = "reading ...";
    try {
      const answer = await upload(file);
      for (const warning of answer.warnings) toast(warning);
      status.textContent = "";
      const name = (file.name || "pasted").replace(/\.[^.]*$/, "");
      await take({ ...answer, name, url: `/api/uploads/${answer.upload}` });
    } catch (error) {
      status.textContent = error.message;
      status.classList.add("refusal");
    }
  }

  input.addEventListener("change", () => { send(input.files[0]); input.value = ""; });
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, () => zone.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); });
  const paste = (event) => {
    if (!zone.isConnected) return document.removeEventListener("paste", paste);
    const item = [...(event.clipboardData?.items || [])].find((i) => i.type.startsWith("image/"));
    if (item) send(item.getAsFile());
  };
  document.addEventListener("paste", paste);
  return zone;
}
