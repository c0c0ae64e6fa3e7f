// Run a network, given as operations (posectl/core/operations.py), on batches of codes.

/** @typedef {{name: string, settings: any, arrays: Record<string, Float32Array>, shapes: Record<string, number[]>}} Operation */

/** All of it is in one class, whose text a worker is made of. */
export class Network {
  /**
   * @param {Operation[]} operations
   * @param {number} latent
   */
  constructor(operations, latent) {
    this.operations = operations.map((each) => (each.name === "linear"
      ? { ...each, columns: Network.columns(each.arrays.matrix, each.arrays.bias.length) } : each));
    this.latent = latent;
    this.products = operations.reduce((sum, each) => sum + Network.products(each), 0);
  }

  static products(/** @type {Operation} */ operation) {
    const weights = operation.arrays.matrix ?? operation.arrays.entries ?? operation.arrays.weight;
    return weights ? weights.length * (operation.arrays.weight ? 256 : 1) : 0;
  }

  /**
   * Decode n codes, one after another in an array, to n samples.
   * @param {Float32Array} codes
   * @param {number} n
   * @returns {Float32Array}
   */
  run(codes, n) {
    /** @type {Float32Array | Float64Array} */
    let x = new Float64Array(codes);
    /** @type {number[]} */
    let shape = [this.latent];
    for (const operation of this.operations) [x, shape] = Network.apply(operation, x, shape, n);
    return new Float32Array(x);
  }

  /** @returns {[Float32Array | Float64Array, number[]]} */
  static apply(/** @type {any} */ operation, /** @type {any} */ x, /** @type {number[]} */ shape, /** @type {number} */ n) {
    const { arrays, shapes, settings } = operation;
    switch (operation.name) {
      case "linear":
        return [Network.linear(x, operation.columns, arrays.bias, n), [arrays.bias.length]];
      case "norm":
        return [Network.norm(x, arrays.scale, arrays.shift, x.length / n / arrays.scale.length), shape];
      case "activation":
        return [Network.activate(x, Network.functions[settings.function]), shape];
      case "reshape":
        return [x, settings.shape];
      case "upsample":
        return [Network.upsample(x, shape), [shape[0], 2 * shape[1], 2 * shape[2]]];
      case "convolve":
        return [Network.convolve(x, shape, arrays.weight, arrays.bias, shapes.weight[3], n), [arrays.bias.length, shape[1], shape[2]]];
      case "quantise":
        return [Network.quantise(x, arrays.entries, shapes.entries[1]), shape];
      default:
        throw new Error(`This page knows no operation ${operation.name}.`);
    }
  }

  /** The columns of a matrix (inputs, outputs), one after another, as doubles, to which JavaScript would turn each float. */
  static columns(/** @type {Float32Array} */ matrix, /** @type {number} */ outputs) {
    const inputs = matrix.length / outputs, columns = new Float64Array(matrix.length);
    for (let i = 0; i < inputs; i++) for (let j = 0; j < outputs; j++) columns[j * inputs + i] = matrix[i * outputs + j];
    return columns;
  }

  /** x M + bias. */
  static linear(/** @type {Float64Array} */ x, /** @type {Float64Array} */ columns, /** @type {Float32Array} */ bias, /** @type {number} */ n) {
    const y = new Float64Array(n * bias.length);
    let row = 0;
    for (; row + 4 <= n; row += 4) Network.fourRows(x, columns, bias, y, row);
    for (; row < n; row++) Network.oneRow(x, columns, bias, y, row);
    return y;
  }

