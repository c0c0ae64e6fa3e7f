// The pointer and the keys on the map: they move the ends, pan, zoom and play.

export function listen(/** @type {import("./app.js").Explorer} */ page) {
  const { over, map } = page;
  let held = -1, panned = null;
  over.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    over.setPointerCapture(event.pointerId);
    const place = map.toPlace(event), at = map.toPixels(place), ratio = map.ratio ?? 1;
    const far = page.endPlaces().map((each) => { const p = map.toPixels(each); return Math.hypot(p.x - at.x, p.y - at.y); });
    const near = far[0] < far[1] ? 0 : 1;
    if (far[near] < 18 * ratio) {
      held = near;
      page.choose(near);
    } else if (event.shiftKey || event.button === 1) panned = place;
    else {
      held = page.active;
      page.drag(place);
    }
  });
  over.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (held >= 0) page.drag(map.toPlace(event), held);
    else if (panned) {
      const place = map.toPlace(event);
      map.centre.x += panned.x - place.x;
      map.centre.y += panned.y - place.y;
      map.stale = true;
      page.request();
    }
  });
  for (const name of ["pointerup", "pointercancel"]) over.addEventListener(name, () => { held = -1; panned = null; });
  over.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
    event.preventDefault();
    map.zoom(Math.exp(-event.deltaY / 400), map.toPlace(event));
    page.request();
  }, { passive: false });
  over.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => onKey(page, event));
  new ResizeObserver(() => { map.resize(); page.request(); }).observe(over);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.restyle());
  addEventListener("beforeprint", () => page.print(true));
  addEventListener("afterprint", () => page.print(false));
}

function onKey(/** @type {import("./app.js").Explorer} */ page, /** @type {KeyboardEvent} */ event) {
  /** @type {Record<string, [number, number]>} */
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const key = event.key.toLowerCase();
  if (event.key in arrows) {
    const [x, y] = arrows[event.key], step = page.map.span * (event.shiftKey ? 0.05 : 0.01), from = page.endPlaces()[page.active];
    page.drag({ x: from.x + x * step, y: from.y + y * step });
  } else if (key === "a" || key === "b") page.choose(key === "a" ? 0 : 1);
  else if (key === " ") page.toggle();
  else if (key === "+" || key === "=" || key === "-") {
    page.map.zoom(key === "-" ? 0.8 : 1.25, page.map.centre);
    page.request();
  } else return;
  event.preventDefault();
}
