// What is measured of a path, as posectl's metrics have it, and the nearest real sample.

/** @typedef {{kind: string, size: number}} Kind */

/** The distance of two samples, `size` numbers each from i in a and from j in b: joints' mean, or root mean square. */
export function distance(/** @type {Kind} */ kind, /** @type {ArrayLike<number>} */ a, /** @type {number} */ i, /** @type {ArrayLike<number>} */ b, /** @type {number} */ j) {
  let sum = 0;
  if (kind.kind !== "poses") {
    for (let k = 0; k < kind.size; k++) sum += (a[i + k] - b[j + k]) ** 2;
    return Math.sqrt(sum / kind.size);
  }
  for (let k = 0; k < kind.size; k += 3) {
    const x = a[i + k] - b[j + k], y = a[i + k + 1] - b[j + k + 1], z = a[i + k + 2] - b[j + k + 2];
    sum += Math.sqrt(x * x + y * y + z * z); // Math.hypot is many times slower
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
    const [p, j] = bone.map((joint) => 3 * (t * joints + joint));
    return Math.hypot(samples[p] - samples[j], samples[p + 1] - samples[j + 1], samples[p + 2] - samples[j + 2]);
  };
  const expected = bones.map((bone) => (length(0, bone) + length(n - 1, bone)) / 2);
  return Array.from({ length: n }, (_, t) =>
    (100 * bones.reduce((sum, bone, i) => sum + Math.abs(length(t, bone) / expected[i] - 1), 0)) / bones.length);
}

/** Find the reference sample nearest to the sample at i: its row and distance. */
export function nearest(/** @type {Kind} */ kind, /** @type {Float32Array} */ samples, /** @type {number} */ i, /** @type {Float32Array} */ reference) {
  let row = -1, least = Infinity;
  for (let j = 0; j * kind.size < reference.length; j++) {
    const far = distance(kind, samples, i, reference, j * kind.size);
    if (far < least) [least, row] = [far, j];
  }
  return { row, distance: least };
}
