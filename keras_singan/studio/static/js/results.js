// The results of a view's tasks: they fill as images come, the newest task first.

import { copy, duration, fill, h } from "./dom.js";
import { fileUrl, get, post, remove, runPath, zipUrl } from "./api.js";
import { card, jobOf, onLive, state } from "./live.js";
import { openLarge } from "./lightbox.js";
import { WORDS } from "./queue.js";

const LIVE = ["waiting", "running"];

// `actions`: pairs of a text and a function of (job, file), for each image.
// `draw`: instead of a grid of images, a function of a job that gives an element.
export async function resultsPanel(place, run, tasks, { actions = [], draw = null, filter = () => true } = {}) {
  const list = h("div", { class: "results", "aria-live": "off" });
  const empty = h("p", { class: "empty" }, "What you make here stays with the run.");
  place.append(empty, list);
  const blocks = new Map();

  function take(job) {
    if (job.run !== run || !tasks.includes(job.task) || !filter(job)) return;
    let block = blocks.get(job.id);
    if (!block) {
      block = jobBlock(job, actions, draw, () => { blocks.delete(job.id); empty.hidden = blocks.size > 0; });
      blocks.set(job.id, block);
      const next = [...blocks.values()].filter((other) => other.job.id < job.id).sort((a, b) => (a.job.id < b.job.id ? 1 : -1))[0];
      list.insertBefore(block.element, next?.element ?? null);
    }
    // Answers may overtake each other: what has ended is not at work again.
    if (LIVE.includes(block.job.state) || !LIVE.includes(job.state)) block.update(job);
    empty.hidden = true;
  }

  const load = async () => (await get(`${runPath(run)}/results`)).forEach(take);
  // A task that is no more at work has its end on disk.
  const settle = async () => { if ([...blocks.values()].some(({ job }) => LIVE.includes(job.state) && !jobOf(job.id))) await load(); };
  await load();
  const leave = onLive(() => { state.jobs.forEach(take); return settle(); });
  // A short task may have ended before the answer to its start is here.
  return { take: (job) => { take(job); return settle(); }, leave };
}

function jobBlock(first, actions, draw, gone) {
  const head = h("h3", {}), facts = h("p", { class: "facts" }), note = h("p", { class: "working", role: "status" });
  const refusal = h("p", { class: "refusal" }), warning = h("p", { class: "warning" }), grid = h("div", { class: "grid" }), buttons = h("div", { class: "actions" });
  const element = h("section", { class: "job", "aria-label": WORDS[first.task], data: { job: first.id } }, head, facts, refusal, warning, grid, note, buttons);
  const block = { element, job: first, update, stars: new Map() };
  let drawn = "", settled = "";

  function update(job) {
    block.job = job;
    head.textContent = WORDS[job.task];
    facts.textContent = (job.state === "cancelled" ? "Cancelled · " : "") + argumentText(job);
    refusal.textContent = job.state === "failed" ? job.message : "";
    warning.textContent = job.warnings.join(" ");
    note.hidden = !LIVE.includes(job.state);
    note.textContent = noteText(job);
    if (draw) {
      const now = JSON.stringify([job.state, job.files, job.figures]);
      if (now !== drawn) fill(grid, draw(job));
      drawn = now;
    } else {
      const next = grid.querySelector(".coming");
      job.files.slice(grid.querySelectorAll(".tile").length).forEach((file) => grid.insertBefore(tile(block, file, actions), next));
      keepRoom(grid, job);
    }
    if (job.state !== settled) fill(buttons, jobButtons(block, gone));
    settled = job.state;
  }
  return block;
}

// Empty places for the images to come, so that those that are there do not move.
function keepRoom(grid, job) {
  const wanted = LIVE.includes(job.state) ? (job.of ?? 0) - job.files.length : 0;
  const places = [...grid.querySelectorAll(".coming")];
  places.slice(Math.max(0, wanted)).forEach((place) => place.remove());
  const [height, width] = card(job.run)?.size ?? [3, 4];
  for (let i = places.length; i < wanted; i += 1) {
    grid.append(h("div", { class: "coming", "aria-hidden": "true", style: { aspectRatio: `${width} / ${height}` } }));
  }
}

function noteText(job) {
  const before = state.jobs.findIndex((other) => other.id === job.id);
  if (job.state === "waiting") return before < 0 ? "Waiting ..." : `Waiting: ${before} before it`;
  if (job.message) return `${job.message} ...`;
  return job.of > 1 ? `${job.files.length} of ${job.of} ...` : "At work ...";
}

function argumentText(job) {
  const parts = Object.entries(job.arguments).filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${Array.isArray(value) ? value.join(name === "size" ? " x " : ", ") : value}`);
  return [...parts, job.seconds && duration(job.seconds)].filter(Boolean).join(" · ");
}

function jobButtons(block, gone) {
  const { job } = block;
  if (LIVE.includes(job.state)) return h("button", { type: "button", onclick: () => post(`/api/jobs/${job.id}/cancel`) }, "Cancel");
  const drop = async () => { await remove(`${runPath(job.run)}/results/${job.id}`); block.element.remove(); gone(); };
  return [
    job.files.length > 1 && h("a", { class: "button quiet", href: zipUrl(job), download: "" }, "Download all as zip"),
    h("button", { type: "button", class: "quiet", onclick: () => copy(job.command) }, "Copy the command"),
    h("button", { type: "button", class: "quiet", onclick: drop }, "Delete"),
  ];
}

function tile(block, file, actions) {
  const url = fileUrl(block.job, file);
  const star = h("button", { type: "button", class: "star", "aria-pressed": "false", "aria-label": `Favourite: ${file}`, title: "Favourite", onclick: () => toggle() }, "★");
  const show = () => star.setAttribute("aria-pressed", String(block.job.favourites.includes(file)));
  async function toggle() {
    const kept = block.job.favourites;
    const favourites = kept.includes(file) ? kept.filter((name) => name !== file) : [...kept, file];
    // At once: the next star must know of this one.
    block.job = { ...block.job, favourites };
    show();
    await post(`${runPath(block.job.run)}/results/${block.job.id}/favourites`, { favourites });
  }
  show();
  const large = () => openLarge(block.job.files.map((name) => ({ name, caption: caption(name), url: fileUrl(block.job, name), star: block.stars.get(name) })), block.job.files.indexOf(file));
  block.stars.set(file, { toggle, isOn: () => block.job.favourites.includes(file) });
  const more = actions.map(([text, run]) => h("button", { type: "button", class: "quiet", onclick: () => run(block.job, file) }, text));
  return h("figure", { class: "tile" },
    h("button", { type: "button", class: "look", "aria-label": `Large: ${file}`, onclick: large }, h("img", { src: url, alt: file.replace(/\.\w+$/, "").replaceAll("_", " ") })),
    h("figcaption", {}, star, h("span", { class: "name" }, caption(file)), h("a", { href: url, download: file, class: "quiet button", "aria-label": `Download ${file}`, title: "Download" }, "↓"), more));
}

function caption(file) {
  const scale = file.match(/scale(\d+)/), index = file.match(/_(\d{3})\./);
  return [scale && `scale ${scale[1]}`, index && `${Number(index[1])}`].filter(Boolean).join(", ");
}
