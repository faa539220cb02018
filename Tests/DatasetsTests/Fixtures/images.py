"""Writes images.json: small JPEG and PNG files, the pixels that Pillow or the formats' own arithmetic give for them,
files that must be refused, and digests of Pillow's resizing.

Run with Python 3, NumPy, Pillow 13.0.0 (libjpeg-turbo 3.2.0) and `cjpeg` and `djpeg` of libjpeg-turbo 2.1.5 (arithmetic
coding, odd samplings, scan scripts: what Pillow does not write): python3 images.py
"""
import base64
import hashlib
import io
import json
import pathlib
import struct
import subprocess
import tempfile
import zlib

import numpy
from PIL import Image, ImageOps

rng = numpy.random.default_rng(20261003)
BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


def text(data):
    return base64.b64encode(bytes(data)).decode()


def pieces(*parts):
    """A file as parts that repeat, so that bombs stay small here."""
    return [{"bytes": text(data), "times": times} for data, times in parts]


def colours(width, height, channels=3, noise=12):
    """Waves, a hard edge and noise, 8 bits."""
    y, x = numpy.mgrid[0:height, 0:width] / max(width, height)
    planes = [127 + 110 * numpy.sin(8 * x + 2 * c) * numpy.cos(6 * y - c) for c in range(channels)]
    array = numpy.stack(planes, -1) + rng.normal(0, noise, (height, width, channels))
    array[height // 3 : height // 2, width // 4 :] = [250, 20, 30, 120][:channels]
    return numpy.clip(array, 0, 255).astype(numpy.uint8)


# --- JPEG -----------------------------------------------------------------------------------------------------


def pillow_jpeg(array, mode="RGB", **options):
    out = io.BytesIO()
    picture = Image.fromarray(array if mode != "L" else array[..., 0], mode)
    picture.save(out, "JPEG", **{"quality": 80, **options})
    return out.getvalue()


def cjpeg(array, *switches, scans=None):
    height, width, channels = array.shape
    magic = b"P6" if channels == 3 else b"P5"
    with tempfile.TemporaryDirectory() as folder:
        if scans:
            script = pathlib.Path(folder, "scans")
            script.write_text(scans)
            switches += ("-scans", str(script))
        return subprocess.run(
            ["cjpeg", "-quality", "80", *switches], input=b"%s %d %d 255\n" % (magic, width, height) + array.tobytes(),
            capture_output=True, check=True).stdout


def patched(data, marker, offset, new):
    """Other bytes in the first segment of a kind; `offset` counts from its 0xff."""
    place = 2
    while data[place + 1] != marker:
        place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    place += offset
    return data[:place] + new + data[place + len(new) :]


def without(data, marker):
    place = 2
    while data[place + 1] != marker:
        place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    return data[:place] + data[place + 2 + struct.unpack(">H", data[place + 2 : place + 4])[0] :]


def tiff(orientation, order, kind=3):
    """A TIFF block of two entries, the second the orientation; kind 3 is SHORT, 4 LONG."""
    e = "<" if order == "II" else ">"
    value = struct.pack(e + "HH", orientation, 0) if kind == 3 else struct.pack(e + "I", orientation)
    entries = struct.pack(e + "HHIHH", 0x0103, 3, 1, 6, 0) + struct.pack(e + "HHI", 0x0112, kind, 1) + value
    return order.encode() + struct.pack(e + "HIH", 42, 8, 2) + entries + struct.pack(e + "I", 0)


def with_exif(data, block):
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + data[2:]


good = []


def add(name, data, pixels, info, exact=True, digest=False):
    """`info`: orientation, channels, bits. `exact` false: alpha may differ by a level."""
    height, width, _ = pixels.shape
    case = {
        "name": name, "file": pieces((data, 1)) if isinstance(data, bytes) else data, "width": width, "height": height,
        "orientation": info[0], "channels": info[1], "bits": info[2], "isExact": exact}
    pixels = numpy.ascontiguousarray(pixels, numpy.uint8).tobytes()
    case["sha256" if digest else "pixels"] = hashlib.sha256(pixels).hexdigest() if digest else text(pixels)
    good.append(case)


def add_smoothed(name, data):
    """libjpeg-turbo's smoothing between blocks, before 3.0.1, saw other neighbours at some borders (its issues 700 and
    721): the digest of 2.1.5 is kept, too."""
    add_jpeg(name, data)
    older = subprocess.run(["djpeg", "-ppm"], input=data, capture_output=True, check=True).stdout
    good[-1]["older"] = hashlib.sha256(older.split(b"\n", 3)[3]).hexdigest()


def add_jpeg(name, data, orientation=1, channels=3, digest=True):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    pixels = numpy.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    add("jpeg " + name, data, pixels, (orientation, channels, 8), digest=digest)


small = colours(23, 17)
ink = colours(23, 17, 4)
baseline = pillow_jpeg(small, subsampling=0)
progressive = pillow_jpeg(small, subsampling=2, progressive=True)
gray = pillow_jpeg(small, "L")
cmyk = pillow_jpeg(ink, "CMYK", quality=70)
add_jpeg("4:4:4", baseline, digest=False)
add_jpeg("4:2:2", pillow_jpeg(small, subsampling=1))
add_jpeg("4:2:0", pillow_jpeg(small, subsampling=2), digest=False)
add_jpeg("4:4:0", cjpeg(small, "-sample", "1x2"))
add_jpeg("4:1:1", cjpeg(small, "-sample", "4x1"))
add_jpeg("4:1:0", cjpeg(small, "-sample", "4x2"))
add_jpeg("gray", gray, channels=1)
add_jpeg("stored as RGB", cjpeg(small, "-rgb"))
add_jpeg("progressive", progressive)
add_jpeg("progressive, gray", pillow_jpeg(small, "L", progressive=True), channels=1)
add_jpeg("arithmetic", cjpeg(small, "-arithmetic"))
add_jpeg("arithmetic, progressive", cjpeg(small, "-arithmetic", "-progressive"))
add_jpeg("restart markers", cjpeg(small, "-restart", "1B"))
add_jpeg("one scan a component", cjpeg(small, scans="0;\n1;\n2;\n"))
# Scans that stop short of the last bits: libjpeg smooths between blocks.
rough = "0 1 2: 0-0, 0, 1;\n0: 1-5, 0, 2;\n"
add_smoothed("progressive, not refined", cjpeg(small, scans=rough))
add_jpeg("CMYK", cmyk, channels=4, digest=False)
add_jpeg("CMYK, 4:2:0", pillow_jpeg(ink, "CMYK", quality=70, subsampling=2), channels=4)
add_jpeg("YCCK", patched(cmyk, 0xEE, 15, b"\2"), channels=4)
add_jpeg("one pixel", pillow_jpeg(small[:1, :1]))
add_jpeg("one column", pillow_jpeg(small[:, :1]))
add_jpeg("one row", pillow_jpeg(small[:1]))
add_jpeg("bytes after the end", baseline + bytes(range(50)))
add_jpeg("without JFIF", without(baseline, 0xE0))

tiny = pillow_jpeg(colours(11, 7), subsampling=2, quality=60)
for orientation in range(1, 9):
    for order in ("II", "MM"):
        add_jpeg(f"orientation {orientation} {order}", with_exif(tiny, tiff(orientation, order)), orientation)
add_jpeg("orientation 6 as LONG", with_exif(tiny, tiff(6, "MM", 4)), 6)
for invalid in (0, 9):
    add_jpeg(f"orientation {invalid}", with_exif(tiny, tiff(invalid, "II")))
add_jpeg("orientation cut off", with_exif(tiny, tiff(6, "II")[:30]))
add_jpeg("orientation in a directory outside", with_exif(tiny, b"II*\0\xff\xff\xff\xff" + bytes(20)))

larger = colours(75, 58, noise=6)
for name, data, channels in [
    ("4:4:4", pillow_jpeg(larger, quality=60, subsampling=0), 3),
    ("4:2:2", pillow_jpeg(larger, quality=60, subsampling=1), 3),
    ("4:2:0", pillow_jpeg(larger, quality=60, subsampling=2), 3),
    ("4:4:0", cjpeg(larger, "-quality", "60", "-sample", "1x2"), 3),
    ("4:1:1", cjpeg(larger, "-quality", "60", "-sample", "4x1"), 3),
    ("4:1:0", cjpeg(larger, "-quality", "60", "-sample", "4x2"), 3),
    ("chroma finer than luma", cjpeg(larger, "-quality", "60", "-sample", "1x1,2x2,2x1"), 3),
    ("gray", pillow_jpeg(larger, "L"), 1),
    ("gray, 2x2", cjpeg(larger[..., :1].copy(), "-sample", "2x2"), 1),
    ("progressive", pillow_jpeg(larger, quality=60, progressive=True), 3),
    ("arithmetic", cjpeg(larger, "-quality", "60", "-arithmetic"), 3),
    ("restart markers", cjpeg(larger, "-quality", "60", "-restart", "3B"), 3),
    ("restart markers, 4:4:4", cjpeg(larger, "-quality", "30", "-restart", "1", "-sample", "1x1"), 3),
    ("restart markers, progressive", cjpeg(larger, "-quality", "60", "-restart", "1", "-progressive"), 3),
    ("one scan a component", cjpeg(larger, "-quality", "60", "-sample", "2x2", scans="0;\n1;\n2;\n"), 3),
    ("CMYK", pillow_jpeg(colours(75, 58, 4, 6), "CMYK", quality=40), 4),
    ("YCCK, 4:2:0", patched(pillow_jpeg(colours(75, 58, 4, 6), "CMYK", quality=40, subsampling=2), 0xEE, 15, b"\2"), 4),
]:
    add_jpeg("larger " + name, data, channels=channels)
add_smoothed("larger progressive, not refined", cjpeg(larger, "-quality", "60", scans=rough))

# --- PNG, by a writer of its own: every filter, every depth, Adam7 -------------------------------------

PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data, crc=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ crc)


