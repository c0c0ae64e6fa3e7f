// Unpack the data of a page: a header and arrays, as posectl/render/explorer/packing.py packs them.

/** @typedef {{type: string, shape: number[], offset: number, scale?: number, columns?: string}} Entry */
/** @typedef {{header: any, arrays: Arrays}} Data */

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
  const stream = new Blob([decoded(text.trim())]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { header, arrays: new Arrays(header.arrays, bytes, 4 + length) };
}

/** The bytes of base64. */
function decoded(/** @type {string} */ text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Arrays by their names, unpacked when they are first asked for: a page opens with few of them. */
class Arrays {
  constructor(/** @type {Record<string, Entry>} */ entries, /** @type {Uint8Array} */ bytes, /** @type {number} */ start) {
    this.entries = entries;
    this.bytes = bytes;
    this.start = start;
    this.known = new Map();
  }

  has(/** @type {string} */ name) {
    return Object.hasOwn(this.entries, name);
  }

  /** @returns {any} */
  get(/** @type {string} */ name) {
    if (!this.known.has(name) && this.has(name)) this.known.set(name, this.unpacked(this.entries[name]));
    return this.known.get(name);
  }

  unpacked(/** @type {Entry} */ entry) {
    const whole = together(entry, this.bytes, this.start + entry.offset);
    if (entry.scale !== undefined) return scaled(whole, [entry.scale]);
    return entry.columns ? scaled(whole, this.get(entry.columns)) : whole;
  }
}

/** Put the bytes of each number together again: they lie plane by plane, which gzip packs better. */
function together(/** @type {Entry} */ entry, /** @type {Uint8Array} */ bytes, /** @type {number} */ start) {
  const Type = TYPES[entry.type];
  const count = entry.shape.reduce((a, b) => a * b, 1);
  const size = Type.BYTES_PER_ELEMENT;
  const whole = new Uint8Array(count * size);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0, from = start + plane * count, to = plane; i < count; i++, to += size) whole[to] = bytes[from + i];
  }
  return new Type(whole.buffer);
}

/** Multiply integers by their scale, those of a matrix (rows, columns) by the scale of their column. */
function scaled(/** @type {ArrayLike<number>} */ whole, /** @type {ArrayLike<number>} */ scales) {
  const out = new Float32Array(whole.length), columns = scales.length;
  for (let i = 0, c = 0; i < out.length; i++) {
    out[i] = whole[i] * scales[c];
    if (++c === columns) c = 0;
  }
  return out;
}