  /** Sums of four rows with two columns at a time, which stay in registers. */
  static fourRows(/** @type {Float64Array} */ x, /** @type {Float64Array} */ columns, /** @type {Float32Array} */ bias, /** @type {Float64Array} */ y, /** @type {number} */ row) {
    const outputs = bias.length, inputs = columns.length / outputs;
    const x0 = row * inputs, x1 = x0 + inputs, x2 = x1 + inputs, x3 = x2 + inputs;
    for (let j = 0; j < outputs; j += 2) {
      const k = Math.min(j + 1, outputs - 1), p = j * inputs, q = k * inputs;
      let a0 = bias[j], a1 = a0, a2 = a0, a3 = a0, b0 = bias[k], b1 = b0, b2 = b0, b3 = b0;
      for (let i = 0; i < inputs; i++) {
        const u = columns[p + i], v = columns[q + i], c = x[x0 + i], d = x[x1 + i], e = x[x2 + i], f = x[x3 + i];
        a0 += u * c;
        a1 += u * d;
        a2 += u * e;
        a3 += u * f;
        b0 += v * c;
        b1 += v * d;
        b2 += v * e;
        b3 += v * f;
      }
      const to = row * outputs;
      y[to + j] = a0;
      y[to + outputs + j] = a1;
      y[to + 2 * outputs + j] = a2;
      y[to + 3 * outputs + j] = a3;
      y[to + k] = b0;
      y[to + outputs + k] = b1;
      y[to + 2 * outputs + k] = b2;
      y[to + 3 * outputs + k] = b3;
    }
  }

  /** Sums of one row with four columns at a time. */
  static oneRow(/** @type {Float64Array} */ x, /** @type {Float64Array} */ columns, /** @type {Float32Array} */ bias, /** @type {Float64Array} */ y, /** @type {number} */ row) {
    const outputs = bias.length, inputs = columns.length / outputs, from = row * inputs, to = row * outputs;
    for (let j = 0; j < outputs; j += 4) {
      const k = Math.min(j + 1, outputs - 1), l = Math.min(j + 2, outputs - 1), m = Math.min(j + 3, outputs - 1);
      let a = bias[j], b = bias[k], c = bias[l], d = bias[m];
      for (let i = 0; i < inputs; i++) {
        const each = x[from + i];
        a += columns[j * inputs + i] * each;
        b += columns[k * inputs + i] * each;
        c += columns[l * inputs + i] * each;
        d += columns[m * inputs + i] * each;
      }
      y[to + j] = a;
      y[to + k] = b;
      y[to + l] = c;
      y[to + m] = d;
    }
  }

