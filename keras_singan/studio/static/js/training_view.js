// Progress of a training: the scales with their pictures, the losses, stop and go on.

import { duration, fill, h } from "./dom.js";
import { get, post, runPath, scaleUrl } from "./api.js";
import { card, onLive } from "./live.js";
import { lossPlot } from "./loss_plot.js";
import { ACTIVE, stateText } from "./training_state.js";

const KINDS = [["real", "Real level"], ["sample", "Sample"], ["reconstruction", "Reconstruction"]];

export function showTraining(place, name) {
  const status = h("p", { class: "state", "aria-live": "polite" });
  const bar = h("progress", { max: "1", "aria-label": "Share of the training that is done" });
  const buttons = h("div", { class: "actions" });
  const losses = h("p", { class: "facts" });
  const plot = h("div", { class: "plot" });
  const scales = h("div", { class: "scales" });
  fill(place, status, bar, buttons, losses, h("h2", {}, "Scales"), scales, h("h2", {}, "Losses"), plot);
  let pictures = "", state = "", plotted = 0;

  async function drawPlot() {
    plotted = Date.now();
    fill(plot, lossPlot(await get(`${runPath(name)}/history`)));
  }

  return onLive(() => {
    const run = card(name);
    if (!run) return;
    status.textContent = stateText(run);
    status.className = `state ${run.state}`;
    const busy = ACTIVE.includes(run.state) && run.state !== "waiting";
    bar.hidden = !busy;
    if (run.state === "training") bar.value = run.done || 0; else bar.removeAttribute("value");
    losses.textContent = busy && run.losses ? lossText(run) : "";
    if (run.state !== state) fill(buttons, actions(run));
    const now = run.pictures.join();
    if (now !== pictures) fill(scales, run.pictures.map((scale) => scaleRow(name, scale)));
    if (!run.pictures.length) fill(scales, h("p", { class: "empty" }, "The first pictures come when scale 0 is done."));
    if (now !== pictures || run.state !== state || (busy && Date.now() - plotted > 15000)) drawPlot();
    pictures = now;
    state = run.state;
  });
}

function lossText(run) {
  const values = Object.entries(run.losses).filter(([, value]) => value !== null);
  const text = values.map(([loss, value]) => `${loss.replaceAll("_", " ")} ${value.toFixed(3)}`);
  return [run.seconds_left && `About ${duration(run.seconds_left)} left`, ...text].filter(Boolean).join(" · ");
}

function actions(run) {
  const send = (verb) => () => post(`${runPath(run.name)}/${verb}`);
  if (run.state === "waiting") return h("button", { type: "button", onclick: send("stop") }, "Take out of the queue");
  if (["done", "stopping"].includes(run.state)) return null;
  if (ACTIVE.includes(run.state)) return [h("button", { type: "button", onclick: send("stop") }, "Stop"), h("span", { class: "hint" }, "Nothing is lost: it can go on later.")];
  if (!run.can_go_on) return h("p", { class: "hint" }, "It was begun on the command line: give the same command again, and it goes on.");
  return h("button", { type: "button", class: "primary", onclick: send("go-on") }, "Go on");
}

function scaleRow(name, scale) {
  const pictures = KINDS.map(([kind, text]) => h("figure", {},
    h("img", { src: scaleUrl(name, scale, kind), alt: `${text} of scale ${scale}`, loading: "lazy" }), h("figcaption", {}, text)));
  return h("section", { class: "scale", "aria-label": `Scale ${scale}` }, h("h3", {}, `Scale ${scale}`), h("div", { class: "triple" }, pictures));
}
