// One bundle: its videos, the transcript beside them, chapters, files.

import * as api from "./api.js";
import { by, el, put, show } from "./dom.js";
import { Singing } from "./singing.js";
import { Transcript } from "./transcript.js";
import { clock, day, language, many, size } from "./words.js";

// What the files are, by how they end; the longest ending that fits counts.
const KINDS = [
  [".ultrastar.txt", "For UltraStar and other singing games"], [".mp4", "Video"], [".srt", "Subtitles, SubRip"],
  [".vtt", "Subtitles, WebVTT with word times"], [".ass", "Subtitles, as the video shows them"],
  [".ttml", "Subtitles for broadcasters, TTML"], [".lrc", "For music players, enhanced LRC"],
  [".txt", "The words alone"], [".md", "Summary"], [".jpg", "Picture"], [".json", "Data"],
];
const NAMES = { "manifest.json": "How it was made", "poster.jpg": "Poster", "contact.jpg": "Contact sheet", "summary.md": "Summary" };

export class BundleView {
  #gate;
  #video = by("video");
  #singing = new Singing(this.#video);
  #name = null;
  #transcript = null;  // what STEM.json holds

  constructor(gate) {
    this.#gate = gate;
    this.#video.addEventListener("timeupdate", () => this.#markChapter());
    this.#video.addEventListener("error", () => this.#tellUnplayable());
  }

  async open(name) {
    if (name === this.#name) return;
    this.close();
    this.#name = name;
    put(by("bundle-title"), name);
    put(by("bundle-facts"), "Looking …");
    window.scrollTo(0, 0);
    try {
      const told = await api.bundle(name);
      if (this.#name === name) await this.#tell(told);
    } catch (problem) {
      if (problem instanceof api.Refused) this.#gate();
      else if (this.#name === name) put(by("bundle-facts"), problem.told ? "It is not there any more." : "The service does not answer.");
    }
  }

  close() {
    this.#name = this.#transcript = null;
    this.#video.removeAttribute("src");
    this.#video.removeAttribute("poster");
    this.#video.load();
    this.#singing.show(null);
    for (const name of ["reels", "chapters", "warnings", "lines-none"]) show(by(name), false);
    by("files").replaceChildren();
  }

  async #tell(told) {
    document.title = `${told.title} · karaokify`;
    put(by("bundle-title"), told.title);
    by("bundle-title").focus({ preventScroll: true });
    const facts = [
      told.source, told.seconds === null ? "" : clock(told.seconds), told.words === null ? "" : many(told.words, "word", "words"),
      language(told.language), told.preset && `preset ${told.preset}`, day(told.created),
    ];
    by("bundle-facts").replaceChildren(...facts.filter(Boolean).map((fact) => el("span", { dir: "ltr" }, fact)));
    const files = told.files.toSorted((a, b) => this.#rank(a.name) - this.#rank(b.name));
    by("files").replaceChildren(...files.map((file) => this.#file(file)));
    by("warnings").replaceChildren(...told.warnings.map((text) => el("li", {}, text)));
    show(by("warnings"), told.warnings.length > 0);
    this.#tellReels(told);
    if (told.transcript) {
      const content = await api.content(told.name, told.transcript).catch(() => null);
      if (this.#name !== told.name) return;
      this.#transcript = content;
    }
    if (told.videos.length) await this.#play(told, told.videos[0]);
    else this.#tellTranscript(new Transcript(this.#transcript));
  }

  #tellReels(told) {
    show(by("reels"), told.videos.length > 1);
    by("reels").replaceChildren(...told.videos.map((video) => {
      const button = el("button", { type: "button", class: "chip", "aria-pressed": "false", title: video.title }, label(video));
      button.addEventListener("click", () => this.#play(told, video));
      return button;
    }));
  }

  async #play(told, video) {
    [...by("reels").children].forEach((chip, i) => chip.setAttribute("aria-pressed", String(told.videos[i] === video)));
    if (video.poster) this.#video.poster = api.file(told.name, video.poster);
    this.#video.src = api.file(told.name, video.file);
    this.#video.setAttribute("aria-label", `${told.title}: ${label(video)}`);
    let clips = null;
    if (video.clips) {
      const reel = await api.content(told.name, video.clips).catch(() => null);
      if (this.#name !== told.name) return;
      clips = Array.isArray(reel?.clips) ? reel.clips : [];
    }
    this.#tellTranscript(new Transcript(this.#transcript, video.kind === "reel" ? clips ?? [] : null));
    this.#tellChapters(clips ? clips.map((clip) => ({ start: clip.output_start, title: clip.title })) : told.chapters);
  }

  #tellTranscript(transcript) {
    this.#singing.show(transcript);
    show(by("lines-none"), transcript.words.length === 0);
    put(by("lines-none"), this.#transcript ? "Nothing is said in it." : "There is no transcript in this bundle.");
  }

  #tellChapters(chapters) {
    const titled = chapters.filter((one) => one.title && Number.isFinite(one.start));
    show(by("chapters"), titled.length > 1);
    by("chapters").querySelector("ol").replaceChildren(...titled.map((one) => {
      const button = el("button", { type: "button", class: "chapter" }, el("span", { class: "at" }, clock(one.start)), el("span", { dir: "auto" }, one.title));
      button.seconds = one.start;
      button.addEventListener("click", () => { this.#video.currentTime = one.start; });
      return el("li", {}, button);
    }));
    this.#markChapter();
  }

  #markChapter() {
    const buttons = [...by("chapters").querySelectorAll("button")];
    const current = buttons.findLast((button) => button.seconds <= this.#video.currentTime + 0.05);
    for (const button of buttons) {
      if (button === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  #file({ name, bytes }) {
    const ending = KINDS.find(([text]) => name.toLowerCase().endsWith(text));
    const isTranscript = name === `${this.#name}.json`;
    const what = isTranscript ? "Transcript with word times" : NAMES[name] ?? ending?.[1] ?? "";
    return el("li", {},
      el("a", { href: `${api.file(this.#name, name)}?download`, download: name },
        el("span", { class: "file", dir: "ltr" }, name), el("span", { class: "faint" }, `${what} · ${size(bytes)}`)));
  }

  /** Videos first, then texts, what is for programs last. */
  #rank(name) {
    if (name === `${this.#name}.mp4`) return -2;
    if (name === `${this.#name}.json`) return 0.5;
    const place = KINDS.findIndex(([text]) => name.toLowerCase().endsWith(text));
    return name in NAMES ? 100 + place : place || 9.5;
  }

  #tellUnplayable() {
    if (this.#video.hasAttribute("src")) by("bundle-facts").append(el("span", { class: "bad" }, "This browser cannot play the video; it can be fetched below."));
  }
}

/** "" -> "Full video", "short-1" -> "Short 1". */
function label({ kind, label: text }) {
  if (kind === "full") return "Full video";
  const words = text.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
