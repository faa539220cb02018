#!/usr/bin/env python3
"""Writes corruptions.json: what the package imagecorruptions 1.1.2 makes of a small image, with its random numbers replaced
by counted ones, so that the other side can feed the same.

    python corruptions.py      needs imagecorruptions (--no-deps), numpy, scipy, pillow, scikit-image, opencv, numba

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, pillow 13.0.0, scikit-image 0.26.0, opencv 5.0.0. The package is older
than these: what they dropped is put back below, at run time.
"""
import base64, json, os, warnings
import numpy as np
from PIL import Image
import scipy.stats

warnings.simplefilter("ignore")
np.float_ = np.float64
from imagecorruptions import corruptions as ic  # noqa: E402
import skimage.filters  # noqa: E402


def gaussian(image, sigma, multichannel=None, **options):
    return skimage.filters.gaussian(image, sigma=sigma, channel_axis=-1 if multichannel else None, **options)


ic.gaussian = gaussian
HEIGHT, WIDTH = 34, 40


def uniforms(stream, count):
    """SplitMix64's output function of a counter, 24 bits in [0, 1); as TestSupport's counterUniform."""
    z = (np.uint64(stream << 32) + np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 16777216


def picture():
    """A gradient with noise, a white and a black square."""
    noise = uniforms(1, HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3)
    y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
    image = np.uint8((y * 3 + x * 2 + c * 30 + np.floor(noise * 60)) % 256)
    image[4:14, 5:17] = 255
    image[20:28, 22:34] = 0
    return image


class Stream:
    """Numbers that are handed out in order."""

    def __init__(self, stream):
        self.numbers, self.place = uniforms(stream, 1 << 16), 0

    def take(self, shape):
        count = int(np.prod(shape))
        self.place += count
        return self.numbers[self.place - count:self.place].reshape(shape)


class Random:
    """Stands for numpy.random inside the package."""

    def __init__(self, stream, angle=0.0, integers=()):
        self.stream, self.angle, self.integers = Stream(stream), angle, list(integers)

    def normal(self, size, scale, loc=0.0):
        return loc + scale * (4 * self.stream.take(size) - 2)

    def uniform(self, low, high, size=None):
        return self.angle if size is None else low + (high - low) * self.stream.take(size)

    def randint(self, low, high=None, size=None):
        if size is None:
            return self.integers.pop(0)
        return np.floor(self.stream.take(size) * (high - low)).astype(int) + low


class Numpy:
    """numpy with another numpy.random."""

    def __init__(self, random):
        self.random = random

    def __getattr__(self, name):
        return getattr(np, name)


ANGLES = [-40.0, -11.5, 3.25, 20.0, 44.0]
cases = []


def add(name, severity, result, **extra):
    pixels = np.uint8(result)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    cases.append(dict(name=name, severity=severity, expected=base64.b64encode(pixels.tobytes()).decode(), **extra))


image = picture()
pil = Image.fromarray(image)
for severity in range(1, 6):
    for name in ["defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression"]:
        if severity in (1, 3, 5) or name in ("defocus_blur", "zoom_blur"):
            add(name, severity, getattr(ic, name)(pil, severity))
    ic.np = Numpy(Random(10 + severity, angle=ANGLES[severity - 1]))
    add("motion_blur", severity, ic.motion_blur(pil, severity), angle=ANGLES[severity - 1])
    if severity in (1, 4, 5):
        for k, name in enumerate(["gaussian_noise", "glass_blur", "fog", "elastic_transform"]):
            stream = 100 * (k + 1) + severity
            ic.np = Numpy(Random(stream))
            add(name, severity, getattr(ic, name)(pil, severity), stream=stream)
        stream, angle = 600 + severity, ANGLES[severity - 1] - 90
        ic.np = Numpy(Random(stream, angle=angle))
        add("snow", severity, ic.snow(pil, severity), stream=stream, angle=angle)

# Frost: a smooth texture of 50 x 60, blue-green-red as OpenCV reads it, one larger and one smaller than the image.
for severity, height, width, crop in [(2, 50, 60, (7, 11)), (5, 20, 44, (2, 6))]:
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    texture = np.uint8((y * 5 + x * 3 + c * 40 + np.floor(30 * uniforms(7, height * width * 3).reshape(height, width, 3))) % 256)
    ic.np = Numpy(Random(0, integers=[0, *crop]))
    read, ic.cv2.imread = ic.cv2.imread, lambda _: texture[..., ::-1].copy()
    add("frost", severity, ic.frost(pil, severity), texture=[height, width], crop=list(crop))
    ic.cv2.imread = read
ic.np = np

# Single steps with the parameters of the small tables, which the package does not have.
steps = dict(
    discs=[dict(radius=r, softness=s, kernel=ic.disk(radius=r, alias_blur=s).astype(float).ravel().tolist())
           for r, s in [(0.3, 0.4), (1, 0.2), (2.5, 0.01), (4, 0.5)]])
small = np.float32(image) / 255
points = np.float32([[28, 31], [28, 9], [6, 9]])
moved = points + np.float32([[1.5, -2.25], [-0.5, 1.75], [2.0, 0.25]])
matrix = ic.cv2.getAffineTransform(points, moved)
warped = ic.cv2.warpAffine(small, matrix, (WIDTH, HEIGHT), borderMode=ic.cv2.BORDER_REFLECT_101)
add("affine", 0, np.clip(warped, 0, 1) * 255 + 0.5, points=points.astype(float).tolist(), moved=moved.astype(float).tolist())
box = pil.resize((int(WIDTH * 0.95), int(HEIGHT * 0.95)), Image.BOX).resize((WIDTH, HEIGHT), Image.NEAREST)
add("box", 0, box)
add("jpeg80", 0, ic.Image.open((lambda f: (pil.save(f, "JPEG", quality=80), f)[1])(ic.BytesIO())))
steps["poisson"] = [
    dict(mean=m, uniforms=[float(u) for u in uniforms(9, 40)],
         counts=[int(k) for k in scipy.stats.poisson.ppf(uniforms(9, 40), m)]) for m in [0.01, 0.7, 3.0, 25.0, 60.0, 500.0]]

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corruptions.json")
with open(path, "w") as file:
    json.dump(dict(height=HEIGHT, width=WIDTH, cases=cases, **steps), file, separators=(",", ":"))
    file.write("\n")
print(len(cases), "cases,", os.path.getsize(path), "bytes")
