"""Writes fixtures.json: bytes and numbers from independent programs.

Run with Python 3, NumPy and Pillow: python3 generate.py
"""
import base64
import gzip
import hashlib
import json
import pathlib

import numpy
from PIL import Image

rng = numpy.random.default_rng(20260801)


def text(data):
    return base64.b64encode(bytes(data)).decode()


def image(height, width, channels):
    """Smooth blobs, noise and hard edges, so that overshoot is clipped on both sides."""
    y, x = numpy.mgrid[0:height, 0:width] / max(height, width)
    planes = [127 + 120 * numpy.sin(9 * x + c) * numpy.cos(7 * y) + rng.normal(0, 30, x.shape) for c in range(channels)]
    planes = numpy.clip(numpy.stack(planes), 0, 255).astype(numpy.uint8)
    planes[:, height // 3 : height // 2, width // 4 :] = 255
    planes[:, height // 2 : 2 * height // 3, : width // 2] = 0
    return planes


def resized(planes, height, width, gray):
    channels = len(planes)
    picture = Image.fromarray(planes[0] if channels == 1 else planes.transpose(1, 2, 0))
    if gray:
        picture = picture.convert("L")
    picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    array = numpy.asarray(picture)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


resize = []
for channels, (h, w), (H, W), gray in [
    (1, (28, 28), (32, 32), False), (1, (28, 28), (64, 64), False), (3, (32, 32), (28, 28), True),
    (3, (32, 32), (64, 64), False), (3, (64, 48), (32, 32), False), (1, (105, 105), (32, 32), False),
    (3, (5, 7), (32, 32), False), (3, (32, 32), (1, 1), False), (3, (32, 32), (32, 20), False),
    (3, (32, 32), (20, 32), False), (3, (32, 32), (32, 32), True), (1, (1, 1), (6, 5), False),
]:
    planes = image(h, w, channels)
    result = resized(planes, H, W, gray)
    resize.append({
        "from": [channels, h, w], "to": [len(result), H, W], "pixels": text(planes.tobytes()),
        "expected": text(result.tobytes())})

# Philox4x64-10; NumPy raises the counter before the first block, so it starts one below.
philox = []
for key, counter in [((0, 0), (0, 0, 0, 0)), ((7, 0), (0, 3, 41, 2)), ((2**64 - 1, 0), (5, 2**63, 12345678901, 6))]:
    start = sum(int(word) << (64 * place) for place, word in enumerate(counter)) - 1
    words = [(start % 2**256) >> (64 * place) & (2**64 - 1) for place in range(4)]
    bits = numpy.random.Philox(key=numpy.array(key, numpy.uint64), counter=numpy.array(words, numpy.uint64))
    philox.append({
        "key": [str(k) for k in key], "counter": [str(c) for c in counter],
        "expected": [str(v) for v in bits.random_raw(12)]})

# gzip: one member, two members, and a member with a name, a comment and a check sum of its header.
plain = bytes(rng.integers(0, 7, 3000, dtype=numpy.uint8))
members = gzip.compress(plain[:1000], mtime=0) + gzip.compress(plain[1000:], mtime=0)
idx_images = b"\0\0\x08\x03" + b"".join(v.to_bytes(4, "big") for v in (4, 3, 2)) + bytes(range(24))
gzips = {
    "plain": text(plain), "single": text(gzip.compress(plain, mtime=0)), "members": text(members),
    "idx": text(gzip.compress(idx_images, mtime=0)),
    # 4 MiB of zeros in few bytes: unpacked sizes are not the packed one's business.
    "zeros": text(gzip.compress(bytes(4 << 20), mtime=0)),
}

# SHA-256 of samples as documented: the line, labels as 32-bit little-endian, pixels.
pixels = bytes(range(12))
labels = [1, 0]
stream = b"separatrix samples 1 2 1 2 3\n" + b"".join(v.to_bytes(4, "little") for v in labels) + pixels
digest = hashlib.sha256(stream).hexdigest()

array = rng.integers(0, 256, (5, 3, 4, 6), dtype=numpy.uint8)
scaled = array.astype(numpy.float64) / 255
statistics = {
    "shape": [3, 4, 6], "pixels": text(array.tobytes()), "mean": scaled.mean((0, 2, 3)).tolist(),
    "deviation": scaled.std((0, 2, 3)).tolist()}

fixtures = {"resize": resize, "philox": philox, "gzip": gzips, "digest": digest, "statistics": statistics}
target = pathlib.Path(__file__).with_name("fixtures.json")
target.write_text(json.dumps(fixtures, indent=0) + "\n")
