"""Checksums as the packages state them, so that a slip in the catalogue's transcription is found.

Needs the wheels of tensorflow-datasets 4.9.10 (its checksum files are read as text; unpack it to the folder given) and
an installed torchvision 0.28.0. Writes catalog.json: SHA-256 with size by address, MD5 by file name.

  python catalog.py FOLDER_WITH_tensorflow_datasets
"""

import importlib.util
import json
import pathlib
import re
import sys

tfds = pathlib.Path(sys.argv[1]) / "tensorflow_datasets"
files = [
    *(f"datasets/{n}/checksums.tsv" for n in (
        "imagenet2012", "imagenet2012_real", "imagenet_a", "imagenet_r", "imagenet_v2", "imagenet_sketch", "sun397",
        "oxford_iiit_pet", "oxford_flowers102", "caltech101", "svhn_cropped", "stl10", "imagenette")),
    *(f"url_checksums/{n}.txt" for n in (
        "cifar10", "cifar100", "cifar10_1", "cifar10_corrupted", "food101", "cars196", "dtd", "voc", "mnist",
        "fashion_mnist", "kmnist", "emnist", "omniglot", "eurosat")),
]
sha256 = {}
for name in files:
    for line in (tfds / name).read_text().splitlines():
        if line.strip():
            url, size, digest = line.split()[:3]
            sha256[f"{name} {url}"] = {"bytes": int(size), "sha256": digest}

md5 = {}
folder = pathlib.Path(importlib.util.find_spec("torchvision").origin).parent / "datasets"
for name in ("caltech", "dtd", "eurosat", "flowers102", "food101", "gtsrb", "imagenet", "imagenette", "mnist",
             "omniglot", "oxford_iiit_pet", "stl10", "svhn", "voc"):
    md5[name + ".py"] = re.findall(r"\b[0-9a-f]{32}\b", (folder / (name + ".py")).read_text())

out = pathlib.Path(__file__).with_name("catalog.json")
out.write_text(json.dumps({"tfds": sha256, "torchvision": md5}, indent=1, sort_keys=True) + "\n")
