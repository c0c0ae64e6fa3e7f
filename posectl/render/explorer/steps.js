// How many steps a path has, and what its straight line in data space is called.

export const COARSE = 13; // while an end is dragged, and of a decoder that a worker runs
export const FINE = 49; // at rest
export const DATA = "data space"; // the straight line between the decoded ends

/** The steps of a model's path at rest. */
export const stepsOf = (/** @type {import("./model.js").Model} */ model) => (model.background ? COARSE : FINE);
