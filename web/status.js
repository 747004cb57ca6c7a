// What the service does now, what waits, what failed.

import * as api from "./api.js";
import { by, el, keep, put, say, show } from "./dom.js";
import { ago, many, size, span } from "./words.js";

// The stages in their order, with how much of the bar each gets.
const STAGES = [
  ["probe", "Looking at it", 0.4], ["decode", "Decoding", 1.2], ["transcribe", "Recognising words", 5],
  ["highlight", "Choosing highlights", 1], ["caption", "Laying out captions", 0.6],
  ["render", "Rendering", 5], ["verify", "Checking", 0.6], ["publish", "Publishing", 0.4],
];
const PLACE = new Map(STAGES.map(([name], i) => [name, i]));
const SHOWN = 12;
const MOST_FAILURES = 20;  // as many as the service tells

export class Overview {
  #asked;
  #known = null;  // names of failures that were told already
  #done = null;

  constructor(asked) {
    this.#asked = asked;
  }

  tell(told) {
    const live = told.live;
    this.#tellHead(told);
    this.#tellRunning(told, live);
    this.#tellQueue(told, live);
    this.#tellFailures(told);
    this.#tellMachine(told, live);
    this.#announce(told);
  }

  tellState(text, tone) {
    by("state").dataset.tone = tone;
    put(by("state-text"), text);
  }

  #tellHead(told) {
    const { live } = told;
    if (!live) this.tellState("Has not run yet", "quiet");
    else if (told.problem) this.tellState(told.is_alive ? "Cannot work" : "Does not run", "bad");
    else if (live.state !== "serving") this.tellState(sentence(live.state), "quiet");
    else this.tellState(live.running.length ? `${live.running.length} at work` : "Ready", live.running.length ? "busy" : "good");
    by("state").title = told.problem || (live ? `For ${span(told.now - live.started)}` : "");
  }

  #tellRunning(told, live) {
    const box = by("running");
    const problem = told.is_alive && told.problem;
    keep(box, live.running, (one) => one.id, job, updateJob);
    if (live.running.length) return;
    const text = problem ? `It cannot work: ${told.problem}.` : this.#idle(told, live);
    keep(box, [text], () => `none:${text}`, () => el("div", { class: "empty" }, wave(), el("p", {}, text)));
  }

  #idle(told, live) {
    if (!told.is_alive) return "The service does not run, so nothing is made. Start it, and this page shows what it does.";
    if (live.queued) return "Nothing is at work yet. What waits, and why, stands below.";
    return `Nothing to do. Drop a recording into ${told.inbox}, and it appears here.`;
  }

  #tellQueue(told, live) {
    const files = [...live.queue, ...(live.refused ?? []).map((one) => ({ ...one, refused: true }))];
    const shown = files.slice(0, SHOWN);
    show(by("waiting"), files.length > 0);
    put(by("waiting-count"), live.queued ? String(live.queued) : "");
    keep(by("queue"), shown, (one) => one.name, queued, (item, one) => updateQueued(item, one, told.now));
    const more = live.queued + (live.refused?.length ?? 0) - shown.length;
    show(by("queue-more"), more > 0);
    put(by("queue-more"), `and ${many(more, "more", "more")}`);
  }

  #tellFailures(told) {
    const failures = told.failures;
    show(by("failed"), failures.length > 0);
    put(by("failed-count"), String(failures.length) + (failures.length >= MOST_FAILURES ? "+" : ""));
    keep(by("failures"), failures, (one) => `${one.name} ${one.at}`, (one) => failure(one, this.#asked), (item, one) => {
      put(item.querySelector("time"), ago(told.now - Date.parse(one.at) / 1000));
    });
    show(by("failed-more"), failures.length >= MOST_FAILURES);
    put(by("failed-more"), `The latest ${MOST_FAILURES}. All of them are in the failed folder.`);
  }

  #tellMachine(told, live) {
    const parts = live.workers.map((one) => (one.model ? `${one.model} on ${one.device}` : "no model in memory"));
    if (told.memory_free !== null) parts.push(`${size(told.memory_free)} of memory free`);
    for (const disk of told.disks.slice(0, 2)) parts.push(`${size(disk.free)} of ${size(disk.total)} free on the disk of ${disk.folders.slice(0, 3).join(", ")}`);
    const counts = ["done", "failed"].filter((state) => told.jobs[state]).map((state) => `${told.jobs[state].toLocaleString()} ${state}`);
    keep(by("machine"), [...counts, ...parts, live.version ? `karaokify-daemon ${live.version}` : ""].filter(Boolean), (text) => text, (text) => el("span", {}, text));
  }

  #announce(told) {
    const names = new Set(told.failures.map((one) => `${one.name} ${one.at}`));
    if (this.#known) {
      for (const one of told.failures) if (!this.#known.has(`${one.name} ${one.at}`)) say(`${one.name} failed: ${one.problem}`);
      const more = (told.jobs.done ?? 0) - this.#done;
      if (more > 0) say(`${many(more, "recording is", "recordings are")} finished.`);
    }
    this.#known = names;
    this.#done = told.jobs.done ?? 0;
  }
}

