// The page as a whole: who may see it, which view is shown, and when the service is asked.

import * as api from "./api.js";
import { by, say, show } from "./dom.js";
import { Shelf } from "./shelf.js";
import { Overview } from "./status.js";
import { BundleView } from "./bundle.js";

const EVERY_MS = 1000;
const MOST_MS = 10000;

const shelf = new Shelf(gate);
const overview = new Overview(() => poll(true));
const view = new BundleView(gate);
let timer = 0, asking = false, failures = 0, isIn = false, isShown = false;

function gate(problem = "") {
  isIn = isShown = false;
  clearTimeout(timer);
  view.close();
  for (const name of ["overview", "bundle", "machine"]) show(by(name), false);
  show(by("notice"), false);
  overview.tellState("The token is asked for", "quiet");
  by("gate-problem").textContent = problem;
  show(by("gate"), true);
  by("token").focus();
}

async function enter(token) {
  try {
    await api.begin(token.trim());
  } catch (problem) {
    gate(problem.message);
    return;
  }
  by("token").value = "";
  start();
}

function start() {
  isIn = true;
  poll();
}

/** Ask how the service is; the next time is counted from the answer, so that nothing piles up. */
async function poll(atOnce = false) {
  clearTimeout(timer);
  if (!isIn || asking || (document.hidden && !atOnce)) return;
  asking = true;
  try {
    const told = await api.status();
    failures = 0;
    overview.tell(told);
    if (!isShown) enterPage();
    await shelf.look(told.shelf);
    show(by("notice"), false);
  } catch (problem) {
    if (problem instanceof api.Refused) { gate(); return; }
    failures += 1;
    // One lost answer is nothing to worry anybody with.
    if (failures > 1 || problem.told) tellTrouble(problem);
  } finally {
    asking = false;
  }
  if (isIn) timer = setTimeout(poll, Math.min(MOST_MS, EVERY_MS * 2 ** failures));
}

/** Show the page, now that it is known that one may see it. */
function enterPage() {
  isShown = true;
  show(by("gate"), false);
  show(by("machine"), true);
  route();
}

function tellTrouble(problem) {
  by("notice").textContent = problem.told ?? "The service does not answer. What is shown is how it was last; it is asked again and again.";
  show(by("notice"), true);
  overview.tellState("Does not answer", "bad");
}

function route() {
  if (!isShown) return;
  const found = /^#\/bundle\/(.+)$/.exec(location.hash);
  show(by("overview"), !found);
  show(by("bundle"), Boolean(found));
  if (found) {
    view.open(decode(found[1]));
  } else {
    view.close();
    document.title = "karaokify";
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Take the token out of the address, where it would stay in the history. */
function tokenOfAddress() {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (found) history.replaceState(null, "", location.pathname);
  return found?.[1];
}

by("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(by("token").value);
});
window.addEventListener("hashchange", () => {
  const token = tokenOfAddress();
  if (token) { enter(token); return; }
  if (location.hash !== "#main") route();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
window.addEventListener("error", (event) => say(`This page has a fault: ${event.message}`));

const token = tokenOfAddress();
if (token) enter(token);
else start();
