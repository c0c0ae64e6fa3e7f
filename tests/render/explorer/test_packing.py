"""Packed data: 16 bits where asked for, planes of bytes in the order that data.js reads."""

import base64
import gzip
import json
import struct

import numpy as np

from posectl.render.explorer.packing import Pack, shortened


def test_the_text_is_gzip_of_length_header_and_planes_of_bytes():
    pack = Pack()
    pack.put("a", np.array([1, 258], dtype=np.uint16))
    pack.put("b", np.array([[7], [8]], dtype=np.uint8))
    whole = gzip.decompress(base64.b64decode(pack.text({"title": "é"})))
    (length,) = struct.unpack("<I", whole[:4])
    header = json.loads(whole[4 : 4 + length])
    assert header["title"] == "é"
    assert header["arrays"]["a"] == {"type": "u2", "shape": [2], "offset": 0}
    assert header["arrays"]["b"] == {"type": "u1", "shape": [2, 1], "offset": 4}
    assert whole[4 + length :] == bytes([1, 2, 0, 1, 7, 8])  # 258 is 2 + 256: low bytes first, then high ones


def test_sixteen_bits_are_right_to_half_a_step_of_the_largest():
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32) * np.float32([1, 1e-3, 50])
    whole, scale = shortened(values, axis=0)  # of which float32 keeps seven digits
    assert whole.dtype == np.int16
    assert (np.abs(whole * scale - values) <= np.abs(values).max(0) / 32_767 * 0.505).all()


def test_zeros_stay_zeros():
    whole, scale = shortened(np.zeros((2, 2), dtype=np.float32), axis=0)
    assert (whole * scale == 0).all()
