// What is asked of the server. An error holds the server's one sentence.

async function call(method, path, body, type = "application/json") {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      body,
      headers: body === undefined ? {} : { "content-type": type },
    });
  } catch {
    throw new Error("The studio does not answer. Is it still running?");
  }
  const json = (answer.headers.get("content-type") || "").includes("json");
  const value = json ? await answer.json() : { error: await answer.text() };
  if (!answer.ok) throw new Error(value.error || `The studio answered ${answer.status}.`);
  return value;
}

export const get = (path) => call("GET", path);
export const post = (path, value = {}) => call("POST", path, JSON.stringify(value));
export const remove = (path) => call("DELETE", path);
export const upload = (blob) => call("POST", "/api/uploads", blob, "application/octet-stream");

const part = encodeURIComponent;
export const runPath = (run) => `/api/runs/${part(run)}`;
export const photoUrl = (card) => `${runPath(card.name)}/photo`;
export const scaleUrl = (run, scale, kind) => `${runPath(run)}/scales/${scale}/${kind}`;
export const fileUrl = (job, file) => `${runPath(job.run)}/results/${part(job.id)}/files/${part(file)}`;
export const zipUrl = (job) => `${runPath(job.run)}/results/${part(job.id)}/all.zip`;

let about;
export const getAbout = () => (about ??= get("/api/about"));

export function startTask(run, task, args, inputs = {}) {
  return post(`${runPath(run)}/results`, { task, arguments: args, inputs });
}
