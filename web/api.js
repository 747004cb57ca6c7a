// What is asked of the service. Whoever lacks the token is sent to the gate.

export class Refused extends Error {}

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    credentials: "same-origin",
    signal: AbortSignal.timeout(15000),
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new Refused(told.error);
  if (!answer.ok) {
    const problem = new Error(told.error || `The service answered ${answer.status}.`);
    problem.told = told.error;
    throw problem;
  }
  return told;
}

const post = (path, content) => ask(path, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-Karaokify": "1" },
  body: JSON.stringify(content),
});

export const begin = (token) => post("api/session", { token });
export const retry = (name) => post("api/retry", { name });
export const status = () => ask("api/status");
export const bundle = (name) => ask(`api/bundles/${encodeURIComponent(name)}`);
export const bundles = (offset, limit, query) =>
  ask(`api/bundles?${new URLSearchParams({ offset, limit, q: query })}`);
export const file = (bundleName, name) =>
  `files/${encodeURIComponent(bundleName)}/${encodeURIComponent(name)}`;
export const content = (bundleName, name) => ask(file(bundleName, name));
