"""Writes the fixtures of OddInputTests: twelve examples of three numbers in three classes, in every form that NumPy and safetensors write
them, spoilt in one way each; and R^2 by cosine of the good ones, over all pairs.

The numbers are multiples of a quarter, exact in every floating-point type.
Run with a Python that has numpy: python generate_odd.py
"""
import json
import os
import struct

import numpy as np

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "odd")
os.makedirs(here, exist_ok=True)
rng = np.random.default_rng(31)
y = np.array([0, 1, 2] * 4)
X = (rng.integers(-8, 9, (12, 3)) / 4 + 2 * np.eye(3)[y]).astype("f4")
X[np.abs(X).sum(1) == 0] = 1


def save(name, values):
    np.save(f"{here}/{name}.npy", values)


def safetensors(name, **arrays):
    types = {"float32": "F32", "float16": "F16", "int64": "I64"}
    header, data = {}, b""
    for key, array in arrays.items():
        header[key] = {"dtype": types[array.dtype.name], "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    with open(f"{here}/{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def every(name, values):
    save(name, values)
    np.savez(f"{here}/{name}.stored.npz", features=values, labels=y)
    np.savez_compressed(f"{here}/{name}.packed.npz", features=values, labels=y)
    safetensors(name, features=values, labels=y)


every("plain", X)
save("plain.f64", X.astype("f8"))
save("plain.half", X.astype("f2"))
save("plain.big", X.astype(">f4"))
save("plain.fortran", np.asfortranarray(X))
save("plain.bigfortran", np.asfortranarray(X.astype(">f8")))
np.savez_compressed(f"{here}/plain.odd.npz", features=np.asfortranarray(X.astype(">f2")), labels=y.astype(">i2"))
safetensors("plain.half", features=X.astype("f2"), labels=y)
np.savez(f"{here}/both.npz", features=X, outputs=X, labels=y)
bad = X.copy()
bad[2, 1], bad[7, 0] = np.nan, np.inf
every("nan", bad)
save("shorter", X[:9])
save("seven", X[:7])
save("three", X[:3])
save("none", X[:0])
save("flat", X[:, 0])
save("constant", np.tile(np.array([0.1, 4.7, -1e5], "f4"), (12, 1)))
save("zeros", 0 * X)
zero = X.copy()
zero[4] = 0
save("zero", zero)

save("labels", y)
save("labels.whole", y.astype("f4"))
half = y.astype("f8")
half[4] = 2.5
save("labels.half", half)
save("labels.gaps", np.array([-5, 7, 1000])[y])
save("labels.one", 0 * y + 4)
save("labels.single", np.where(np.arange(12) == 3, 90, y))
save("labels.many", np.r_[y, 0])
save("labels.few", y[:11])
save("labels.square", np.c_[y, y])
save("labels.beyond", np.where(np.arange(12) == 5, 3, y))


def r2(X, y):
    U = X.astype("f8") / np.linalg.norm(X.astype("f8"), axis=1, keepdims=True)
    D = 1 - U @ U.T
    pairs = np.array([[D[np.ix_(y == j, y == k)].mean() for k in np.unique(y)] for j in np.unique(y)])
    return 1 - pairs.diagonal().mean() / pairs.mean()


kept = np.delete(np.arange(12), [2, 7])
with open(f"{here}/expected.json", "w") as f:
    json.dump({"r2": r2(X, y), "r2_kept": r2(X[kept], y[kept])}, f)
