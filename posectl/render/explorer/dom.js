// Make the elements of the page. Words go in as text, never as markup.

/**
 * Make an element with attributes (`on...` are listeners) and children, words or elements.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** A labelled list to choose from. */
export function choice(/** @type {string} */ label, /** @type {string[]} */ names, /** @type {(index: number) => void} */ chosen) {
  const list = make("select", { onchange: () => chosen(list.selectedIndex), "aria-label": label });
  names.forEach((name) => list.append(make("option", {}, name)));
  return { element: make("label", { class: "field" }, make("span", {}, label), list), list };
}

/** A labelled slider. */
export function slider(/** @type {string} */ label, /** @type {{min: number, max: number, step: number, value: number}} */ range, /** @type {(value: number) => void} */ moved) {
  const input = make("input", { type: "range", ...Object.fromEntries(Object.entries(range).map(([k, v]) => [k, String(v)])), "aria-label": label });
  input.addEventListener("input", () => moved(Number(input.value)));
  return { element: make("label", { class: "slider" }, make("span", {}, label), input), input };
}

export function button(/** @type {string} */ label, /** @type {() => void} */ pressed, /** @type {string} */ title = "") {
  return make("button", { type: "button", onclick: pressed, ...(title ? { title } : {}) }, label);
}