function job() {
  const track = el("div", { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 });
  for (const [name, label, share] of STAGES) {
    const part = el("span", { class: "part", title: label, "data-stage": name }, el("i"));
    part.style.flexGrow = share;
    track.append(part);
  }
  return el("article", { class: "job" },
    el("div", { class: "line" }, el("h3", { dir: "ltr" }), el("span", { class: "left" })),
    track,
    el("div", { class: "line small" }, el("span", { class: "stage-name" }), el("span", { class: "speed" })),
    el("p", { class: "waits", hidden: true }));
}

function updateJob(card, one) {
  const place = PLACE.get(one.stage) ?? 0;
  const label = STAGES[place][1], percent = Math.round(100 * one.fraction);
  put(card.querySelector("h3"), one.name);
  put(card.querySelector(".left"), one.eta === null ? `${span(one.in_job)} so far` : `about ${span(one.eta)} left`);
  put(card.querySelector(".stage-name"), `${label} · ${percent} %`);
  put(card.querySelector(".speed"), one.speed === null ? "" : `${one.speed.toFixed(1)} × real time`);
  put(card.querySelector(".waits"), one.waits_for ? `Waits: ${one.waits_for}` : "");
  show(card.querySelector(".waits"), Boolean(one.waits_for));
  const track = card.querySelector(".track");
  track.setAttribute("aria-label", `${one.name}: ${label}`);
  track.setAttribute("aria-valuenow", percent);
  track.classList.toggle("paused", Boolean(one.waits_for));
  [...track.children].forEach((part, i) => {
    part.classList.toggle("current", i === place);
    part.firstChild.style.transform = `scaleX(${i < place ? 1 : i > place ? 0 : one.fraction})`;
  });
}

function queued() {
  return el("li", {}, el("div", { class: "line" }, el("strong", { dir: "ltr" }), el("span", { class: "when" })), el("p", { class: "why" }));
}

function updateQueued(item, one, now) {
  item.classList.toggle("refused", Boolean(one.refused));
  put(item.querySelector("strong"), one.name);
  put(item.querySelector(".why"), one.refused ? `Never taken: ${one.reason}` : one.reason);
  const until = one.until === null ? "" : one.until > now ? `in ${span(one.until - now)}` : "now";
  put(item.querySelector(".when"), until || (one.since ? `for ${span(now - one.since)}` : ""));
}

function failure(one, asked) {
  const button = el("button", { type: "button", "aria-label": `Try ${one.name} again` }, "Try again");
  const problem = el("p", { class: "problem", role: "alert" });
  button.addEventListener("click", () => again(one, button, problem, asked));
  return el("li", { class: "failure" },
    el("div", { class: "line" }, el("strong", { dir: "ltr" }, one.name), el("time", { datetime: one.at, class: "when" })),
    el("p", { class: "why" }, sentence(one.problem || "No reason is written beside it")),
    one.advice ? el("p", { class: "advice" }, one.advice) : null,
    el("div", { class: "row" }, button, one.code ? el("code", { class: "faint" }, one.code) : null),
    problem);
}

async function again(one, button, problem, asked) {
  button.disabled = true;
  button.textContent = "Moving it back …";
  problem.textContent = "";
  try {
    say((await api.retry(one.name)).done);
  } catch (trouble) {
    problem.textContent = trouble.message;
    button.textContent = "Try again";
    button.disabled = false;
    return;
  }
  button.textContent = "Back in the inbox";
  asked();
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

/** A still waveform: decoration of what is empty. */
export function wave() {
  const heights = [0.2, 0.45, 0.9, 0.6, 1, 0.75, 0.35, 0.55, 0.85, 0.4, 0.65, 0.25];
  const bars = heights.map((height) => {
    const bar = el("i");
    bar.style.height = `${100 * height}%`;
    return bar;
  });
  return el("div", { class: "wave", "aria-hidden": "true" }, ...bars);
}
