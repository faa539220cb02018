"""Writes seeds for every reader: python3 corpus.py FOLDER. Needs Pillow and NumPy; SciPy for `mat`, left out without it."""
import gzip
import io
import json
import pathlib
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib
import hashlib

import numpy
from PIL import Image

root = pathlib.Path(sys.argv[1])
rng = numpy.random.default_rng(1)


def seed(reader, name, data):
    folder = root / reader
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def idx(sizes, magic=None):
    head = magic or bytes([0, 0, 8, len(sizes)])
    return head + b"".join(struct.pack(">I", s) for s in sizes) + rng.bytes(int(numpy.prod(sizes)))


for name, data in {"images": idx([2, 5, 4]), "labels": idx([7]), "short": idx([2, 5, 4])[:30], "zero": idx([0, 5, 4])}.items():
    seed("idx", name, data)
    seed("idx", name + ".gz", gzip.compress(data))
    seed("gzip", name, data)
    seed("gzip", name + ".gz", gzip.compress(data, 1))
seed("idx", "pair", b"\x10" + idx([2, 2, 2])[:24] + idx([2])[:8] + b"\0\1")
seed("idx", "huge", bytes([0, 0, 8, 3]) + b"\xff" * 12)
seed("gzip", "two", gzip.compress(b"one") + gzip.compress(b"two" * 500))
seed("gzip", "named", b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x02\0ab" + b"name\0note\0" + bytes(2) + zlib.compress(b"x")[2:-4])
seed("gzip", "short", gzip.compress(rng.bytes(300))[:-20])
seed("gzip", "tail", gzip.compress(b"text") + b"tail")
seed("gzip", "stored", gzip.compress(rng.bytes(300), 0))

for label_bytes in (1, 2):
    record = bytes(label_bytes) + rng.bytes(3072)
    seed("cifar", f"{label_bytes}", record * 2)
    seed("cifar", f"{label_bytes}.gz", gzip.compress(record * 2))
    seed("cifar", f"{label_bytes}-short", record[:-5])
    seed("cifar", f"{label_bytes}-label", b"\xff" * label_bytes + record[label_bytes:])
    seed("cifar", f"{label_bytes}-none.gz", gzip.compress(b""))

y, x = numpy.mgrid[0:24, 0:20]
rgb = numpy.stack([(x * 12) % 256, (y * 10) % 256, (x * y) % 256], -1).astype(numpy.uint8)
picture = Image.fromarray(rgb)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


exif = Image.Exif()
exif[0x0112] = 6
for name, image, options in [
    ("plain", picture, {}), ("progressive", picture, {"progressive": True}), ("gray", picture.convert("L"), {}),
    ("cmyk", picture.convert("CMYK"), {}), ("turned", picture, {"exif": exif}), ("444", picture, {"subsampling": 0}),
    ("restart", picture, {"restart_marker_blocks": 1}), ("low", picture, {"quality": 5, "optimize": True}),
]:
    data = encoded(image, "JPEG", **options)
    seed("jpeg", name, data)
    seed("jpeg", name + "-short", data[: len(data) * 2 // 3])
seed("jpeg", "wide", encoded(picture.resize((400, 9)), "JPEG", quality=20))
for mode in ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"]:
    image = Image.fromarray((x * 3000 % 65536).astype(numpy.uint16)) if mode == "I;16" else picture.convert(mode)
    seed("png", mode.replace(";", ""), encoded(image, "PNG"))
clear = picture.convert("P")
seed("png", "transparent", encoded(clear, "PNG", transparency=3))
seed("png", "turned", encoded(picture, "PNG", exif=exif))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + rng.bytes(6) for _ in range(7))  # interlaced passes of a 2 x 2 RGB picture, with excess
interlaced = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 1)) + chunk(b"IDAT", zlib.compress(rows))
seed("png", "interlaced", b"\x89PNG\r\n\x1a\n" + interlaced + chunk(b"IEND", b""))
for kind, image in [("ppm", picture), ("pgm", picture.convert("L"))]:
    seed("netpbm", kind, encoded(image, "PPM"))
seed("netpbm", "note", b"P6 # note\n2 1\n255\n" + rng.bytes(6))

for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as archive:
        long = "d" * 60 + "/" + "f" * 60 if kind == tarfile.USTAR_FORMAT else "long/" * 30 + "n"
        for name in ["a.jpg", "a.cls", long]:
            entry = tarfile.TarInfo(name)
            entry.size = 20
            archive.addfile(entry, io.BytesIO(rng.bytes(20)))
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "a.jpg"
        archive.addfile(link)
    seed("tar", f"{kind}", file.getvalue()[:6144])



def pax(records):
    """A tar of one file below a pax header of these bytes."""
    def head(name, kind, size):
        field = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
        field += b" " * 8 + kind + bytes(100) + b"ustar\00000" + bytes(247)
        return field[:148] + b"%06o\0 " % sum(field) + field[156:]
    return head(b"p", b"x", len(records)) + records.ljust(512, b"\0") + head(b"f", b"0", 5) + b"abcde".ljust(512, b"\0") + bytes(1024)


