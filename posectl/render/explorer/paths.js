// Paths between codes, as posectl/core/latent/paths.py has them, and draws from the priors.

const NEARLY_PARALLEL = 1 - 1e-6;

export function dot(/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** @returns {Float64Array} */
export function onto(/** @type {ArrayLike<number>} */ code, /** @type {string} */ prior) {
  const norm = prior === "sphere" ? Math.sqrt(dot(code, code)) + 1e-16 : 1;
  const out = new Float64Array(code.length); // plain loops: `from` with a function takes ten times as long
  for (let i = 0; i < out.length; i++) out[i] = code[i] / norm;
  return out;
}

function mix(/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b, /** @type {number} */ p, /** @type {number} */ q) {
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = p * a[i] + q * b[i];
  return out;
}

/** A vector orthogonal to a and as long: along the axis nearest to that. */
function orthogonal(/** @type {ArrayLike<number>} */ a) {
  let axis = 0;
  for (let i = 1; i < a.length; i++) if (Math.abs(a[i]) < Math.abs(a[axis])) axis = i;
  const unit = onto(a, "sphere");
  const aside = Float64Array.from(a, (_, i) => (i === axis ? 1 : 0) - unit[axis] * unit[i]);
  const length = Math.sqrt(dot(a, a));
  return onto(aside, "sphere").map((each) => each * length);
}

function slerp(/** @type {Float64Array} */ a, /** @type {Float64Array} */ b, /** @type {number} */ alpha) {
  const cosine = dot(onto(a, "sphere"), onto(b, "sphere"));
  if (cosine > NEARLY_PARALLEL) return mix(a, b, 1 - alpha, alpha);
  if (cosine < -NEARLY_PARALLEL) return mix(a, orthogonal(a), Math.cos(Math.PI * alpha), Math.sin(Math.PI * alpha));
  const theta = Math.acos(cosine);
  return mix(a, b, Math.sin((1 - alpha) * theta) / Math.sin(theta), Math.sin(alpha * theta) / Math.sin(theta));
}

function circle(/** @type {Float64Array} */ a, /** @type {Float64Array} */ b, /** @type {number} */ alpha) {
  const unit = onto(a, "sphere"), along = dot(b, unit);
  let aside = mix(b, unit, 1, -along);
  aside = Math.sqrt(dot(aside, aside)) < 1e-4 ? onto(orthogonal(a), "sphere") : onto(aside, "sphere");
  const radius = Math.sqrt(dot(a, a)), turn = 2 * Math.PI * alpha;
  return mix(unit, aside, radius * Math.cos(turn), radius * Math.sin(turn));
}

/** @type {Record<string, (a: Float64Array, b: Float64Array, alpha: number) => Float64Array>} */
export const PATHS = {
  slerp,
  lerp: (a, b, alpha) => mix(a, b, 1 - alpha, alpha),
  "lerp-sphere": (a, b, alpha) => onto(mix(a, b, 1 - alpha, alpha), "sphere"),
  circle,
};

/** The paths that codes of this prior can take; the first is the prior's own. */
export function pathsOf(/** @type {string} */ prior) {
  return prior === "sphere" ? ["slerp", "lerp", "circle"] : ["lerp"];
}

/** Random numbers in [0, 1) of a seed (mulberry32). */
export function random(/** @type {number} */ seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draw n standard normal numbers (Box and Muller). */
export function normals(/** @type {() => number} */ uniform, /** @type {number} */ n) {
  return Float64Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}