def packed(samples, depth):
    """Rows of samples [height, width, channels] as bytes."""
    height = len(samples)
    flat = samples.reshape(height, -1).astype(numpy.uint32)
    if depth == 16:
        return flat.astype(">u2").view(numpy.uint8).reshape(height, -1)
    bits = flat[..., None] >> numpy.arange(depth - 1, -1, -1) & 1
    return numpy.packbits(bits.reshape(height, -1).astype(numpy.uint8), axis=1)


def filtered(rows, step, first):
    out = b""
    above = numpy.zeros(rows.shape[1], int)
    for i, row in enumerate(rows.astype(int)):
        left = numpy.concatenate([numpy.zeros(step, int), row])[: len(row)]
        corner = numpy.concatenate([numpy.zeros(step, int), above])[: len(row)]
        guess = left + above - corner
        distances = numpy.stack([abs(guess - left), abs(guess - above), abs(guess - corner)])
        paeth = numpy.choose(distances.argmin(0), [left, above, corner])
        kind = (first + i) % 5
        base = [0, left, above, (left + above) // 2, paeth][kind]
        out += bytes([kind]) + ((row - base) % 256).astype(numpy.uint8).tobytes()
        above = row
    return out


def stream(samples, depth, interlaced):
    step = max(1, depth * samples.shape[2] // 8)
    if not interlaced:
        return filtered(packed(samples, depth), step, 0)
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES]
    return b"".join(filtered(packed(p, depth), step, i) for i, p in enumerate(parts) if p.size)


def header(width, height, depth, kind, interlaced=False):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


SIGNATURE, END = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")


def png(samples, depth, kind, interlaced=False, before=b""):
    data = zlib.compress(stream(samples, depth, interlaced), 9)
    half = len(data) // 2  # Two chunks.
    head = SIGNATURE + header(samples.shape[1], samples.shape[0], depth, kind, interlaced)
    return head + before + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + END


def add_png(name, data, rgba, info, digest=False, is_checked=True):
    """`rgba`: exact values in [0, 1]. Colours of 16 bits are rounded to 8; alpha is flattened on white. Checked against
    Pillow's RGBA where Pillow has it."""
    flat = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
    exact = bool(numpy.isin(rgba[..., 3], [0, 1]).all())
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if info[2] <= 8 and is_checked:
        assert (numpy.asarray(picture.convert("RGBA")) == numpy.round(rgba * 255)).all(), name
    add("png " + name, data, numpy.floor(flat * 255 + 0.5), info, exact, digest)


def opaque(colour):
    colour = numpy.repeat(colour, 3, 2) if colour.shape[2] == 1 else colour
    return numpy.concatenate([colour, numpy.ones_like(colour[..., :1])], 2)


def samples(channels, depth, width=23, height=17):
    if depth == 16:
        fine = rng.integers(0, 256, (height, width, channels))
        return colours(width, height, 4)[..., 4 - channels :].astype(int) * 256 + fine
    return colours(width, height, 4)[..., 4 - channels :].astype(int) >> 8 - depth


def spread(array):
    """Gray and alpha, or colour and alpha, as RGBA."""
    return numpy.concatenate([numpy.repeat(array[..., :1], 3, 2), array[..., 1:]], 2) if array.shape[2] == 2 else array


for interlaced in (False, True):
    word = ", interlaced" if interlaced else ""
    for depth in (1, 2, 4, 8, 16):
        s = samples(1, depth)
        add_png(f"gray {depth}" + word, png(s, depth, 0, interlaced), opaque(s / (2**depth - 1)), (1, 1, depth), True)
    for depth in (8, 16):
        top = 2**depth - 1
        s = samples(3, depth)
        add_png(f"RGB {depth}" + word, png(s, depth, 2, interlaced), opaque(s / top), (1, 3, depth), True)
        s = samples(2, depth)
        add_png(f"gray and alpha {depth}" + word, png(s, depth, 4, interlaced), spread(s / top), (1, 2, depth))
        s = samples(4, depth)
        add_png(f"RGBA {depth}" + word, png(s, depth, 6, interlaced), s / top, (1, 4, depth))
    for depth in (1, 2, 4, 8):
        s = samples(1, depth)
        table = rng.integers(0, 256, (2**depth, 3)).astype(numpy.uint8)
        plte = chunk(b"PLTE", table.tobytes())
        data = png(s, depth, 3, interlaced, plte)
        add_png(f"palette {depth}" + word, data, opaque(table[s[..., 0]] / 255), (1, 3, depth), True)
        alpha = rng.integers(0, 256, 2**depth - depth // 4).astype(numpy.uint8)  # Fewer than colours: the rest opaque.
        full = numpy.concatenate([alpha, numpy.full(2**depth - len(alpha), 255, numpy.uint8)])
        data = png(s, depth, 3, interlaced, plte + chunk(b"tRNS", alpha.tobytes()))
        rgba = numpy.concatenate([table[s[..., 0]], full[s[..., 0]][..., None]], 2) / 255
        add_png(f"palette {depth} with alpha" + word, data, rgba, (1, 4, depth))
for depth in (1, 2, 4, 8, 16):
    s = samples(1, depth)
    key = s[5, 7, 0]
    rgba = opaque(s / (2**depth - 1))
    rgba[..., 3] = s[..., 0] != key
    add_png(f"gray {depth} with a key", png(s, depth, 0, before=chunk(b"tRNS", struct.pack(">H", key))), rgba,
            (1, 2, depth), True, is_checked=depth in (1, 8))  # Pillow compares keys of 2 and 4 bits with scaled values.
for depth in (8, 16):
    s = samples(3, depth)
    s[3:9, 4:11] = s[4, 4]
    if depth == 16:
        s[4, 5] ^= 1  # The same in 8 bits, but not the key.
    rgba = opaque(s / (2**depth - 1))
    rgba[..., 3] = (s != s[4, 4]).any(2)
    add_png(f"RGB {depth} with a key", png(s, depth, 2, before=chunk(b"tRNS", struct.pack(">HHH", *s[4, 4]))), rgba,
            (1, 4, depth), True)
for width, height in [(1, 1), (1, 9), (9, 1), (3, 2), (5, 5)]:
    s = samples(3, 8, width, height)
    add_png(f"interlaced {width} x {height}", png(s, 8, 2, True), opaque(s / 255), (1, 3, 8))
turned = samples(3, 8, 5, 3)
UPRIGHT = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2), 6: lambda a: a[::-1].transpose(1, 0, 2),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2), 8: lambda a: a[:, ::-1].transpose(1, 0, 2)}
for orientation in range(1, 9):
    for order in ("II", "MM"):
        data = png(turned, 8, 2, before=chunk(b"eXIf", tiff(orientation, order)))
        upright = opaque(UPRIGHT[orientation](turned) / 255)
        add_png(f"orientation {orientation} {order}", data, upright, (orientation, 3, 8))
