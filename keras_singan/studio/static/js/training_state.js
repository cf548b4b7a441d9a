// The state of a training in words.

import { duration } from "./dom.js";

// States of what is at work, or will be by itself.
export const ACTIVE = ["waiting", "planned", "training", "stopping"];

export function stateText(run) {
  const scale = run.scales ? `scale ${run.scale} of 0-${run.scales - 1}` : "";
  const left = run.seconds_left ? `, ${duration(run.seconds_left)} left` : "";
  return {
    waiting: "Waiting for its turn",
    planned: "Starting",
    stopping: "Stopping after this iteration",
    training: `Training: ${scale}, iteration ${run.iteration} of ${run.iterations}${left}`,
    done: "Trained",
    failed: `Failed: ${run.message}`,
    stopped: run.scales ? `Stopped at ${scale}` : "Stopped",
  }[run.state];
}

// The size of a trained model, before that the photo's own.
export function sizeText(run) {
  if (!run.size) return "";
  const size = `${run.size[0]} x ${run.size[1]} px`;
  return run.trained ? size : `a photo of ${size}`;
}

// Words for the start scales, from the layout to the detail.
export function scaleWord(scale, count) {
  if (scale === 0) return "layout";
  if (scale === count - 1) return "detail";
  const words = ["large shapes", "shapes", "small shapes", "texture"];
  return words[Math.min(words.length - 1, Math.floor(((scale - 1) / Math.max(1, count - 2)) * words.length))];
}
