// Unpack the data of a page: a header and arrays, as posectl/render/explorer/packing.py packs them.

/** @typedef {{type: string, shape: number[], offset: number, scale?: number, columns?: string}} Entry */
/** @typedef {{header: any, arrays: Map<string, any>}} Data */

const TYPES = { f4: Float32Array, i4: Int32Array, i2: Int16Array, u2: Uint16Array, u1: Uint8Array };

/**
 * Read the packed text: base64 of gzip of a JSON header's length (uint32), the header, and the arrays' bytes.
 * @param {string} text
 * @returns {Promise<Data>}
 */
export async function unpack(text) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error(
      "This browser has no DecompressionStream: take Chrome or Edge from version 80 on, Safari 16.4, Firefox 113.",
    );
  }
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = new Map();
  for (const [name, entry] of Object.entries(header.arrays)) {
    arrays.set(name, values(entry, bytes, 4 + length + entry.offset));
  }
  for (const [name, entry] of Object.entries(header.arrays)) {
    if (entry.columns) arrays.set(name, scaled(arrays.get(name), arrays.get(entry.columns)));
  }
  return { header, arrays };
}

/** Put the bytes of each number together again: they lie plane by plane, which gzip packs better. */
function values(/** @type {Entry} */ entry, /** @type {Uint8Array} */ bytes, /** @type {number} */ start) {
  const Type = TYPES[entry.type];
  const count = entry.shape.reduce((a, b) => a * b, 1);
  const size = Type.BYTES_PER_ELEMENT;
  const whole = new Uint8Array(count * size);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0, from = start + plane * count; i < count; i++) whole[i * size + plane] = bytes[from + i];
  }
  const numbers = new Type(whole.buffer);
  return entry.scale === undefined ? numbers : Float32Array.from(numbers, (each) => each * entry.scale);
}

/** Multiply the integers of a matrix (rows, columns) by the scale of their column. */
function scaled(/** @type {Int16Array} */ whole, /** @type {Float32Array} */ scales) {
  const out = new Float32Array(whole.length);
  for (let i = 0; i < out.length; i++) out[i] = whole[i] * scales[i % scales.length];
  return out;
}
