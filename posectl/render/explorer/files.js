// Files to save: arrays as .npy, and pictures as GIF.

/** Write float32 numbers of this shape as a .npy file. */
export function npy(/** @type {Float32Array} */ values, /** @type {number[]} */ shape) {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const bytes = new Uint8Array(10 + header.length + 4 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, 4 * values.length), 10 + header.length);
  return new Blob([bytes], { type: "application/octet-stream" });
}

const LEVELS = 6; // of red, green and blue each, in a GIF's colours

/** Write frames, RGBA of one size, as an animated GIF of so many hundredths of a second a frame. */
export function gif(/** @type {Uint8ClampedArray[]} */ frames, /** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ delay) {
  /** @type {number[]} */
  const out = [];
  const short = (/** @type {number} */ value) => out.push(value & 255, value >> 8);
  const letters = (/** @type {string} */ text) => out.push(...Array.from(text, (each) => each.charCodeAt(0)));
  letters("GIF89a");
  short(width);
  short(height);
  out.push(0xf7, 0, 0);
  for (let i = 0; i < 256; i++) {
    const level = (/** @type {number} */ power) => Math.round((255 * (Math.floor(i / power) % LEVELS)) / (LEVELS - 1));
    // The last forty are greys, which hold the softened edges of lines.
    out.push(...(i < 216 ? [level(36), level(6), level(1)] : Array(3).fill(Math.round((255 * (i - 215)) / 41))));
  }
  out.push(0x21, 0xff, 11);
  letters("NETSCAPE2.0");
  out.push(3, 1, 0, 0, 0);
  for (const frame of frames) {
    out.push(0x21, 0xf9, 4, 0);
    short(delay);
    out.push(0, 0, 0x2c, 0, 0, 0, 0);
    short(width);
    short(height);
    out.push(0, 8);
    const packed = compress(indexed(frame));
    for (let i = 0; i < packed.length; i += 255) {
      const block = packed.slice(i, i + 255);
      out.push(block.length, ...block);
    }
    out.push(0);
  }
  out.push(0x3b);
  return new Blob([new Uint8Array(out)], { type: "image/gif" });
}

function indexed(/** @type {Uint8ClampedArray} */ frame) {
  return Uint8Array.from({ length: frame.length / 4 }, (_, i) => {
    const [red, green, blue] = [frame[4 * i], frame[4 * i + 1], frame[4 * i + 2]];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) < 12) {
      const grey = Math.round((41 * (red + green + blue)) / 765);
      return grey === 0 ? 0 : grey === 41 ? 215 : 215 + grey; // black and white are among the colours
    }
    const level = (/** @type {number} */ value) => Math.round((value * (LEVELS - 1)) / 255);
    return 36 * level(red) + 6 * level(green) + level(blue);
  });
}

/** GIF's LZW of bytes. */
function compress(/** @type {Uint8Array} */ bytes) {
  /** @type {number[]} */
  const out = [];
  let held = 0, bits = 0, width = 9;
  /** @type {Map<number, number>} */
  let known = new Map();
  const put = (/** @type {number} */ code) => {
    held |= code << bits;
    for (bits += width; bits >= 8; bits -= 8, held >>>= 8) out.push(held & 255);
  };
  put(256);
  let next = 258, before = bytes[0];
  for (let i = 1; i < bytes.length; i++) {
    const key = (before << 8) | bytes[i];
    const code = known.get(key);
    if (code !== undefined) {
      before = code;
      continue;
    }
    put(before);
    if (next === 4096) {
      put(256);
      [known, next, width] = [new Map(), 258, 9];
    } else {
      if (next === 1 << width) width++;
      known.set(key, next++);
    }
    before = bytes[i];
  }
  put(before);
  put(257);
  if (bits > 0) out.push(held & 255);
  return out;
}

/** Offer a file to be saved. */
export function save(/** @type {Blob} */ blob, /** @type {string} */ name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
