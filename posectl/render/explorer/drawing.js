// Draw one sample on a canvas: a pose or a cloud as a camera sees it that goes round it, an image as its pixels.

/** @typedef {{yaw: number, pitch: number}} Camera */
/** @typedef {{left: string, right: string, middle: string, ghost: string, ink: string, floor: string}} Look */
/** @typedef {{kind: string, shape: number[], parents: number[], side: string[], up: string, reach: number}} Scene */

/** What a page says of how to draw its samples. */
export function sceneOf(/** @type {any} */ header) {
  const { kind, shape, skeleton, up, reach } = header, parents = skeleton?.parents ?? [];
  const side = parents.map((/** @type {number} */ _, /** @type {number} */ j) =>
    skeleton.left.includes(j) ? "left" : skeleton.right.includes(j) ? "right" : "middle");
  return { kind, shape, parents, side, up, reach };
}

/** Let a canvas turn a camera: dragged, or by the arrow keys. */
export function turnable(/** @type {HTMLCanvasElement} */ canvas, /** @type {Camera} */ camera, /** @type {() => void} */ turned) {
  const turn = (/** @type {number} */ yaw, /** @type {number} */ pitch) => {
    camera.yaw += yaw;
    camera.pitch = Math.max(-1.5, Math.min(1.5, camera.pitch + pitch));
    turned();
  };
  /** @type {{x: number, y: number} | null} */
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    from = { x: event.clientX, y: event.clientY };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    turn((event.clientX - from.x) / 120, (event.clientY - from.y) / 120);
    from = { x: event.clientX, y: event.clientY };
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { from = null; });
  canvas.addEventListener("keydown", (event) => {
    /** @type {Record<string, [number, number]>} */
    const turns = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (!(event.key in turns)) return;
    event.preventDefault();
    turn(...turns[event.key]);
  });
}

/** Draw the sample at `from` in an array, with another behind it as a ghost. */
export function drawSample(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ width, /** @type {number} */ height, /** @type {Scene} */ scene, /** @type {Camera} */ camera, /** @type {Look} */ look, /** @type {ArrayLike<number>} */ samples, /** @type {number} */ from, /** @type {{samples: ArrayLike<number>, from: number} | null} */ ghost) {
  if (scene.kind === "images") return drawImage(context, width, height, scene, samples, from);
  const project = projection(width, height, scene, camera);
  if (scene.kind === "clouds") return drawCloud(context, project, scene, look, samples, from);
  drawFloor(context, project, scene, look, samples, from);
  if (ghost) drawPose(context, project, scene, { ...look, left: look.ghost, right: look.ghost, middle: look.ghost }, ghost.samples, ghost.from, 0.7);
  return drawPose(context, project, scene, look, samples, from, 1);
}

/** From a point of a sample to the canvas: (x, y, depth, pixels a metre), up axis upright, in perspective. */
function projection(/** @type {number} */ width, /** @type {number} */ height, /** @type {Scene} */ scene, /** @type {Camera} */ camera) {
  const axis = "xyz".indexOf(scene.up[1]), sign = scene.up[0] === "-" ? -1 : 1;
  const [first, second] = axis === 2 ? [0, 1] : axis === 1 ? [2, 0] : [1, 2];
  const [cy, sy, cp, sp] = [Math.cos(camera.yaw), Math.sin(camera.yaw), Math.cos(camera.pitch), Math.sin(camera.pitch)];
  const distance = 4 * scene.reach, zoom = Math.min(0.62 * width, 0.45 * height) / scene.reach;
  return (/** @type {ArrayLike<number>} */ samples, /** @type {number} */ at) => {
    // With the up axis turned over, one of the others turns too, or left would become right.
    const [u, v, w] = [samples[at + first], sign * samples[at + second], sign * samples[at + axis]];
    const side = cy * u + sy * v, away = -sy * u + cy * v;
    const depth = cp * away - sp * w, rise = sp * away + cp * w;
    const scale = (zoom * distance) / (distance + depth);
    return [width / 2 + side * scale, height / 2 - rise * scale, depth, scale];
  };
}