plain = samples(3, 8, 9, 6)
data = png(plain, 8, 2)
START, REST = data[:33], data[33:]


def runs(data):
    """Parts of a file in which one byte repeats, by themselves."""
    parts, start, place = [], 0, 0
    while place < len(data):
        end = place + 1
        while end < len(data) and data[end] == data[place]:
            end += 1
        if end - place > 64:
            parts += [(data[start:place], 1), (data[place : place + 1], end - place)]
            start = end
        place = end
    return parts + [(data[start:], 1)]


# Chunks that are not the picture's: none may cost memory or change a pixel.
zeros = zlib.compress(bytes(14 << 20), 9)
text_chunk, profile = chunk(b"zTXt", b"Comment\0\0" + zeros), chunk(b"iCCP", b"profile\0\0" + zeros)
for name, extra in [
    ("20 texts of 14 MiB", text_chunk * 20), ("a profile of 14 MiB", profile),
    ("a text of a megabyte", chunk(b"tEXt", b"a\0" + b"x" * 10**6)),
    ("colour space, gamma and time", chunk(b"gAMA", struct.pack(">I", 22727)) + chunk(b"cHRM", bytes(32))
     + chunk(b"tIME", bytes(7))),
]:
    add("png with " + name, pieces(*runs(START + extra + REST)), plain, (1, 3, 8), digest=True)

