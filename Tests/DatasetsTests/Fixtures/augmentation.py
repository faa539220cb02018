"""Writes augmentation.json: what torchvision does to images, and how often it draws what.

Run with Python 3, torchvision 0.28.0, torch 2.13.0, Pillow 13.0.0, NumPy and SciPy 1.17.1: python3 augmentation.py
Takes some minutes. Inputs are computed on both sides (`picture`), so only results are stored: a digest (FNV-1a, 64
bits) of most images, the bytes of some. Draws are stored as cumulative shares at some values, or as counts.
"""
import base64
import collections
import json
import math
import pathlib

import numpy
import scipy.stats
import torch
from PIL import Image

try:
    import torchvision
except RuntimeError:  # its compiled part belongs to another build of torch; the transforms need the declarations only
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision
from torchvision import transforms
from torchvision.transforms import InterpolationMode, autoaugment, functional, v2

torch.manual_seed(20261121)
MASK = 2**64 - 1


def uniform(stream, index):
    """counterUniform of Tests/TestSupport/CounterNumbers.swift."""
    z = ((stream << 32) + index + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return ((z ^ (z >> 31)) >> 40) / 16777216


def picture(kind, width, height, channels):
    def value(y, x, c):
        place = (y * width + x) * channels + c
        if kind == "colors":  # every fifth red, green and blue, in 416 x 338
            return (y * width + x) // 52 ** (2 - c) % 52 * 5
        if kind == "noise":
            return int(256 * uniform(1, place))
        if kind == "dull":
            return 90 + int(60 * uniform(2, place))
        if kind == "smooth":
            return 255 * (x * (c + 1) + y * (3 - c)) // max(1, (width - 1) * (c + 1) + (height - 1) * (3 - c))
        return 77

    pixels = [value(y, x, c) for y in range(height) for x in range(width) for c in range(channels)]
    array = numpy.array(pixels, numpy.uint8).reshape(height, width, channels)
    return Image.fromarray(array[:, :, 0] if channels == 1 else array)


def digest(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & MASK
    return f"{value:016x}"


# Operations.
ENHANCED = [0.9, -0.9, 0.3, -0.99, 0.99, 0.0, -1.0, 0.027]
OPERATIONS = {
    "Identity": [0.0],
    "ShearX": [0.3, -0.3, 0.07, 0.99, -0.5, 0.0], "ShearY": [0.3, -0.3, 0.07, 0.99, -0.5, 0.0],
    "TranslateX": [10.876, -10.876, 3.5, -0.9, 31.9, 100.0], "TranslateY": [9.06, -9.06, 3.5, -0.9, 31.9, -100.0],
    "Rotate": [30.0, -30.0, 9.0, 45.0, 90.0, -90.0, 135.0, -117.0, 180.0, 4.5, 0.0],
    "Brightness": ENHANCED, "Color": ENHANCED, "Contrast": ENHANCED, "Sharpness": ENHANCED,
    "Posterize": [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], "Solarize": [255.0, 128.0, 230.5, 0.0, 56.1],
    "AutoContrast": [0.0], "Equalize": [0.0], "Invert": [0.0], "Hue": [0.5, -0.5, 0.1, -0.1, 0.0, 0.25, 0.333],
}
PICTURES = [
    ("noise", 24, 20, 3), ("smooth", 24, 20, 3), ("dull", 31, 17, 3), ("flat", 9, 9, 3), ("noise", 24, 20, 1),
    ("noise", 33, 33, 3), ("smooth", 100, 64, 3), ("dull", 64, 100, 1), ("noise", 2, 5, 3), ("noise", 1, 1, 3)]


def operated(image, name, magnitude):
    if name == "Hue":
        return functional.adjust_hue(image, magnitude)
    return autoaugment._apply_op(image, name, magnitude, InterpolationMode.NEAREST, None)


cases = []
pixels = {}
for parts in PICTURES + [("smooth", 224, 224, 3), ("noise", 256, 256, 3), ("colors", 416, 338, 3)]:
    image = picture(*parts)
    digests = {}
    for name, values in OPERATIONS.items():
        results = [operated(image, name, value).tobytes() for value in (values[:1] if parts[1] > 200 and name != "Hue" else values)]
        digests[name] = [digest(result) for result in results]
        if parts == PICTURES[0]:
            pixels[name] = base64.b64encode(results[0]).decode()
    cases.append({"kind": parts[0], "size": parts[1:], "digests": digests})
operations = {"magnitudes": OPERATIONS, "cases": cases, "pixels": pixels}

# Tables of magnitudes.
magnitudes = []
for wide in (False, True):
    for bins in (7, 10, 31):
        for width, height in [(24, 20), (224, 224)]:
            if wide:
                space = autoaugment.TrivialAugmentWide()._augmentation_space(bins)
            else:
                space = autoaugment.AutoAugment()._augmentation_space(bins, (height, width))
            for name, (values, signed) in space.items():
                values = values.double().reshape(-1).tolist()
                magnitudes.append({
                    "wide": wide, "bins": bins, "size": [width, height], "name": name, "signed": signed,
                    "values": values if len(values) > 1 else [values[0]] * bins})


# Tables of policies: operation, probability, strength (0 where there is none).
tables = {name: [[f"{step[0]} {step[1]:g} {step[2] or 0}" for step in pair]
                 for pair in autoaugment.AutoAugment(autoaugment.AutoAugmentPolicy(name)).policies]
          for name in ("imagenet", "cifar10", "svhn")}


def shares(values):
    """Where the values lie: the share of them at or below each of at most 96 of them."""
    values = numpy.sort(numpy.asarray(values, numpy.float64))
    grid = numpy.unique(numpy.quantile(values, numpy.linspace(0.002, 0.998, 96), method="inverted_cdf"))
    return {"count": len(values), "at": grid.tolist(),
            "share": (numpy.searchsorted(values, grid, side="right") / len(values)).tolist()}


def counts(keys):
    counted = collections.Counter(keys)
    return dict(sorted(counted.items()))


# Random resized crops.
DRAWS = 60000
crops = []
for width, height in [(500, 375), (20, 90), (64, 64)]:
    image = Image.new("L", (width, height))
    drawn = [transforms.RandomResizedCrop.get_params(image, (0.08, 1.0), (3 / 4, 4 / 3)) for _ in range(DRAWS)]
    y, x, h, w = (numpy.array(part, numpy.float64) for part in zip(*drawn))
    whole = transforms.RandomResizedCrop.get_params(image, (5.0, 5.0), (3 / 4, 4 / 3))
    crops.append({
        "size": [width, height], "x": shares(x), "y": shares(y), "width": shares(w), "height": shares(h),
        "area": shares(w * h), "aspect": shares(w / h), "draws": DRAWS,
        "fallbacks": sum(1 for one in drawn if one == whole)})
fallbacks = []
for width, height in [(500, 375), (20, 300), (300, 20), (64, 64), (7, 9), (9, 7), (1, 100), (31, 23)]:
    y, x, h, w = transforms.RandomResizedCrop.get_params(Image.new("L", (width, height)), (5.0, 5.0), (3 / 4, 4 / 3))
    fallbacks.append({"size": [width, height], "rectangle": [x, y, w, h]})

# Color jitter.
jitter = transforms.ColorJitter(0.4, 1.5, 0.2, 0.1)
drawn = [transforms.ColorJitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
         for _ in range(DRAWS)]
jitters = {
    "order": counts("".join(str(int(one)) for one in each[0]) for each in drawn),
    **{name: shares([each[1 + place] for each in drawn])
       for place, name in enumerate(["brightness", "contrast", "saturation", "hue"])}}

# Random erasing.
erasures = []
for width, height in [(32, 32), (224, 160), (8, 60)]:
    erasing = transforms.RandomErasing(p=0.5)
    image = torch.zeros(3, height, width)
    drawn = []
    for _ in range(DRAWS):
        if torch.rand(1) < erasing.p:
            i, j, h, w, v = erasing.get_params(image, erasing.scale, erasing.ratio, [0.0])
            if v is not image:
                drawn.append((j, i, w, h))
    x, y, w, h = (numpy.array(part, numpy.float64) for part in zip(*drawn))
    erasures.append({
        "size": [width, height], "x": shares(x), "y": shares(y), "width": shares(w), "height": shares(h),
        "area": shares(w * h), "aspect": shares(h / w), "draws": DRAWS, "erased": len(drawn)})

# Automatic policies: what was carried out, as "Name magnitude" joined by "+", at 224 x 224.
record = []
autoaugment._apply_op = lambda image, name, magnitude, *rest, **more: (
    record.append(f"{name} {magnitude:.3f}".replace("-0.000", "0.000")) or image)
image = Image.new("RGB", (224, 224))


def policy_counts(transform, draws):
    keys = []
    for _ in range(draws):
        record.clear()
        transform(image)
        keys.append("+".join(record))
    return counts(keys)


policies = [{"spec": f"auto-augment:policy={name}", "draws": DRAWS,
             "counts": policy_counts(autoaugment.AutoAugment(autoaugment.AutoAugmentPolicy(name)), DRAWS)}
            for name in ("imagenet", "cifar10", "svhn")]
policies.append({"spec": "rand-augment", "draws": DRAWS, "counts": policy_counts(autoaugment.RandAugment(), DRAWS)})
policies.append({"spec": "rand-augment:operations=1,magnitude=4,bins=10", "draws": DRAWS,
                 "counts": policy_counts(autoaugment.RandAugment(1, 4, 10), DRAWS)})
policies.append({"spec": "trivial-augment", "draws": DRAWS,
                 "counts": policy_counts(autoaugment.TrivialAugmentWide(), DRAWS)})

# Mixing: the law of lambda from SciPy, CutMix's box from torchvision, and what comes out.
betas = []
for alpha in (0.05, 0.2, 0.5, 1.0, 4.0):
    at = sorted(set(scipy.stats.beta.ppf(numpy.linspace(0.01, 0.99, 99), alpha, alpha).tolist()))
    betas.append({"alpha": alpha, "at": at, "share": scipy.stats.beta.cdf(at, alpha, alpha).tolist()})
boxes = []
for width, height in [(224, 224), (33, 20)]:
    cutmix = v2.CutMix(alpha=1.0, num_classes=2)
    batch = [torch.zeros(2, 3, height, width)]
    drawn = [cutmix.make_params(batch) for _ in range(DRAWS)]
    left, top, right, bottom = (numpy.array(part, numpy.float64) for part in zip(*(one["box"] for one in drawn)))
    boxes.append({
        "size": [width, height], "x": shares(left), "y": shares(top), "width": shares(right - left),
        "height": shares(bottom - top), "weight": shares([one["lam_adjusted"] for one in drawn])})
size = (3, 2, 4, 5)  # n, c, h, w
values = numpy.array([2 * uniform(3, place) - 1 for place in range(math.prod(size))], numpy.float32)
images = torch.tensor(values.reshape(3, 4, 5, 2)).permute(0, 3, 1, 2).contiguous()  # n, h, w, c on the other side
labels = torch.tensor([0, 1, 2])
mixed = v2.MixUp(num_classes=3).transform(images, {"lam": 0.3, "batch_size": 3, "labels": labels})
cut = v2.CutMix(num_classes=3).transform(
    images, {"box": (1, 2, 4, 4), "lam_adjusted": 0.7, "batch_size": 3, "labels": labels})
target = v2.MixUp(num_classes=3).transform(labels, {"lam": 0.3, "batch_size": 3, "labels": labels})
mixing = {
    "lambda": 0.3, "mixed": mixed.permute(0, 2, 3, 1).flatten().tolist(), "box": [1, 2, 3, 2],
    "cut": cut.permute(0, 2, 3, 1).flatten().tolist(), "target": target.tolist()}

# Critical values at p = 1e-4.
chi = [round(scipy.stats.chi2.isf(1e-4, n), 2) for n in range(1, 1001)]  # by degrees of freedom, from 1

result = {
    "versions": {"torchvision": torchvision.__version__, "torch": torch.__version__, "pillow": Image.__version__,
                 "scipy": scipy.__version__},
    "operations": operations, "magnitudes": magnitudes, "tables": tables, "crops": crops, "fallbacks": fallbacks, "jitter": jitters,
    "erasures": erasures, "policies": policies, "betas": betas, "boxes": boxes, "mixing": mixing, "chi": chi}
path = pathlib.Path(__file__).parent / "augmentation.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
print(path, path.stat().st_size, "bytes")
