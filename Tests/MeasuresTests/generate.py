"""Writes the fixtures of MeasuresTests: small features and outputs, and what the measures are by definition.

Class separation goes over all pairs, with no closed form; debiased means leave out pairs of an example with itself.
The temperature is the minimum of the negative log-likelihood by SciPy's bounded search in f64.
Run with a Python that has numpy and scipy: python generate.py
"""
import json
import os

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

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


def calibration(Z):
    L = log_softmax(Z, axis=1)
    P = np.exp(L)
    hit, conf = P.argmax(1) == labels, P.max(1)
    edges = np.arange(16) / 15

    def ece(values, right):
        total = 0.0
        for low, high in zip(edges[:-1], edges[1:]):
            inside = (values >= low) & ((values < high) | (high == 1))
            total += abs(values[inside].sum() - right[inside].sum()) / n
        return total

    order = np.argsort(conf)
    bins = np.floor(15 * np.arange(n) / n).astype(int)
    adaptive = sum(abs((conf - hit)[order][bins == b].sum()) for b in range(15)) / n
    onehot = np.eye(K)[labels]
    return {
        "nll": -L[np.arange(n), labels].mean(),
        "brier": ((P - onehot) ** 2).sum(1).mean(),
        "ece": ece(conf, hit),
        "ece_adaptive": adaptive,
        "ece_classwise": np.mean([ece(P[:, k], onehot[:, k]) for k in range(K)]),
        "accuracy": hit.mean(),
    }


nll = lambda b: -log_softmax(outputs * b, axis=1)[np.arange(n), labels].mean()
best = minimize_scalar(nll, bounds=(0.01, 10), method="bounded", options={"xatol": 1e-12}).x
cases["calibration"] = calibration(outputs) | {"temperature": 1 / best, "scaled": calibration(outputs * best)}
json.dump(cases, open(f"{here}/expected.json", "w"), indent=1)