# After the picture's own rows, 200 MB of zeros in the same stream: nobody needs to unpack them.
machine = zlib.compressobj(9)
bomb = machine.compress(stream(plain, 8, False)) + machine.compress(bytes(200_000_000)) + machine.flush()
add("png with 200 MB after the picture", pieces(*runs(START + chunk(b"IDAT", bomb) + END)), plain, (1, 3, 8),
    digest=True)

# --- What must be refused ------------------------------------------------------------------------------

bad = []


def refuse(name, data, kind):
    bad.append({"name": name, "file": data if isinstance(data, list) else pieces(*runs(data)), "kind": kind})


small = colours(9, 6)
baseline, gray = pillow_jpeg(small, subsampling=0), pillow_jpeg(small, "L")
progressive = pillow_jpeg(small, subsampling=2, progressive=True)


def saved(kind):
    out = io.BytesIO()
    Image.fromarray(small).save(out, kind)
    return out.getvalue()


refuse("nothing", b"", "empty")
refuse("one byte", b"\xff", "unknown format")
refuse("two bytes", b"\xff\xd8", "unknown format")
for kind in ("GIF", "WEBP", "TIFF", "BMP"):
    refuse(kind, saved(kind), "unknown format")
refuse("HTML", b"<!DOCTYPE html><title>404</title>", "unknown format")
refuse("text", b"not a picture\n", "unknown format")
refuse("zeros", bytes(3000), "unknown format")
refuse("jpeg start alone", b"\xff\xd8\xff", "truncated")


