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

/** Fill a table, whose cells are kept from frame to frame. */
export function fillTable(/** @type {HTMLTableElement} */ table, /** @type {string[]} */ head, /** @type {string[][]} */ rows) {
  const all = [head, ...rows];
  while (table.rows.length > all.length) table.deleteRow(-1);
  all.forEach((cells, r) => {
    const row = table.rows[r] ?? table.insertRow();
    while (row.cells.length > cells.length) row.deleteCell(-1);
    cells.forEach((text, c) => {
      const cell = row.cells[c] ?? row.appendChild(make(r === 0 || c === 0 ? "th" : "td", { scope: r === 0 ? "col" : "row" }));
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
}

/** @type {WeakMap<Element, {width: number, height: number}>} */
const boxes = new WeakMap();

/** Clear a canvas, fitted to its size on the page in the screen's pixels; `resized` is called when that changes. */
export function cleared(/** @type {HTMLCanvasElement} */ canvas, /** @type {() => void} */ resized) {
  let box = boxes.get(canvas);
  if (!box) {
    box = canvas.getBoundingClientRect(); // which lays the page out: not at every frame
    boxes.set(canvas, box);
    new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = boxes.get(canvas) ?? contentRect;
      boxes.set(canvas, contentRect);
      if (contentRect.width !== width || contentRect.height !== height) resized();
    }).observe(canvas);
  }
  const ratio = devicePixelRatio || 1;
  const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  else {
    context.resetTransform();
    context.clearRect(0, 0, width, height);
  }
  return { context, width, height, ratio };
}
