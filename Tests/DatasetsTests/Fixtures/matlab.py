"""Writes matlab.json: MATLAB and NumPy files as SciPy and NumPy write them (base64), and what is in them.

Run with Python 3, NumPy 2.4 and SciPy 1.17: python3 matlab.py
"""
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy
import scipy.io

rng = numpy.random.default_rng(20260802)


def mat(arrays, **options):
    file = io.BytesIO()
    scipy.io.savemat(file, arrays, **options)
    return base64.b64encode(file.getvalue()).decode()


def npy(array):
    file = io.BytesIO()
    numpy.save(file, array)
    return base64.b64encode(file.getvalue()).decode()


def cells(texts):
    result = numpy.empty((len(texts), 1), dtype=object)
    for place, text in enumerate(texts):
        result[place, 0] = text
    return result


# Numbers, text and cells of every kind that data sets use.
mixed = {
    "bytes": numpy.arange(24, dtype=numpy.uint8).reshape(2, 3, 4),
    "doubles": numpy.array([[1.5, -2, 3e9], [numpy.pi, 0, -0.25]]),
    "small": numpy.array([[1, 2, 300]], dtype=numpy.uint16),
    "negative": numpy.array([[-1, -32768, 7]], dtype=numpy.int16),
    "wide": numpy.array([[-5, 2**40]], dtype=numpy.int64),
    "single": numpy.array([[0.5], [-1e-3]], dtype=numpy.float32),
    "logical": numpy.array([[True, False, True]]),
    "complex": numpy.array([[1 + 2j, 3 - 1j]]),
    "text": "Aston Martin V8 Vantage Coupé 2012",
    "nothing": numpy.zeros((0, 0)),
    "cells": cells(["AM General Hummer SUV 2000", "", "Acura RL Sedan 2012"]),
    "record": {"name": "one", "value": 7.0, "inner": {"deep": numpy.array([[1, 2]], dtype=numpy.uint8)}},
}

# Stanford Cars' annotations: an array of records.
annotations = numpy.zeros((1, 4), dtype=[("bbox_x1", "O"), ("class", "O"), ("fname", "O")])
for place, (label, name) in enumerate([(2, "00001.jpg"), (1, "00002.jpg"), (3, "00003.jpg"), (2, "00004.jpg")]):
    annotations[0, place] = (numpy.uint8(10 + place), numpy.uint8(label), name)

# SVHN: images in MATLAB's order.
images = rng.integers(0, 256, (32, 32, 3, 5), dtype=numpy.uint8)
labels = numpy.array([[1], [10], [9], [5], [10]], dtype=numpy.uint8)

# ImageNet's development kit: leaves and one inner node, numbers unlike the order of WordNet ids.
synsets = numpy.zeros((4, 1), dtype=[(n, "O") for n in ("ILSVRC2012_ID", "WNID", "words", "num_children")])
for place, row in enumerate([(1, "n02119789", "kit fox", 0), (2, "n02100735", "English setter", 0),
                             (3, "n01440764", "tench", 0), (1001, "n00001740", "entity", 3)]):
    synsets[place, 0] = (numpy.float64(row[0]), row[1], row[2], numpy.float64(row[3]))

out = {
    "mat": {
        "mixed": mat(mixed, do_compression=False, long_field_names=True),
        "mixed-compressed": mat(mixed, do_compression=True),
        "row": mat({"t": numpy.array([1.0, 2, 3])}, oned_as="row", do_compression=True),
        "cars-train": mat({"annotations": annotations}, do_compression=True),
        "cars-meta": mat({"class_names": cells(["First Car 2001", "Second Car 2002", "Third Car 2003"]).T}),
        "flowers-labels": mat({"labels": numpy.array([[3, 1, 2, 3, 1, 102]], dtype=numpy.uint8)}, do_compression=True),
        "flowers-setid": mat(
            {"trnid": numpy.array([[4, 2]], dtype=numpy.uint16), "valid": numpy.array([[1]], dtype=numpy.uint16),
             "tstid": numpy.array([[6, 3, 5]], dtype=numpy.uint16)}, do_compression=True),
        "svhn": mat({"X": images, "y": labels}, do_compression=True),
        "imagenet-meta": mat({"synsets": synsets}, do_compression=True),
    },
    "svhn": {
        "pixels": base64.b64encode(images.transpose(3, 2, 0, 1).tobytes()).decode(),
        "labels": [int(v) % 10 for v in labels[:, 0]],
    },
    "npy": {
        "bytes": npy(rng.integers(0, 256, (2, 32, 32, 3), dtype=numpy.uint8)),
        "int64": npy(numpy.array([3, -1, 2**40], dtype=numpy.int64)),
        "int32": npy(numpy.array([7, 0], dtype=numpy.int32)),
        "fortran": npy(numpy.asfortranarray(numpy.arange(6, dtype=numpy.uint8).reshape(2, 3))),
        "double": npy(numpy.array([0.5])),
    },
}
pixels = numpy.load(io.BytesIO(base64.b64decode(out["npy"]["bytes"])))
out["planar"] = base64.b64encode(pixels.transpose(0, 3, 1, 2).tobytes()).decode()

# What SciPy reads back.
back = scipy.io.loadmat(io.BytesIO(base64.b64decode(out["mat"]["mixed"])))
out["expected"] = {
    "bytes": back["bytes"].flatten(order="F").tolist(),
    "doubles": back["doubles"].flatten(order="F").tolist(),
    "small": back["small"].flatten(order="F").tolist(),
    "negative": back["negative"].flatten(order="F").tolist(),
    "wide": back["wide"].flatten(order="F").tolist(),
    "single": [float(v) for v in back["single"].flatten(order="F")],
    "logical": back["logical"].flatten(order="F").astype(int).tolist(),
    "complex": [v.real for v in back["complex"].flatten(order="F")],
}

# A file of the other byte order, put together by the format's description: one row of two 16-bit numbers, "v".
elements = struct.pack(">II", 6, 8) + struct.pack(">II", 10, 0) + struct.pack(">IIii", 5, 8, 1, 2)
elements += struct.pack(">HH4s", 1, 1, b"v\0\0\0") + struct.pack(">HHhh", 4, 3, -2, 259)
swapped = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI" + struct.pack(">II", 14, len(elements)) + elements
assert scipy.io.loadmat(io.BytesIO(swapped))["v"].tolist() == [[-2, 259]]
out["zlib"] = base64.b64encode(zlib.compress(b"abc" * 1000)).decode()
out["mat"]["big-endian"] = base64.b64encode(swapped).decode()

path = pathlib.Path(__file__).with_name("matlab.json")
path.write_text(json.dumps(out, indent=1, sort_keys=True) + "\n")
print(path.stat().st_size)
