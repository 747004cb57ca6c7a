// The transcript beside the video: the word that is heard is lit, as in the captions.

import { by, el, show } from "./dom.js";
import { clock } from "./words.js";

const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class Singing {
  #video;
  #box = by("lines");
  #button = by("follow");
  #transcript = null;
  #rows = [];
  #words = [];
  #place = -1;
  #row = -1;
  #frame = 0;
  #follows = true;

  constructor(video) {
    this.#video = video;
    for (const name of ["timeupdate", "seeking", "seeked", "pause", "loadedmetadata"]) video.addEventListener(name, () => this.#light());
    video.addEventListener("play", () => this.#run());
    this.#box.addEventListener("click", (event) => this.#clicked(event));
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    for (const name of ["wheel", "touchmove"]) this.#box.addEventListener(name, () => this.#follow(false), { passive: true });
    this.#box.addEventListener("pointerdown", (event) => { if (event.target === this.#box) this.#follow(false); });  // its scroll bar
    this.#button.addEventListener("click", () => this.#follow(!this.#follows));
  }

  /** Show a transcript; none where there is none. */
  show(transcript) {
    cancelAnimationFrame(this.#frame);
    this.#transcript = transcript;
    this.#place = this.#row = -1;
    this.#words = [];
    this.#rows = (transcript?.lines ?? []).map((line) => this.#line(line, transcript.joiner));
    this.#box.replaceChildren(...this.#rows);
    this.#box.scrollTop = 0;
    this.#box.lang = transcript?.language ?? "";
    this.#box.dir = transcript?.isRightToLeft ? "rtl" : "ltr";
    if (this.#rows.length) this.#rows[0].firstChild.tabIndex = 0;
    show(this.#box, this.#rows.length > 0);
    show(this.#button, this.#rows.length > 0);
    this.#follow(true);
    if (!this.#video.paused) this.#run();
  }

  #line(line, joiner) {
    const text = el("p", { dir: "auto" });
    line.forEach((word, i) => {
      const shown = el("span", { class: "word" }, word.text);
      shown.place = this.#words.length;
      this.#words.push(shown);
      text.append(shown);
      if (joiner && i < line.length - 1) text.append(joiner);
    });
    const time = el("button", { type: "button", class: "time", tabindex: -1, "aria-label": `Play from ${clock(line[0].start)}` }, clock(line[0].start));
    time.seconds = line[0].start;
    return el("div", { class: "row" }, time, text);
  }

  /** Light the words as they are heard, frame by frame while it plays. */
  #run() {
    cancelAnimationFrame(this.#frame);
    const step = () => {
      this.#light();
      if (!this.#video.paused) this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #light() {
    if (!this.#transcript) return;
    const seconds = this.#video.currentTime, place = this.#transcript.at(seconds);
    if (place !== this.#place) this.#move(place);
    if (place >= 0) {
      const heard = Math.round(100 * this.#transcript.heard(place, seconds));
      this.#words[place].style.setProperty("--heard", `${heard}%`);
    }
  }

  #move(place) {
    const row = place < 0 ? -1 : this.#transcript.lineOf[place];
    const old = this.#words[this.#place];
    old?.classList.remove("current");
    old?.style.removeProperty("--heard");
    old?.removeAttribute("aria-current");
    if (row !== this.#row) {
      this.#leave();
      this.#enter(row);
    }
    if (row >= 0) {
      for (const word of this.#wordsOf(row)) word.classList.toggle("sung", word.place < place);
      this.#words[place].classList.add("current");
      this.#words[place].setAttribute("aria-current", "true");
    }
    this.#place = place;
  }

  #leave() {
    if (this.#row < 0) return;
    this.#rows[this.#row].classList.remove("now");
    for (const word of this.#wordsOf(this.#row)) word.classList.remove("sung");
  }

  #enter(row) {
    this.#row = row;
    if (row < 0) return;
    this.#rows[row].classList.add("now");
    if (!this.#box.contains(document.activeElement)) this.#choose(row);
    if (this.#follows) this.#reveal(row);
  }

  #wordsOf(row) {
    return this.#rows[row].lastChild.children;
  }

  /** Bring a line into view, at about a third of the box; the page itself is not moved. */
  #reveal(row, tries = 12) {
    const wanted = Math.max(0, this.#rows[row].offsetTop - this.#box.clientHeight * 0.3);
    const top = Math.min(wanted, this.#box.scrollHeight - this.#box.clientHeight);
    const far = Math.abs(top - this.#box.scrollTop);
    if (far < this.#box.clientHeight && tries === 12) {
      this.#box.scrollTo({ top, behavior: CALM.matches ? "instant" : "smooth" });
    } else if (tries) {
      if (far > 2) this.#box.scrollTo({ top, behavior: "instant" });
      // Lines that were never seen are as high as they were guessed to be, until some frames later.
      requestAnimationFrame(() => { if (this.#row === row && this.#follows) this.#reveal(row, tries - 1); });
    }
  }

  #follow(follows) {
    this.#follows = follows;
    this.#button.setAttribute("aria-pressed", String(follows));
    this.#button.textContent = follows ? "Following" : "Follow";
    if (follows && this.#row >= 0) this.#reveal(this.#row);
  }

  #clicked(event) {
    const word = event.target.closest(".word"), time = event.target.closest(".time");
    if (!getSelection().isCollapsed) return;  // somebody selects text
    if (word) this.#seek(this.#transcript.words[word.place].start);
    else if (time) this.#seek(time.seconds);
  }

  #seek(seconds) {
    this.#video.currentTime = seconds + 0.001;  // not a rounding before the word
    this.#follow(true);
    this.#light();
  }

  #pressed(event) {
    if (["PageUp", "PageDown"].includes(event.key)) this.#follow(false);
    const here = this.#rows.indexOf(event.target.closest(".row"));
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: this.#rows.length - 1 }[event.key];
    if (there === undefined || !this.#rows[there]) return;
    event.preventDefault();
    this.#follow(false);
    this.#choose(there);
    this.#rows[there].firstChild.focus();
  }

  /** Let one line be where the Tab key stops: thousands of stops are none. */
  #choose(row) {
    const old = this.#box.querySelector('.time[tabindex="0"]');
    if (old) old.tabIndex = -1;
    this.#rows[row].firstChild.tabIndex = 0;
  }
}
