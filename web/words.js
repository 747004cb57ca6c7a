// Numbers and times as people say them.

/** 75 -> "1:15", 3675 -> "1:01:15": a place in a recording. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** How long something takes or has taken: "5 s", "3 min", "2 h 5 min", "4 days". */
export function span(seconds) {
  const s = Math.max(0, seconds);
  if (s < 59.5) return `${Math.round(s)} s`;
  if (s < 3570) return `${Math.round(s / 60)} min`;
  if (s < 2 * 86400) {
    const minutes = Math.round(s / 60);
    return minutes % 60 && s < 36000 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.round(minutes / 60)} h`;
  }
  return `${Math.round(s / 86400)} days`;
}

export function ago(seconds) {
  return seconds < 45 ? "just now" : `${span(seconds)} ago`;
}

const SIZES = ["bytes", "kB", "MB", "GB", "TB"];

export function size(bytes) {
  let value = bytes, unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) { value /= 1000; unit += 1; }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit]}`;
}

export function day(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function language(code) {
  if (!/^[a-z]{2,3}$/.test(code)) return "";
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(code);
  } catch {
    return code;
  }
}

export function many(count, one, more) {
  return `${count.toLocaleString()} ${count === 1 ? one : more}`;
}
