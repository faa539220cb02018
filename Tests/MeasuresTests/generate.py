"""Writes the fixtures of MeasuresTests: small features and outputs, and what the measures are by definition.

Class separation goes over all pairs, with no closed form; debiased means leave out pairs of an example with itself.
The temperature is the minimum of the negative log-likelihood by SciPy's bounded search in f64.
Run with a Python that has numpy and scipy: python generate.py
"""
import json
import os

import numpy as np

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(here, exist_ok=True)
rng = np.random.default_rng(5)


def separation(D, y):
    classes = np.unique(y)
    K = len(classes)
    pairs = np.array([[D[np.ix_(y == j, y == k)].mean() for k in classes] for j in classes])
    within, total = pairs.diagonal().mean(), pairs.mean()
    result = {"within": within, "total": total, "r2": 1 - within / total, "r2_debiased": None}
    if min((y == k).sum() for k in classes) > 1:
        distinct = []
        for k in classes:
            block = D[np.ix_(y == k, y == k)]
            distinct.append(block[~np.eye(len(block), dtype=bool)].mean())
        np.fill_diagonal(pairs, distinct)
        result["r2_debiased"] = 1 - np.mean(distinct) / pairs.mean()
    return result


def measures(X, y):
    unit = lambda M: M / np.linalg.norm(M, axis=1, keepdims=True)
    U = unit(X)
    V = unit(X - np.mean([X[y == k].mean(0) for k in np.unique(y)], axis=0))
    C = np.clip(U @ U.T, -1, 1)
    np.fill_diagonal(C, 1)
    return {
        "cosine": separation(1 - C, y),
        "centered_cosine": separation(1 - V @ V.T, y),
        "squared_euclidean": separation(((X[:, None] - X[None]) ** 2).sum(-1), y),
        "angle": separation(np.arccos(C), y),
    }


y = np.array([7, -2, 7, 40, -2, 7, 40, 40, 40, 7, -2, 40, 7, 7])  # unequal classes, labels of any value
X = rng.normal(size=(14, 5)) + 2 * rng.normal(size=(3, 5))[np.unique(y, return_inverse=True)[1]]
single = np.where(np.arange(14) == 3, 99, y)  # one class has one example
cases = {}
for name, features, labels in [
    ("plain", X, y),
    ("single", X, single),
    ("relu", np.maximum(X, 0) + 0.01, y),
    ("offset", X * 1e-3 + 100, y),
]:
    np.save(f"{here}/{name}.x.npy", features)
    np.save(f"{here}/{name}.y.npy", labels)
    cases[name] = measures(features, labels)

n, K = 200, 4
labels = rng.integers(0, K, n)
outputs = rng.normal(size=(n, K)) * 1.5
outputs[np.arange(n), labels] += 2
np.save(f"{here}/outputs.npy", outputs)
np.save(f"{here}/labels.npy", labels)

json.dump(cases, open(f"{here}/expected.json", "w"), indent=1)