def record(text):
    length = len(text) + 3
    return b"%d %s\n" % (length if length > 9 else length - 1, text)


for name, records in {
    "size": record(b"size=5"), "sizeless": record(b"size="), "sizebad": record(b"size=5x"), "path": record(b"path=dir/file"),
    "pathless": record(b"path="), "nul": record(b"path=a\0b"), "sparse": record(b"GNU.sparse.major=1"), "long": b"999 path=a\n",
    "noline": b"12 path=abcd", "nokey": record(b"=abcdef"), "nospace": b"12path=abcd\n", "other": record(b"mtime=1.5") + bytes(9),
}.items():
    seed("tar", "pax-" + name, pax(records))


def archived(entries, mode="w"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, kind, what in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(what)
                archive.addfile(entry, io.BytesIO(what))
            else:
                entry.linkname = what
                archive.addfile(entry)
    return file.getvalue()


plain = [("d", tarfile.DIRTYPE, ""), ("d/a", tarfile.REGTYPE, b"abc" * 30), ("l", tarfile.SYMTYPE, "d/a"), ("h", tarfile.LNKTYPE, "d/a")]
for name, entries in {
    "plain": plain, "up": [("../a", tarfile.REGTYPE, b"x")], "root": [("/a", tarfile.REGTYPE, b"x")], "out": [("l", tarfile.SYMTYPE, "../../x")],
    "through": [("l", tarfile.SYMTYPE, "d"), ("d", tarfile.DIRTYPE, ""), ("l/a", tarfile.REGTYPE, b"x")],
    "hard": [("h", tarfile.LNKTYPE, "../a")], "none": [("h", tarfile.LNKTYPE, "a")], "device": [("c", tarfile.CHRTYPE, "")],
    "twice": [("a", tarfile.REGTYPE, b"x")] * 2, "deep": [("a/b/c/d/e/f/g/h", tarfile.REGTYPE, b"x")], "empty": [],
    "clash": [("a", tarfile.REGTYPE, b"x"), ("a/b", tarfile.REGTYPE, b"x")], "dots": [("./a/./b", tarfile.REGTYPE, b"x")],
    "many": [(f"{c}", tarfile.REGTYPE, b"") for c in range(14)], "absolute": [("l", tarfile.SYMTYPE, "/etc")],
    "long": [("n" * 300, tarfile.REGTYPE, b"x")], "utf8": [("\u00e9/\u4e00", tarfile.REGTYPE, b"x")],
}.items():
    seed("archive", name, archived(entries))
sample = encoded(picture.resize((8, 8)), "JPEG", quality=20)


def shard(names):
    return archived([(name, tarfile.REGTYPE, what) for name, what in names])


for name, names in {
    "keyed": [("0.jpg", sample), ("0.cls", b"3"), ("1.jpg", sample), ("1.cls", b"1\n")],
    "json": [("a/0.jpg", sample), ("a/0.json", b'{"label": 2, "x": [1]}'), ("a/1.png", b"x"), ("a/1.json", b'{"cls": "cat"}')],
    "words": [("0.left.jpg", sample), ("0.jpg", sample), ("0.cls", b"tabby cat"), ("0.txt", b"note")],
    "unlabelled": [("0.jpg", sample), ("1.jpg", sample), ("1.cls", b"")], "badjson": [("0.jpg", sample), ("0.json", b"{")],
    "tree": [("train/a/0.jpg", sample), ("train/b/0.jpg", sample), ("val/a/1.jpg", sample), ("notes.txt", b"x")],
    "top": [("set/train/a/0.jpg", sample), ("set/test/b/0.jpg", sample)], "classes": [("a/0.jpg", sample), ("b/.hidden.jpg", sample)],
    "loose": [("0.jpg", sample), ("a/b/1.jpg", sample)], "far": [("0.jpg", sample), ("0.cls", b"99999999")],
}.items():
    seed("shards", name, shard(names))
    seed("shards", name + ".gz", gzip.compress(shard(names)))
for packing in ("gz", "bz2", "xz"):
    data = archived(plain, "w:" + packing)
    seed("archive", packing, data)
    seed("archive", packing + "-short", data[:-12])
seed("archive", "one.gz", gzip.compress(b"some text " * 40))
seed("archive", "two.gz", gzip.compress(b"one") + gzip.compress(b"two"))
seed("archive", "bomb.gz", gzip.compress(bytes(3 << 20)))
seed("archive", "tail.gz", gzip.compress(b"text") + b"tail")
for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
    for name, entries in {"zip": ["d/", "d/a", "b"], "up": ["../a"], "twice": ["a", "a"]}.items():
        file = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
            warnings.simplefilter("ignore")
            for entry in entries:
                archive.writestr(entry, b"" if entry.endswith("/") else b"content " * 9)
        seed("archive", f"{name}-{method}.zip", file.getvalue())

for name, text in {
    "header": "path,label,split,group\na.jpg,cat,train,1\nb.jpg,dog,test,2\n", "numbers": "a.jpg 0\nb.jpg 1\n",
    "tabs": "a b.jpg\t3\r\nc.jpg\t4\r\n", "quoted": '"a,b.jpg","x ""y"""\n', "mark": "\ufefffile,class\nx.png,k\n",
    "empty": "\n", "far": "a.jpg 99999999\n", "splits": "path,label,split\na,b,training\n", "one": "a.jpg\n", "three": "a b c d\n",
    "groups": "path,label,split,group\na,b,train,1\nc,d,train,\n",
}.items():
    seed("manifest", name, text.encode())
seed("labels", "map", "".join(f"{c},{c % 3}\n" for c in range(12)).encode())
seed("labels", "names", ("class,label\n" + "".join(f"c{c},odd\n" for c in range(12))).encode())
seed("labels", "groups", "".join(f"00024/0000{c // 3}_0001{c}.ppm\n" for c in range(12)).encode())

for name, array in {
    "u1": numpy.zeros((2, 3, 3, 3), "u1"), "i8": numpy.arange(5), "f4": numpy.ones((2, 2), "<f4"),
    "fortran": numpy.asfortranarray(numpy.ones((2, 3))), "big": numpy.arange(4, dtype=">i4"),
}.items():
    file = io.BytesIO()
    numpy.save(file, array)
    seed("npy", name, file.getvalue())
    seed("npy", name + "-short", file.getvalue()[:-1])
    seed("npy", name + "-header", file.getvalue()[:40])


def pack(pictures, names, label=2, shift=0, excess=0, note=None):
    """The layout of PackFile: header, pictures, records, names, a description, a digest; and what must be refused."""
    body, records, text = b"", b"", b""
    for place, (data, name) in enumerate(zip(pictures, names)):
        text += name
        records += struct.pack(
            "<QIIII", 64 + len(body) + shift, len(data), zlib.crc32(data), place % label, len(text) + excess | (place % 2) << 31)
        body += data
    options = {"side": 8, "measure": "shortest", "quality": 20, "interpolation": "bicubic"}
    note = note or json.dumps({"class_names": ["a", "b"], "source": "x", "options": options, "skipped": []}).encode()
    index = records + text + note + struct.pack("<I", len(note))
    digest = hashlib.sha256(body + index).digest()
    head = b"separatrix pack\n" + struct.pack("<QQQQ", 1, 64 + len(body), len(index) + 32, len(pictures)) + bytes(16)
    return head + body + index + digest


seed("pack", "two", pack([encoded(picture, "JPEG", quality=20), encoded(picture, "PPM")], [b"a.jpg", b"b"]))
seed("pack", "none", pack([], []))
few, called = [b"P6 1 1 255 abc"] * 3, [b"x", b"y", b"z"]
seed("pack", "label", pack(few, called, label=3))
seed("pack", "offset", pack(few, called, shift=1 << 20))
seed("pack", "name", pack(few, called, excess=500))
seed("pack", "note", pack(few, called, note=b"{}"))
seed("pack", "index", pack(few, called)[:-36] + b"\xff" * 36)
seed("pack", "other", b"something else" * 9)

try:
    import scipy.io

    content = {"n": numpy.arange(6.0).reshape(2, 3), "t": "text", "c": numpy.array([["a", 1]], object), "s": {"f": 1, "g": "h"}}
    for compressed in (False, True):
        file = io.BytesIO()
        scipy.io.savemat(file, content, do_compression=compressed)
        data = file.getvalue()
        seed("mat", "zipped" if compressed else "plain", data)
        seed("mat", f"{compressed}-short", data[:-9])
    head = data[:124]
    seed("mat", "hdf5", head + b"\0\2IM" + bytes(20))
    seed("mat", "big", head + b"\1\0MI" + struct.pack(">II", 9, 0))
    seed("mat", "order", head + b"\1\0XX" + bytes(20))
    seed("mat", "stream", zlib.compress(bytes(100)) + b"\x20")
    seed("mat", "bare", head[:60])
    for name, inner in {
        "text": zlib.compress(bytes(64)), "number": zlib.compress(struct.pack("<II", 9, 8) + bytes(8)), "damaged": b"\x78\x9c" + b"\xff" * 30,
        "early": zlib.compress(rng.bytes(90))[:50], "tail": zlib.compress(b"x") + b"tail",
    }.items():
        seed("mat", "zipped-" + name, head + b"\0\1IM" + struct.pack("<II", 15, len(inner)) + inner)
except ImportError:
    print("without SciPy: no seeds for mat")
print(sum(1 for f in root.rglob("*") if f.is_file()), "seeds in", root)
