// The map of codes: points on one canvas (WebGL, or pixels where there is none), the path and its ends on another.

import { Cells } from "./cells.js";

/** @typedef {{x: number, y: number}} Point */

const VERTEX = `attribute vec2 place; attribute vec3 colour; uniform vec2 scale, shift; uniform float size;
  varying vec3 shown; void main() { shown = colour; gl_PointSize = size; gl_Position = vec4(place * scale + shift, 0, 1); }`;
const FRAGMENT = `precision mediump float; varying vec3 shown; uniform float alpha;
  void main() { vec2 d = gl_PointCoord - .5; if (dot(d, d) > .25) discard; gl_FragColor = vec4(shown * alpha, alpha); }`;

/** The places (N, 2) of codes (N, d), one after another, on the map with this middle (d) and these axes (2, d). */
export function projected(/** @type {ArrayLike<number>} */ codes, /** @type {ArrayLike<number>} */ middle, /** @type {ArrayLike<number>} */ axes) {
  const d = middle.length, n = codes.length / d, places = new Float32Array(2 * n);
  for (let i = 0, at = 0; i < n; i++) {
    let x = 0, y = 0;
    for (let k = 0; k < d; k++, at++) {
      const aside = codes[at] - middle[k];
      x += aside * axes[k];
      y += aside * axes[d + k];
    }
    places[2 * i] = x;
    places[2 * i + 1] = y;
  }
  return places;
}

export class LatentMap {
  /** places: (N, 2), one after another. */
  constructor(/** @type {HTMLCanvasElement} */ points, /** @type {HTMLCanvasElement} */ over, /** @type {Float32Array} */ places) {
    this.points = points;
    this.over = over;
    this.places = places;
    /** @type {Cells | null} */
    this.cells = null;
    this.coded = places.length / 2; // the points that come first, whose codes are known; draws may follow them
    this.colours = new Uint8Array((places.length / 2) * 3).fill(128);
    this.resize();
    this.fit();
    this.gl = points.getContext("webgl", { antialias: true, preserveDrawingBuffer: true, premultipliedAlpha: true });
    if (this.gl) this.prepare(this.gl);
    else this.flat = points.getContext("2d");
  }

  /** Show all points. */
  fit() {
    const lower = [Infinity, Infinity], upper = [-Infinity, -Infinity];
    for (let i = 0; i < this.places.length; i++) {
      lower[i % 2] = Math.min(lower[i % 2], this.places[i]);
      upper[i % 2] = Math.max(upper[i % 2], this.places[i]);
    }
    this.centre = { x: (lower[0] + upper[0]) / 2, y: (lower[1] + upper[1]) / 2 };
    this.span = 1.12 * Math.max(upper[0] - lower[0], upper[1] - lower[1], 1e-6);
    this.stale = true;
  }

  /** Fit the canvases to their size on the page. */
  resize() {
    const ratio = devicePixelRatio || 1, box = this.over.getBoundingClientRect();
    const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
    if (this.over.width === width && this.over.height === height) return;
    for (const canvas of [this.points, this.over]) [canvas.width, canvas.height] = [width, height];
    this.ratio = ratio;
    this.stale = true;
  }

  get unit() {
    return Math.min(this.over.width, this.over.height) / this.span;
  }

  /** From a place in the map to pixels of the canvas. */
  toPixels(/** @type {Point} */ place) {
    return {
      x: this.over.width / 2 + (place.x - this.centre.x) * this.unit,
      y: this.over.height / 2 - (place.y - this.centre.y) * this.unit,
    };
  }

  /** From a pointer's event to a place in the map. */
  toPlace(/** @type {{clientX: number, clientY: number}} */ event) {
    const box = this.over.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.over.width;
    const y = ((event.clientY - box.top) / box.height) * this.over.height;
    return { x: this.centre.x + (x - this.over.width / 2) / this.unit, y: this.centre.y - (y - this.over.height / 2) / this.unit };
  }

  /** Zoom by a factor about a place, which stays where it is. */
  zoom(/** @type {number} */ factor, /** @type {Point} */ about) {
    this.span /= factor;
    this.centre = { x: about.x + (this.centre.x - about.x) / factor, y: about.y + (this.centre.y - about.y) / factor };
    this.stale = true;
  }

