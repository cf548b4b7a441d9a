// What the server tells by itself: the runs, and the tasks at work.

import { getAbout } from "./api.js";

export const state = { runs: null, jobs: [], trash: [], tools: {}, maxSizes: {} };
const listeners = new Set();
let source;

// Calls `listener` now, if something is known, and after each change.
export function onLive(listener) {
  listeners.add(listener);
  if (state.runs) listener(state);
  return () => listeners.delete(listener);
}

export const card = (name) => (state.runs || []).find((run) => run.name === name);
export const jobOf = (id) => state.jobs.find((job) => job.id === id);

// A browser opens six connections to a server: a hidden tab gives its one back.
function connect() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource("/api/events");
  source.onmessage = (message) => {
    document.getElementById("offline").hidden = true;
    Object.assign(state, JSON.parse(message.data));
    for (const listener of [...listeners]) listener(state);
  };
  source.onerror = () => {
    document.getElementById("offline").hidden = false;
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

export async function startLive() {
  document.addEventListener("visibilitychange", connect);
  window.addEventListener("pagehide", () => source?.close());
  connect();
  const about = await getAbout();
  Object.assign(state, { tools: about.tools, maxSizes: about.max_sizes });
}