def sized(data, width, height, marker=0xC0):
    return patched(data, marker, 5, struct.pack(">HH", height, width))


refuse("jpeg 60,000 x 60,000", sized(baseline, 60000, 60000), "too large")
refuse("jpeg 9,990 x 10,000 of little data", sized(baseline, 9990, 10000), "damaged")
refuse("jpeg 9,990 x 10,000, progressive", sized(progressive, 9990, 10000, 0xC2), "damaged")
refuse("jpeg 0 x 6", sized(baseline, 0, 6), "damaged")
refuse("jpeg 9 x 0", sized(baseline, 9, 0), "damaged")
refuse("jpeg 65,535 x 1", sized(baseline, 65535, 1), "too large")
refuse("jpeg of 12 bits", patched(baseline, 0xC0, 4, b"\x0c"), "unsupported")
for marker, word in [(0xC3, "lossless"), (0xC5, "hierarchical"), (0xCB, "lossless, arithmetic")]:
    refuse("jpeg " + word, patched(baseline, 0xC0, 1, bytes([marker])), "unsupported")
refuse("jpeg without quantization", without(gray, 0xDB), "damaged")
refuse("jpeg without its codes, progressive", without(pillow_jpeg(small, "L", progressive=True), 0xC4), "damaged")
refuse("jpeg without frame", without(gray, 0xC0), "damaged")
refuse("jpeg without scan", gray[: gray.index(b"\xff\xda")] + b"\xff\xd9", "damaged")
refuse("jpeg without its second half", gray[: gray.index(b"\xff\xda") + 24] + b"\xff\xd9", "damaged")
restarts = cjpeg(colours(60, 17), "-restart", "1B")
refuse("jpeg, a restart marker missing", restarts.replace(b"\xff\xd1", b"", 1), "damaged")
apart = cjpeg(small, scans="0;\n1;\n2;\n")
places = [i for i in range(len(apart) - 1) if apart[i : i + 2] == b"\xff\xda"]
refuse("jpeg without its last component", apart[: places[2]] + b"\xff\xd9", "damaged")
refuse("jpeg without its second component", apart[: places[1]] + apart[places[2] :], "damaged")
means = progressive.index(b"\xff\xda")
after = progressive.index(b"\xff\xc4", means)
refuse("jpeg without mean values", progressive[:means] + progressive[after:], "damaged")
scan = progressive.rindex(b"\xff\xda")
refuse("jpeg with a scan twice", progressive[:-2] + progressive[scan:], "damaged")


