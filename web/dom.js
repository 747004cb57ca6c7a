// Elements. Names and texts come from strangers: they are set as text, and never read as HTML.

export const by = (id) => document.getElementById(id);

/** Make an element: el("p", { class: "faint", title }, "text", child, …). */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Set a text where it differs, so that screen readers and selections are left alone. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/**
 * Have a list hold one element for each item, by its key: those that stay keep their focus and their
 * transitions. `make` returns an element for an item, `update` brings one up to date.
 */
export function keep(list, items, key, make, update) {
  const wanted = new Set(items.map(key));
  for (const child of [...list.children]) if (!wanted.has(child.dataset.key)) child.remove();
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let child = old.get(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    update?.(child, item);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
}

let toastEnds = 0;

/** Say something for a moment, to eyes and to screen readers. */
export function say(text, { seen = true } = {}) {
  by("said").textContent = text;
  if (!seen) return;
  const toast = by("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { toast.hidden = true; }, 6000);
}
