// What is measured of a path, as posectl's metrics have it, and the nearest real sample.

/** @typedef {{kind: string, size: number}} Kind */

const MOST_POINTS = 256; // of a cloud that are compared: every so manieth

/** The root mean square, both ways, of the distance to the nearest point of the other cloud. */
function chamfer(/** @type {ArrayLike<number>} */ a, /** @type {number} */ i, /** @type {ArrayLike<number>} */ b, /** @type {number} */ j, /** @type {number} */ size) {
  const step = 3 * Math.max(1, Math.ceil(size / 3 / MOST_POINTS));
  const oneWay = (/** @type {ArrayLike<number>} */ p, /** @type {number} */ from, /** @type {ArrayLike<number>} */ q, /** @type {number} */ to) => {
    let sum = 0, count = 0;
    for (let k = from; k < from + size; k += step, count++) {
      let least = Infinity;
      for (let m = to; m < to + size; m += step) {
        const x = p[k] - q[m], y = p[k + 1] - q[m + 1], z = p[k + 2] - q[m + 2], square = x * x + y * y + z * z;
        if (square < least) least = square;
      }
      sum += least;
    }
    return sum / count;
  };
  return Math.sqrt((oneWay(a, i, b, j) + oneWay(b, j, a, i)) / 2);
}

/**
 * The distance of two samples, `size` numbers each from i in a and from j in b: joints' mean, or root mean square; where
 * it is not below `most`, at least that.
 */
export function distance(/** @type {Kind} */ kind, /** @type {ArrayLike<number>} */ a, /** @type {number} */ i, /** @type {ArrayLike<number>} */ b, /** @type {number} */ j, most = Infinity) {
  if (kind.kind === "clouds") return chamfer(a, i, b, j, kind.size);
  let sum = 0;
  if (kind.kind !== "poses") {
    const enough = most * most * kind.size;
    for (let k = 0; k < kind.size && sum < enough; k++) {
      const difference = a[i + k] - b[j + k];
      sum += difference * difference;
    }
    return sum < enough ? Math.sqrt(sum / kind.size) : most;
  }
  const enough = (most * kind.size) / 3;
  for (let k = kind.size - 3; k >= 0; k -= 3) { // arms, the last joints, differ most
    if (sum >= enough) return most;
    const x = a[i + k] - b[j + k], y = a[i + k + 1] - b[j + k + 1], z = a[i + k + 2] - b[j + k + 2];
    sum += Math.sqrt(x * x + y * y + z * z);
  }
  return (3 * sum) / kind.size;
}

/** Measure a path of n samples: its transitions over those of an even, straight path, and its length's ratio. */
export function transitions(/** @type {Kind} */ kind, /** @type {Float32Array} */ samples, /** @type {number} */ n) {
  const chord = distance(kind, samples, 0, samples, (n - 1) * kind.size);
  const steps = Array.from({ length: n - 1 }, (_, t) => distance(kind, samples, t * kind.size, samples, (t + 1) * kind.size));
  const length = steps.reduce((a, b) => a + b, 0);
  const even = chord / (n - 1);
  const curve = steps.map((each) => (chord > 1e-6 ? each / even : NaN));
  const least = Math.min(...steps);
  return { curve, length, chord, ratio: chord > 1e-6 ? length / chord : NaN, unevenness: least > 0 ? Math.max(...steps) / least : NaN };
}

/** The mean over bones of |length / its mean of both ends - 1| at each of n poses, in percent. */
export function boneErrors(/** @type {Float32Array} */ samples, /** @type {number} */ n, /** @type {number[]} */ parents) {
  const joints = parents.length;
  const bones = parents.map((p, j) => [p, j]).filter(([p]) => p >= 0);
  const length = (/** @type {number} */ t, /** @type {number[]} */ bone) => {
    const p = 3 * (t * joints + bone[0]), j = 3 * (t * joints + bone[1]);
    const x = samples[p] - samples[j], y = samples[p + 1] - samples[j + 1], z = samples[p + 2] - samples[j + 2];
    return Math.sqrt(x * x + y * y + z * z); // Math.hypot is many times slower
  };
  const expected = bones.map((bone) => (length(0, bone) + length(n - 1, bone)) / 2);
  return Array.from({ length: n }, (_, t) => {
    let sum = 0;
    for (let i = 0; i < bones.length; i++) sum += Math.abs(length(t, bones[i]) / expected[i] - 1);
    return (100 * sum) / bones.length;
  });
}

/** Real samples, among which the nearest is looked for. */
export class Reference {
  constructor(/** @type {Kind} */ kind, /** @type {Float32Array} */ samples) {
    this.kind = kind;
    this.samples = samples;
    this.count = samples.length / kind.size;
    // How far each is from the first: by the triangle inequality, which Chamfer distances lack, others can be left out.
    this.far = Float64Array.from({ length: kind.kind === "clouds" ? 0 : this.count }, (_, j) => distance(kind, samples, 0, samples, j * kind.size));
  }

  /** Find the one nearest to the sample at i in an array: its row and distance; `guess`: a row that may be near. */
  nearest(/** @type {Float32Array} */ samples, /** @type {number} */ i, guess = 0) {
    const { kind, far } = this, own = far.length ? distance(kind, samples, i, this.samples, 0) : 0;
    let row = guess, least = distance(kind, samples, i, this.samples, guess * kind.size);
    for (let j = 0; j < this.count; j++) {
      if (far.length && Math.abs(far[j] - own) > least) continue;
      const distant = distance(kind, samples, i, this.samples, j * kind.size, least);
      if (distant < least) [least, row] = [distant, j];
    }
    return { row, distance: least };
  }
}