def idat(data, width=9, height=6, depth=8, kind=2, before=b""):
    return SIGNATURE + header(width, height, depth, kind) + before + chunk(b"IDAT", data) + END


rows = stream(plain, 8, False)
packed_rows = zlib.compress(rows, 9)
refuse("png signature alone", SIGNATURE, "truncated")
refuse("png 60,000 x 60,000", idat(zlib.compress(bytes(1000)), 60000, 60000), "too large")
refuse("png of the greatest size", idat(packed_rows, 2**31 - 1, 2**31 - 1), "too large")
refuse("png 9,990 x 10,000 of little data", idat(zlib.compress(bytes(1000)), 9990, 10000), "damaged")
wide = SIGNATURE + header(9990, 10000, 16, 6, True)
refuse("png 9,990 x 10,000, interlaced", wide + chunk(b"IDAT", packed_rows) + END, "damaged")
refuse("png 0 x 6", idat(packed_rows, 0), "damaged")
refuse("png 9 x 0", idat(packed_rows, 9, 0), "damaged")
refuse("png of 3 bits", idat(packed_rows, depth=3), "damaged")
refuse("png of colour type 5", idat(packed_rows, kind=5), "damaged")
refuse("png without data", SIGNATURE + header(9, 6, 8, 2) + END, "damaged")
refuse("png without its last row", idat(zlib.compress(rows[:-28], 9)), "damaged")
refuse("png, damaged stream under a right sum", idat(packed_rows[:90] + b"\xff\xff\xff" + packed_rows[93:]), "damaged")
refuse("png, stream of another kind", idat(b"PK" + packed_rows), "damaged")
refuse("png, filter 9", idat(zlib.compress(b"\x09" + rows[1:], 9)), "damaged")
refuse("png, palette missing", idat(zlib.compress(bytes(10 * 6)), kind=3), "damaged")
many = chunk(b"PLTE", bytes(771))
refuse("png, palette of 257 colours", idat(zlib.compress(bytes(10 * 6)), kind=3, before=many), "damaged")
refuse("png, unknown critical chunk", idat(packed_rows, before=chunk(b"FAKE", b"?")), "damaged")
refuse("png, key of a wrong length", idat(packed_rows, before=chunk(b"tRNS", b"\0")), "damaged")
refuse("png, chunk of 2 GiB", SIGNATURE + header(9, 6, 8, 2) + b"\x7f\xff\xff\xffzTXt" + bytes(3000), "truncated")
refuse("png, profile of 2 GiB", SIGNATURE + header(9, 6, 8, 2) + b"\x7f\xff\xff\xffiCCP" + bytes(3000), "truncated")
for name, data in [
    ("header", SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 6, 8, 2, 0, 0, 0), 1) + REST),
    ("data", START + chunk(b"IDAT", packed_rows, 1) + END), ("end", data[:-1] + b"\0"),
    ("key", START + chunk(b"tRNS", bytes(6), 1) + REST),
    ("orientation", START + chunk(b"eXIf", tiff(6, "II"), 1) + REST),
]:
    refuse("png, wrong sum of the " + name, data, "damaged")
