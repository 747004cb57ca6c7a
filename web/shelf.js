// Finished bundles: a page of them, the newest first.

import * as api from "./api.js";
import { by, el, keep, put, say, show } from "./dom.js";
import { wave } from "./status.js";
import { clock, day, language, many } from "./words.js";

const PAGE = 24;
const SEARCHED_FROM = 9;  // fewer are seen at a glance
const TYPED_MS = 250;

export class Shelf {
  #gate;
  #version = null;
  #offset = 0;
  #query = "";
  #asked = 0;
  #typed = 0;

  constructor(gate) {
    this.#gate = gate;
    by("newer").addEventListener("click", () => this.#go(this.#offset - PAGE));
    by("older").addEventListener("click", () => this.#go(this.#offset + PAGE));
    by("search").addEventListener("input", () => {
      clearTimeout(this.#typed);
      this.#typed = setTimeout(() => {
        this.#query = by("search").value.trim();
        this.#offset = 0;
        this.#load().catch(tell);
      }, TYPED_MS);
    });
  }

  /** Ask for the bundles where some have come or gone since. */
  async look(version) {
    if (version === this.#version) return;
    await this.#load();
    this.#version = version;
  }

  async #go(offset) {
    this.#offset = Math.max(0, offset);
    await this.#load().catch(tell);
    by("finished").scrollIntoView();
  }

  async #load() {
    const asked = ++this.#asked;
    try {
      const told = await api.bundles(this.#offset, PAGE, this.#query);
      if (asked !== this.#asked) return;  // another page was asked for meanwhile
      if (told.total && this.#offset >= told.total) {
        this.#offset = PAGE * Math.floor((told.total - 1) / PAGE);
        await this.#load();
        return;
      }
      this.#tell(told);
    } catch (problem) {
      if (problem instanceof api.Refused) this.#gate();
      else throw problem;
    }
  }

  #tell({ total, bundles }) {
    put(by("finished-count"), total ? total.toLocaleString() : "");
    show(by("search-box"), total >= SEARCHED_FROM || this.#query !== "");
    keep(by("bundles"), bundles, (one) => `${one.name} ${one.at}`, card);
    const none = by("bundles-none");
    show(none, total === 0);
    const text = this.#query ? `No finished recording has “${this.#query}” in its name.` : "Nothing is finished yet. Each recording becomes a video here, with its transcript and subtitles.";
    if (total === 0 && none.textContent !== text) none.replaceChildren(wave(), el("span", {}, text));
    show(by("pages"), total > PAGE);
    put(by("page-text"), `${this.#offset + 1} to ${this.#offset + bundles.length} of ${total.toLocaleString()}`);
    by("newer").disabled = this.#offset === 0;
    by("older").disabled = this.#offset + PAGE >= total;
  }
}

function tell(problem) {
  say(problem.told ?? "The service does not answer.");
}

function card(one) {
  const picture = one.poster
    ? el("img", { src: `${api.file(one.name, "poster.jpg")}?${Math.round(one.at)}`, alt: "", loading: "lazy", decoding: "async" })
    : wave();
  if (one.poster) picture.addEventListener("error", () => picture.replaceWith(wave()));
  const facts = [day(one.created), language(one.language), one.words === null ? "" : many(one.words, "word", "words")];
  return el("li", {},
    el("a", { class: "card", href: `#/bundle/${encodeURIComponent(one.name)}` },
      el("div", { class: "poster" }, picture, one.seconds === null ? null : el("span", { class: "length" }, clock(one.seconds)), el("span", { class: "play", "aria-hidden": "true" })),
      el("div", { class: "about" },
        el("h3", { dir: "auto", title: one.title }, one.title),
        el("p", { class: "faint" }, facts.filter(Boolean).join(" · ")))));
}
