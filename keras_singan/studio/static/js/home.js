// Home: the runs as cards, the drop zone, the trash.

import { fill, h, toast, when } from "./dom.js";
import { photoUrl, post, remove, runPath, scaleUrl } from "./api.js";
import { onLive } from "./live.js";
import { photoDrop } from "./photo_drop.js";
import { setPhoto } from "./new_training.js";
import { ACTIVE, sizeText, stateText } from "./training_state.js";

export function showHome(main) {
  const cards = h("div", { class: "cards" });
  const trash = h("div", { class: "trash" });
  const drop = photoDrop("Drop a photo here, or choose one", (photo) => {
    setPhoto(photo);
    location.hash = "#/new";
  });
  fill(main, h("h1", {}, "Runs"), drop, cards, trash);
  let shown = "";
  return onLive((live) => {
    const now = JSON.stringify([live.runs, live.trash]);
    if (now === shown) return;
    shown = now;
    const focused = document.activeElement?.closest?.(".card")?.dataset.run;
    fill(cards, live.runs.map(runCard));
    if (!live.runs.length) fill(cards, h("p", { class: "empty" }, "Nothing is trained yet. Drop a photo above: a few minutes of training, and you can draw from it."));
    if (focused) cards.querySelector(`[data-run="${CSS.escape(focused)}"] a`)?.focus();
    fill(trash, live.trash.length ? trashLine(live.trash) : null);
  });
}

function runCard(run) {
  const href = `#/run/${encodeURIComponent(run.name)}`;
  const last = run.pictures.at(-1);
  const facts = [sizeText(run), run.preset, run.task && run.task.replace("_", "-"), when(run.begun)];
  return h("article", { class: "card", data: { run: run.name } },
    h("a", { href, class: "pictures", "aria-label": `Open ${run.name}` },
      run.has_photo ? h("img", { src: photoUrl(run), alt: "The photo", loading: "lazy" }) : h("span"),
      last === undefined ? h("span", { class: "none" }, "no sample yet")
        : h("img", { src: `${scaleUrl(run.name, last, "sample")}?${run.pictures.length}`, alt: "A sample", loading: "lazy" })),
    h("h2", {}, h("a", { href }, run.name)),
    h("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    h("p", { class: `state ${run.state}` }, stateText(run)),
    ACTIVE.includes(run.state) ? null : h("button", { type: "button", class: "quiet", "aria-label": `Delete ${run.name}`, onclick: () => deleteRun(run.name) }, "Delete"));
}

async function deleteRun(name) {
  const { place } = await remove(runPath(name));
  toast(`${name} is in the trash.`, "Undo", () => post("/api/trash/restore", { place }));
}

function trashLine(trash) {
  const items = trash.map(([place, name]) => h("li", {}, name, " ",
    h("button", { type: "button", class: "quiet", onclick: () => post("/api/trash/restore", { place }) }, "Put back")));
  const empty = async () => {
    if (window.confirm("Delete for good what is in the trash?")) await remove("/api/trash");
  };
  return h("details", {}, h("summary", {}, `Trash: ${trash.length}`), h("ul", {}, items),
    h("button", { type: "button", class: "danger", onclick: empty }, "Empty the trash"));
}
