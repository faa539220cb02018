#!/usr/bin/env python3
"""Writes pictures.json: archives of pictures made by Python's tarfile, and the evaluation transforms of torchvision.

`shards`: archives (gzip, base64) with what must be found in them: (name, split or null, class, SHA-256 of the file), in
order, and how many other files there are. The classes come from the lists below, not from reading the archives.
`sizes`: torchvision's Resize(side) and CenterCrop(crop) of pictures of many sizes: the resized size and the crop's place.
`pixels`: SHA-256 of what Pillow's crop and resize (and torchvision's Resize and CenterCrop) make of noise that both
sides compute (`counter` of images.py).

Run with Python 3, NumPy, Pillow 13.0.0 and torchvision 0.28.0: python3 pictures.py
"""
import base64, gzip, hashlib, io, json, pathlib, random, tarfile

import numpy
import torch
from PIL import Image

try:
    import torchvision
except RuntimeError:
    # Where its compiled part cannot be loaded: declarations suffice, the transforms here are Python over Pillow.
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision
from torchvision import transforms
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import _compute_resized_output_size

rng = numpy.random.default_rng(20261121)
draw = random.Random(20261121)


def jpeg(width=9, height=7, form="JPEG"):
    out = io.BytesIO()
    pixels = rng.integers(0, 256, (height, width, 3)).astype(numpy.uint8)
    Image.fromarray(pixels).save(out, form, **({"quality": 50} if form == "JPEG" else {}))
    return out.getvalue()