  static activate(/** @type {Float32Array | Float64Array} */ x, /** @type {(x: number) => number} */ activation) {
    const y = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) y[i] = activation(x[i]);
    return y;
  }

  /** Scale and shift each channel, `inner` numbers of a sample. */
  static norm(/** @type {Float32Array | Float64Array} */ x, /** @type {Float32Array} */ scale, /** @type {Float32Array} */ shift, /** @type {number} */ inner) {
    const y = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const channel = Math.floor(i / inner) % scale.length;
      y[i] = scale[channel] * x[i] + shift[channel];
    }
    return y;
  }

  static upsample(/** @type {Float32Array | Float64Array} */ x, /** @type {number[]} */ shape) {
    const [, height, width] = shape;
    const y = new Float32Array(4 * x.length);
    for (let row = 0; row < x.length / width; row++) {
      const map = Math.floor(row / height);
      const from = row * width, to = (map * 2 * height + 2 * (row % height)) * 2 * width;
      for (let j = 0; j < width; j++) {
        const value = x[from + j];
        y[to + 2 * j] = y[to + 2 * j + 1] = y[to + 2 * width + 2 * j] = y[to + 2 * width + 2 * j + 1] = value;
      }
    }
    return y;
  }

  /** Correlate maps with kernels of width k: the input has a frame of zeros, four output maps are summed at a time. */
  static convolve(/** @type {Float32Array | Float64Array} */ x, /** @type {number[]} */ shape, /** @type {Float32Array} */ weight, /** @type {Float32Array} */ bias, /** @type {number} */ k, /** @type {number} */ n) {
    const [inputs, height, width] = shape;
    const outputs = bias.length, pad = k >> 1, wide = width + 2 * pad, area = (height + 2 * pad) * wide;
    const padded = new Float32Array(inputs * area);
    const y = new Float32Array(n * outputs * height * width);
    for (let sample = 0; sample < n; sample++) {
      for (let c = 0; c < inputs; c++) {
        for (let row = 0; row < height; row++) {
          const from = ((sample * inputs + c) * height + row) * width;
          padded.set(x.subarray(from, from + width), c * area + (row + pad) * wide + pad);
        }
      }
      for (let o = 0; o < outputs; o += 4) Network.fourMaps(padded, area, wide, y, sample, shape, weight, bias, k, o);
    }
    return y;
  }

  static fourMaps(/** @type {Float32Array} */ padded, /** @type {number} */ area, /** @type {number} */ wide, /** @type {Float32Array} */ y, /** @type {number} */ sample, /** @type {number[]} */ shape, /** @type {Float32Array} */ weight, /** @type {Float32Array} */ bias, /** @type {number} */ k, /** @type {number} */ first) {
    const [inputs, height, width] = shape;
    const outputs = bias.length, size = height * width, taps = inputs * k * k;
    const maps = [0, 1, 2, 3].map((i) => Math.min(first + i, outputs - 1));
    const sums = maps.map((map) => new Float32Array(size).fill(bias[map]));
    const [p, q, r, s] = sums;
    for (let c = 0; c < inputs; c++) {
      for (let tap = 0; tap < k * k; tap++) {
        const [a, b, d, e] = maps.map((map) => weight[map * taps + c * k * k + tap]);
        const start = c * area + Math.floor(tap / k) * wide + (tap % k);
        for (let row = 0, to = 0; row < height; row++) {
          for (let j = 0, from = start + row * wide; j < width; j++, from++, to++) {
            const value = padded[from];
            p[to] += a * value;
            q[to] += b * value;
            r[to] += d * value;
            s[to] += e * value;
          }
        }
      }
    }
    maps.forEach((map, i) => y.set(sums[i], (sample * outputs + map) * size));
  }

  /** Replace each d numbers by the entry nearest to them. */
  static quantise(/** @type {Float32Array | Float64Array} */ x, /** @type {Float32Array} */ entries, /** @type {number} */ d) {
    const y = new Float64Array(x.length);
    for (let at = 0; at < x.length; at += d) {
      let best = 0, least = Infinity;
      for (let entry = 0; entry < entries.length; entry += d) {
        let sum = 0;
        for (let j = 0; j < d && sum < least; j++) sum += (x[at + j] - entries[entry + j]) ** 2;
        if (sum < least) [least, best] = [sum, entry];
      }
      y.set(entries.subarray(best, best + d), at);
    }
    return y;
  }

  /** @type {Record<string, (x: number) => number>} */
  static functions = {
    leaky_relu: (x) => (x < 0 ? 0.2 * x : x),
    relu: (x) => (x < 0 ? 0 : x),
    elu: (x) => (x < 0 ? Math.expm1(x) : x),
    gelu: (x) => x * Network.normalShare(x),
    silu: (x) => x / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    "tanh-half": (x) => Math.tanh(x / 2),
  };

  /** The standard normal distribution function: a series near zero, a continued fraction beyond. */
  static normalShare(/** @type {number} */ x) {
    const z = Math.abs(x), density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    if (z < 3) {
      let term = z, sum = z;
      for (let k = 3; Math.abs(term) > 1e-12; k += 2) sum += term *= (z * z) / k;
      return x < 0 ? 0.5 - density * sum : 0.5 + density * sum;
    }
    let tail = z + 30 / (z + 30);
    for (let k = 29; k > 0; k--) tail = z + k / tail;
    return x < 0 ? density / tail : 1 - density / tail;
  }
}

/** A network in a worker, for decodes that would hold up the page. The latest request of a key is the one answered. */
export class Background {
  constructor(/** @type {Network} */ network) {
    const text = `const Network = (${Network.toString()});
      let network;
      onmessage = ({ data }) => {
        if (data.operations) network = new Network(data.operations, data.latent);
        else postMessage({ id: data.id, samples: network.run(data.codes, data.n) });
      };`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.worker = new Worker(url);
    URL.revokeObjectURL(url);
    this.worker.postMessage({ operations: network.operations, latent: network.latent });
    this.next = 0;
    /** @type {Map<number, (samples: Float32Array) => void>} */
    this.waiting = new Map();
    this.worker.onmessage = ({ data }) => {
      this.waiting.get(data.id)?.(data.samples);
      this.waiting.delete(data.id);
    };
  }

  /** @returns {Promise<Float32Array>} */
  run(/** @type {Float32Array} */ codes, /** @type {number} */ n) {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, codes, n });
    });
  }
}