# --- Resizing: Pillow's crop and resize of noise that both sides make ---------------------------------


def counter(stream, count):
    """The numbers of TestSupport's counterUniform, as bytes with many at the ends of the range."""
    index = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64((stream << 32) + 1)
    z = index * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    number = ((z ^ z >> numpy.uint64(31)) >> numpy.uint64(56)).astype(int)
    return numpy.clip(number * 2 - 128, 0, 255).astype(numpy.uint8)


resizes = []
cases = [
    ((w, h), (0, 0, w, h), t) for (w, h), t in [
        ((40, 30), (20, 15)), ((40, 30), (19, 7)), ((40, 30), (7, 19)), ((40, 30), (80, 61)), ((40, 30), (41, 31)),
        ((40, 30), (40, 15)), ((40, 30), (20, 30)), ((40, 30), (40, 30)), ((40, 30), (1, 1)), ((40, 30), (1, 30)),
        ((40, 30), (40, 1)), ((1, 1), (5, 4)), ((1, 1), (1, 1)), ((1, 50), (1, 7)), ((50, 1), (7, 1)),
        ((1, 50), (6, 3)),
        ((50, 1), (3, 6)), ((2, 3), (33, 35)), ((3, 2), (2, 3)), ((17, 200), (16, 20)), ((200, 17), (20, 16)),
        ((301, 227), (224, 224)), ((227, 301), (224, 224)), ((333, 500), (224, 336)), ((97, 61), (224, 225)),
        # Both sides of the rule for the order of the passes: rows dropped against twice the columns dropped.
        ((40, 60), (30, 40)), ((40, 61), (30, 40)), ((40, 59), (30, 40)), ((40, 60), (45, 59)), ((40, 60), (45, 60)),
        ((40, 60), (45, 61)), ((60, 40), (40, 30)), ((64, 200), (64, 199)), ((64, 200), (80, 8)), ((200, 64), (8, 80)),
    ]
] + [
    ((120, 90), (x, y, w, h), t) for (x, y, w, h), t in [
        ((10, 20, 64, 48), (32, 32)), ((0, 0, 1, 1), (9, 9)), ((119, 89, 1, 1), (3, 3)), ((119, 0, 1, 90), (5, 20)),
        ((0, 89, 120, 1), (20, 5)), ((3, 5, 101, 83), (56, 56)), ((50, 1, 20, 88), (30, 30)),
        ((1, 50, 118, 20), (30, 30)),
        ((60, 30, 60, 60), (59, 61)), ((7, 0, 30, 90), (29, 44)),
    ]
]
for number, ((width, height), (x, y, w, h), (tw, th)) in enumerate(cases):
    pixels = counter(number, width * height * 3).reshape(height, width, 3)
    crop = Image.fromarray(pixels).crop((x, y, x + w, y + h))
    for name, method in [("bicubic", BICUBIC), ("bilinear", BILINEAR)]:
        result = crop.resize((tw, th), method)
        alone = crop.getchannel(0).resize((tw, th), method)
        assert alone.tobytes() == result.getchannel(0).tobytes()
        resizes.append({
            "stream": number, "size": [width, height], "source": [x, y, w, h], "target": [tw, th],
            "interpolation": name, "sha256": hashlib.sha256(result.tobytes()).hexdigest()})

lines = []
for key, values in [("good", good), ("bad", bad), ("resizes", resizes)]:
    lines.append(f' "{key}": [\n' + ",\n".join("  " + json.dumps(v, separators=(",", ":")) for v in values) + "\n ]")
result = "{\n" + ",\n".join(lines) + "\n}\n"
pathlib.Path(__file__).with_name("images.json").write_text(result)
print(len(good), "good,", len(bad), "bad,", len(resizes), "resizes,", len(result), "bytes")
