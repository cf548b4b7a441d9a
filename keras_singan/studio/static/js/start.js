// The page's frame: which view the address asks for, and the queue.

import { fill, h, toast } from "./dom.js";
import { onLive, startLive } from "./live.js";
import { showQueue } from "./queue.js";
import { showHome } from "./home.js";
import { showNew } from "./new_training.js";
import { showRun } from "./run_page.js";

const main = document.getElementById("main");
let leave = () => {}, shown = 0;

async function show() {
  leave();
  leave = () => {};
  const mine = ++shown;
  const [first, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = { "": showHome, new: showNew, run: showRun }[first] || showHome;
  fill(main);
  try {
    const left = (await view(main, ...rest)) || (() => {});
    // Meanwhile another view may have been asked for.
    if (mine === shown) leave = left;
    else left();
  } catch (error) {
    if (mine === shown) fill(main, h("p", { class: "refusal", role: "alert" }, error.message));
  }
}

window.addEventListener("hashchange", show);
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  toast(event.reason?.message || String(event.reason));
});
// A picture that misses the drop zone must not replace the page.
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => event.preventDefault());

onLive((live) => showQueue(document.getElementById("queue"), live));
startLive().then(show, show);
