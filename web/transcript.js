// A transcript as data: lines of words with their times, and which word is heard at a moment.

// Languages written without spaces between words, and from right to left (codes of Whisper's).
const UNSPACED = new Set(["zh", "ja", "th", "lo", "my", "yue", "km", "bo"]);
const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur", "yi", "ps", "sd"]);
const LONGEST_LINE_S = 20;  // a segment of minutes is no line

export class Transcript {
  /** `told` is a bundle's STEM.json; `clips`, if given, those of a reel that is made of it. */
  constructor(told, clips = null) {
    const language = /^[a-z]{2,3}$/.test(told?.language) ? told.language : "";
    this.language = language;
    this.isRightToLeft = RIGHT_TO_LEFT.has(language);
    this.joiner = UNSPACED.has(language) ? "" : " ";
    const lines = segments(told).flatMap(shortened);
    this.lines = clips ? clips.flatMap((clip) => clipped(lines, clip)) : lines;
    this.words = this.lines.flat();
    this.starts = Float64Array.from(this.words, (word) => word.start);
    this.lineOf = Uint32Array.from(this.lines.flatMap((line, i) => line.map(() => i)));
  }

  /** Return the place of the word that began last before a moment, -1 before the first. */
  at(seconds) {
    let low = 0, high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= seconds) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Return how much of a word has been heard, 0 to 1. */
  heard(place, seconds) {
    const { start, end } = this.words[place];
    return end > start ? Math.min(1, Math.max(0, (seconds - start) / (end - start))) : 1;
  }
}

function segments(told) {
  const found = Array.isArray(told?.segments) ? told.segments : [];
  const lines = found.map((segment) => (Array.isArray(segment?.words) ? segment.words : []).filter(isWord));
  return lines.filter((line) => line.length).map((line) => line.map(({ text, start, end }) => ({ text, start, end })));
}

function isWord(word) {
  return typeof word?.text === "string" && Number.isFinite(word.start) && Number.isFinite(word.end);
}

/** Cut a line that is too long to be followed after a sentence, or where it must be. */
function shortened(line) {
  const lines = [[]];
  for (const word of line) {
    const last = lines.at(-1);
    const lasts = last.length ? word.start - last[0].start : 0;
    if ((lasts > LONGEST_LINE_S / 3 && /[.!?…。！？]["”»’]?$/.test(last.at(-1).text)) || lasts > LONGEST_LINE_S) lines.push([word]);
    else last.push(word);
  }
  return lines;
}

/** Return the lines of one clip of a reel, with the times that its words have there. */
function clipped(lines, clip) {
  const cuts = Array.isArray(clip?.cuts) ? clip.cuts : [];
  const total = cuts.reduce((sum, [start, end]) => sum + end - start, 0);
  // Neighbouring cuts fade into one another, so a clip is shorter than what it is made of.
  const fade = cuts.length > 1 ? (total - (clip.output_end - clip.output_start)) / (cuts.length - 1) : 0;
  const found = [];
  let output = clip.output_start;
  for (const [start, end] of cuts) {
    const moved = (time) => output + Math.min(Math.max(time, start), end) - start;
    for (const line of lines) {
      const words = line.filter((word) => word.start >= start - 0.01 && word.start < end)
        .map((word) => ({ text: word.text, start: moved(word.start), end: moved(word.end) }));
      if (words.length) found.push(words);
    }
    output += end - start - fade;
  }
  return found;
}