def tar(files, format=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            if data is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


shards = []


def shard(name, files, found, ignored=0, format=tarfile.GNU_FORMAT):
    """`found`: (member, split, class) of each picture; the rest of the files are labels or ignored."""
    content = {n: d for n, d in files if d is not None}
    data = tar(files, format)
    shards.append({
        "name": name, "archive": base64.b64encode(gzip.compress(data, 9, mtime=0)).decode(), "ignored": ignored,
        "pictures": [
            {"name": n, "split": s, "class": c, "sha256": hashlib.sha256(content[n]).hexdigest()} for n, s, c in found]})


# WebDataset: numbers in .cls.
files, found = [], []
for number in range(6):
    key = "%06d" % number
    files += [(key + ".jpg", jpeg()), (key + ".cls", b"%d\n" % (number * 5 % 12))]
    found.append((key + ".jpg", None, str(number * 5 % 12)))
shard("cls", files, found)

# Names in .cls; the label may stand before its picture; pictures of two formats; upper case.
files = [("a.CLS", b" tabby cat \n"), ("a.JPG", jpeg()), ("b.png", jpeg(form="PNG")), ("b.cls", b"B"), ("c.JPEG", jpeg()),
         ("c.cls", b"a")]
shard("names", files, [("a.JPG", None, "tabby cat"), ("b.png", None, "B"), ("c.JPEG", None, "a")])

# .json: each of the keys, numbers and text; other members; .cls goes before .json.
files, found = [], []
for number, (value, label) in enumerate([
        ({"label": 3}, "3"), ({"cls": 1, "width": 9}, "1"), ({"class": "2"}, "2"), ({"class_id": 0.0}, "0"),
        ({"class_id": 9, "label": 4}, "4"), ({"caption": "x"}, "7")]):
    key = "part/%03d" % number
    files += [(key + ".json", json.dumps(value).encode()), (key + ".jpg", jpeg())]
    if "caption" in value:
        files.append((key + ".cls", b"7"))
    files.append((key + ".txt", b"a caption"))
    found.append((key + ".jpg", None, label))
shard("json", files, found, ignored=6)

# Keys end at the first dot of the last component: folders may have dots, and other members of a sample more of them.
# Of several pictures the one named by its format alone is the sample's; the others are extra members.
files = [
    ("v1.0/x.jpg", jpeg()), ("v1.0/x.cls", b"0"), ("v1.0/y.seg.png", jpeg(form="PNG")), ("v1.0/y.jpg", jpeg()),
    ("v1.0/y.depth.png", jpeg(form="PNG")), ("v1.0/y.cls", b"1"), ("v1.0/y.meta.json", b'{"label": 5}'),
    ("v2.0/x.left.jpg", jpeg()), ("v2.0/x.right.jpg", jpeg()), ("v2.0/x.cls", b"2"), ("v2.0/.hidden.jpg", jpeg()),
    ("v2.0/alone.cls", b"1"), ("README", b"?")]
shard("dots", files, [("v1.0/x.jpg", None, "0"), ("v1.0/y.jpg", None, "1"), ("v2.0/x.left.jpg", None, "2")], ignored=4)

# Trees: with splits, with a common folder, with both, without either; folder entries, ./, nested folders, other files.
def tree(top, splits, extra=()):
    files, found = [], []
    for split in splits:
        for label in ["b", "B", "a10", "a9"]:
            for number in range(2):
                name = "/".join(p for p in [top, split, label, "%d.jpg" % number] if p)
                files.append((name, jpeg()))
                found.append((name, None if not split else "train" if split.startswith("train") else "test", label))
    return files + list(extra), found


files, found = tree("", ["train", "val"])
shard("splits", [("train/", None), ("train/b", None)] + files + [("train/b/Thumbs.db", b"x"), ("notes.txt", b"")], found, 2)
files, found = tree("", ["training", "testing"])
shard("words", files, found)
files, found = tree("set-1.0", ["train", "test"])
shard("both", files, found)
files, found = tree("set", [""])
shard("top", files, found)
files, found = tree("", [""])
shard("plain", files, found)
files, found = tree("./set", ["train", "val"])
shard("dot", [("./", None), ("./set", None)] + files, found)
# A stray .json is no label of any picture, and a folder inside a class belongs to it.
files, found = tree("", ["train"])
files += [("train/b/more/x.jpg", jpeg()), ("train/info.json", b'{"label": 1}')]
shard("nested", files, found + [("train/b/more/x.jpg", "train", "b")], 1)
# Where there is a test folder, val is not added to it.
files, found = tree("", ["train", "test", "val"])
shard("three", files, [f for f in found if not f[0].startswith("val")], 8)

# Long names of each format, and one that is not ASCII.
long = "/".join(["a-rather-long-folder-name-%02d" % i for i in range(9)])
for name, format in [("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    files = [("train/Gr\u00fcn/" + long + "/1.jpg", jpeg()), ("train/" + "n" * 120 + "/2.jpg", jpeg()),
             ("train/a/" + "x" * 101 + ".png", jpeg(form="PNG")), ("test/a/3.jpg", jpeg())]
    labels = ["Gr\u00fcn", "n" * 120, "a", "a"]
    shard(name, files, [(n, n.split("/")[0], c) for (n, _), c in zip(files, labels)], format=format)

# --- Sizes: torchvision's own functions --------------------------------------------------------------

sizes = []
pairs = [(w, h) for w in (1, 2, 31, 32, 33, 100) for h in (1, 2, 31, 32, 33, 100)]
pairs += [(draw.randint(1, 4000), draw.randint(1, 4000)) for _ in range(300)]
pairs += [(n, n) for n in (223, 224, 225, 256, 500)] + [(500, 375), (375, 500), (333, 500), (2400, 1600), (75, 56)]
for width, height in pairs:
    side, crop = draw.choice([(256, 224), (224, 224), (232, 224), (255, 224), (33, 32), (342, 299), (8, 7)])
    new_height, new_width = _compute_resized_output_size((height, width), [side])
    # CenterCrop's arithmetic is seen, not repeated: the crop of a picture that holds its own coordinates.
    row = Image.frombytes("I", (new_width, 1), numpy.arange(new_width, dtype="<i4").tobytes())
    column = Image.frombytes("I", (1, new_height), numpy.arange(new_height, dtype="<i4").tobytes())
    left = transforms.functional.center_crop(row, [1, crop]).getpixel((0, 0))
    top = transforms.functional.center_crop(column, [crop, 1]).getpixel((0, 0))
    sizes.append([width, height, side, crop, new_width, new_height, left, top])


# --- Pixels ------------------------------------------------------------------------------------------

def counter(stream, count):
    index = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64((stream << 32) + 1)
    z = index * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    number = ((z ^ z >> numpy.uint64(31)) >> numpy.uint64(56)).astype(int)
    return numpy.clip(number * 2 - 128, 0, 255).astype(numpy.uint8)


def central(image, share, width, height):
    """The largest rectangle of the target's aspect, times `share`, by the definition with whole pixels."""
    w, h = image.size
    if w * height > h * width:
        w = round(h * width / height)
    else:
        h = round(w * height / width)
    w, h = max(round(w * share), 1), max(round(h * share), 1)
    x, y = (image.size[0] - w) // 2, (image.size[1] - h) // 2
    return (x, y, x + w, y + h)


pixels = []
methods = {"bicubic": (Image.Resampling.BICUBIC, InterpolationMode.BICUBIC),
           "bilinear": (Image.Resampling.BILINEAR, InterpolationMode.BILINEAR)}
cases = [("central", 32, 32), ("central:0.875", 32, 32), ("central:0.5", 24, 40), ("whole", 32, 20), ("resize:36", 32, 32),
         ("resize:33", 28, 32), ("resize:16", 32, 32)]
for number, (width, height) in enumerate([(61, 47), (47, 61), (48, 48), (20, 25), (200, 33)]):
    noise = Image.fromarray(counter(900 + number, width * height * 3).reshape(height, width, 3))
    for place, (fit, out_width, out_height) in enumerate(cases):
        name = ["bicubic", "bilinear"][(place + number) % 2]
        pillow, torchvision = methods[name]
        if fit == "whole":
            result = noise.resize((out_width, out_height), pillow)
        elif fit.startswith("central"):
            share = float(fit.split(":")[1]) if ":" in fit else 1
            result = noise.crop(central(noise, share, out_width, out_height)).resize((out_width, out_height), pillow)
        else:
            side = max(int(fit.split(":")[1]), out_width, out_height)
            result = transforms.Compose([
                transforms.Resize(side, torchvision), transforms.CenterCrop((out_height, out_width))])(noise)
        pixels.append({
            "stream": 900 + number, "size": [width, height], "fit": fit, "interpolation": name,
            "target": [out_width, out_height], "sha256": hashlib.sha256(result.tobytes()).hexdigest()})

lines = []
for key, values in [("shards", shards), ("sizes", sizes), ("pixels", pixels)]:
    lines.append(f' "{key}": [\n' + ",\n".join("  " + json.dumps(v, separators=(",", ":")) for v in values) + "\n ]")
result = "{\n" + ",\n".join(lines) + "\n}\n"
pathlib.Path(__file__).with_name("pictures.json").write_text(result)
print(len(shards), "archives,", len(sizes), "sizes,", len(pixels), "transforms,", len(result), "bytes")
