// Points in the cells of a grid, which finds those around a place without looking at all.

const EACH = 8; // points a cell, on average

export class Cells {
  /** places: (N, 2), one after another, of which the first `count` are put into cells. */
  constructor(/** @type {Float32Array} */ places, /** @type {number} */ count) {
    this.places = places;
    this.side = Math.max(1, Math.floor(Math.sqrt(count / EACH)));
    this.lower = [Infinity, Infinity];
    const upper = [-Infinity, -Infinity];
    for (let i = 0; i < 2 * count; i++) {
      if (places[i] < this.lower[i % 2]) this.lower[i % 2] = places[i];
      if (places[i] > upper[i % 2]) upper[i % 2] = places[i];
    }
    this.width = Math.max(upper[0] - this.lower[0], upper[1] - this.lower[1], 1e-9) / this.side;
    const cells = new Int32Array(count);
    this.starts = new Int32Array(this.side * this.side + 1); // of each cell's rows, and the end
    for (let i = 0; i < count; i++) {
      cells[i] = this.column(places[2 * i], 0) + this.side * this.column(places[2 * i + 1], 1);
      this.starts[cells[i] + 1]++;
    }
    for (let c = 0; c < this.side * this.side; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.rows = new Int32Array(count);
    for (let i = 0; i < count; i++) this.rows[next[cells[i]]++] = i;
  }

  /** The cell's column of a number, or its row (axis 1); of one outside the nearest. */
  column(/** @type {number} */ value, /** @type {number} */ axis) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((value - this.lower[axis]) / this.width)));
  }

  /** The k points nearest to a place: their rows, and the squares of their distances. */
  around(/** @type {import("./map.js").Point} */ place, /** @type {number} */ k) {
    const rows = new Array(k).fill(-1), squares = new Array(k).fill(Infinity);
    const [column, row] = [this.column(place.x, 0), this.column(place.y, 1)];
    for (let ring = 0; ring < this.side; ring++) {
      // All that is farther out is farther than the rings within it are wide.
      if (squares[k - 1] <= ((ring - 1) * this.width) ** 2) break;
      for (let r = row - ring; r <= row + ring; r++) {
        const step = Math.abs(r - row) === ring ? 1 : 2 * ring;
        for (let c = column - ring; c <= column + ring; c += step) {
          if (r >= 0 && c >= 0 && r < this.side && c < this.side) this.look(c + this.side * r, place, rows, squares);
        }
      }
    }
    return { rows: rows.filter((each) => each >= 0), squares };
  }

  /** Put the points of a cell that are nearer than the farthest found among those. */
  look(/** @type {number} */ cell, /** @type {import("./map.js").Point} */ place, /** @type {number[]} */ rows, /** @type {number[]} */ squares) {
    for (let n = this.starts[cell]; n < this.starts[cell + 1]; n++) {
      const i = this.rows[n], x = this.places[2 * i] - place.x, y = this.places[2 * i + 1] - place.y, far = x * x + y * y;
      let at = rows.length - 1;
      if (far >= squares[at]) continue;
      for (; at > 0 && squares[at - 1] > far; at--) [squares[at], rows[at]] = [squares[at - 1], rows[at - 1]];
      [squares[at], rows[at]] = [far, i];
    }
  }
}