function drawPose(/** @type {CanvasRenderingContext2D} */ context, /** @type {(s: ArrayLike<number>, at: number) => number[]} */ project, /** @type {Scene} */ scene, /** @type {Look} */ look, /** @type {ArrayLike<number>} */ pose, /** @type {number} */ from, /** @type {number} */ weight) {
  const joints = scene.parents.map((_, j) => project(pose, from + 3 * j));
  const bones = scene.parents.map((parent, j) => ({ parent, j })).filter(({ parent }) => parent >= 0);
  bones.sort((a, b) => joints[b.j][2] + joints[b.parent][2] - joints[a.j][2] - joints[a.parent][2]);
  context.lineCap = "round";
  for (const { parent, j } of bones) {
    const [a, b] = [joints[parent], joints[j]];
    context.strokeStyle = scene.side[j] === "left" ? look.left : scene.side[j] === "right" ? look.right : look.middle;
    context.lineWidth = Math.max(1.5, 0.035 * weight * a[3]);
    context.beginPath();
    context.moveTo(a[0], a[1]);
    context.lineTo(b[0], b[1]);
    context.stroke();
  }
}

/** A floor of squares under the lowest joint. */
function drawFloor(/** @type {CanvasRenderingContext2D} */ context, /** @type {(s: ArrayLike<number>, at: number) => number[]} */ project, /** @type {Scene} */ scene, /** @type {Look} */ look, /** @type {ArrayLike<number>} */ pose, /** @type {number} */ from) {
  const axis = "xyz".indexOf(scene.up[1]), sign = scene.up[0] === "-" ? -1 : 1;
  let lowest = Infinity;
  for (let j = 0; j < scene.parents.length; j++) lowest = Math.min(lowest, sign * pose[from + 3 * j + axis]);
  const [first, second] = [0, 1, 2].filter((each) => each !== axis);
  context.strokeStyle = look.floor;
  context.lineWidth = 1;
  const corner = (/** @type {number} */ u, /** @type {number} */ v) => {
    const point = [0, 0, 0];
    [point[first], point[second], point[axis]] = [u, v, sign * lowest];
    return project(point, 0);
  };
  context.beginPath();
  for (let i = -3; i <= 3; i++) {
    for (const [p, q] of [[corner(i / 4, -0.75), corner(i / 4, 0.75)], [corner(-0.75, i / 4), corner(0.75, i / 4)]]) {
      context.moveTo(p[0], p[1]);
      context.lineTo(q[0], q[1]);
    }
  }
  context.stroke();
}

function drawCloud(/** @type {CanvasRenderingContext2D} */ context, /** @type {(s: ArrayLike<number>, at: number) => number[]} */ project, /** @type {Scene} */ scene, /** @type {Look} */ look, /** @type {ArrayLike<number>} */ cloud, /** @type {number} */ from) {
  const points = Array.from({ length: scene.shape[0] }, (_, i) => project(cloud, from + 3 * i));
  points.sort((a, b) => b[2] - a[2]);
  const [near, far] = [points[points.length - 1][2], points[0][2]];
  context.fillStyle = look.left;
  for (const [x, y, depth, scale] of points) {
    context.globalAlpha = 1 - (0.75 * (depth - near)) / Math.max(far - near, 1e-9);
    context.beginPath();
    context.arc(x, y, Math.max(1, 0.018 * scale * scene.reach), 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** An image (channels, rows, columns) in [-1, 1], as large as fits, its pixels as squares. */
function drawImage(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ width, /** @type {number} */ height, /** @type {Scene} */ scene, /** @type {ArrayLike<number>} */ samples, /** @type {number} */ from) {
  const [channels, rows, columns] = scene.shape;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 127.5 * (samples[from + (channels === 3 ? c : 0) * rows * columns + i] + 1);
    image.data[4 * i + 3] = 255;
  }
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns, rows];
  /** @type {CanvasRenderingContext2D} */ (small.getContext("2d")).putImageData(image, 0, 0);
  const scale = 0.94 * Math.min(width / columns, height / rows);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, (width - columns * scale) / 2, (height - rows * scale) / 2, columns * scale, rows * scale);
}