  /** The k points with codes nearest to a place: their rows, and weights, which fall with the square of the distance. */
  around(/** @type {Point} */ place, /** @type {number} */ k) {
    this.cells ??= new Cells(this.places, this.coded);
    const { rows: found, squares } = this.cells.around(place, k);
    const floor = (this.span * 1e-4) ** 2;
    const weights = found.map((_, i) => 1 / (squares[i] + floor));
    const total = weights.reduce((a, b) => a + b, 0);
    return { rows: found, weights: weights.map((each) => each / total) };
  }

  /** Colour the points, three bytes each. */
  paint(/** @type {Uint8Array} */ colours) {
    this.colours = colours;
    if (this.gl) {
      this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.colourBuffer);
      this.gl.bufferData(this.gl.ARRAY_BUFFER, colours, this.gl.STATIC_DRAW);
    }
    this.stale = true;
  }

  prepare(/** @type {WebGLRenderingContext} */ gl) {
    const program = /** @type {WebGLProgram} */ (gl.createProgram());
    for (const [type, text] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(type));
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    this.program = program;
    const place = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, place);
    gl.bufferData(gl.ARRAY_BUFFER, this.places, gl.STATIC_DRAW);
    const at = gl.getAttribLocation(program, "place");
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, 2, gl.FLOAT, false, 0, 0);
    this.colourBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colourBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.colours, gl.STATIC_DRAW);
    const colour = gl.getAttribLocation(program, "colour");
    gl.enableVertexAttribArray(colour);
    gl.vertexAttribPointer(colour, 3, gl.UNSIGNED_BYTE, true, 0, 0);
  }

  /** Put other points in place of those that are there; those with codes come first again. */
  replace(/** @type {Float32Array} */ places) {
    this.places = places;
    this.cells = null;
    this.colours = new Uint8Array((places.length / 2) * 3);
    if (this.gl) this.prepare(this.gl);
    this.stale = true;
  }

  /** Draw the points, if anything about them changed. */
  drawPoints() {
    if (!this.stale) return;
    this.stale = false;
    const count = this.places.length / 2, ratio = this.ratio ?? 1;
    const size = Math.max(2, Math.min(6, 200 / Math.sqrt(count) + 1.5)) * ratio;
    if (this.gl) this.drawWithGl(this.gl, count, size);
    else if (this.flat) this.drawFlat(this.flat, count, Math.max(1, Math.round(size * 0.8)));
  }

  drawWithGl(/** @type {WebGLRenderingContext} */ gl, /** @type {number} */ count, /** @type {number} */ size) {
    const { width, height } = this.points;
    const program = /** @type {WebGLProgram} */ (this.program);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const [sx, sy] = [(2 * this.unit) / width, (2 * this.unit) / height];
    gl.uniform2f(gl.getUniformLocation(program, "scale"), sx, sy);
    gl.uniform2f(gl.getUniformLocation(program, "shift"), -this.centre.x * sx, -this.centre.y * sy);
    gl.uniform1f(gl.getUniformLocation(program, "size"), size);
    gl.uniform1f(gl.getUniformLocation(program, "alpha"), 0.75);
    gl.drawArrays(gl.POINTS, 0, count);
  }

  drawFlat(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ count, /** @type {number} */ size) {
    const { width, height } = this.points;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < count; i++) {
      const x = Math.round(width / 2 + (this.places[2 * i] - this.centre.x) * this.unit - size / 2);
      const y = Math.round(height / 2 - (this.places[2 * i + 1] - this.centre.y) * this.unit - size / 2);
      if (x < 0 || y < 0 || x + size >= width || y + size >= height) continue;
      const colour = (0xc0 << 24) | (this.colours[3 * i + 2] << 16) | (this.colours[3 * i + 1] << 8) | this.colours[3 * i];
      for (let row = 0; row < size; row++) pixels.fill(colour, (y + row) * width + x, (y + row) * width + x + size);
    }
    context.putImageData(image, 0, 0);
  }
}
