"""Writes the fixtures of retrieval and of comparisons: two embeddings of 64 examples with outputs, many of their features equal, and what the
measures are by definition, query by query, in plain Python; tests of SciPy, probes of scikit-learn.

Run with a Python that has numpy, scipy and scikit-learn: python generate_retrieval.py
"""
import json
import os
from fractions import Fraction

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
rng = np.random.default_rng(5)
# Labels with gaps and below 0; classes of 1 and of 2 examples.
y = rng.permutation([7] * 25 + [-3] * 16 + [0] * 12 + [12] * 8 + [4] * 2 + [5])
n = len(y)
centers = {d: dict(zip(np.unique(y), rng.normal(size=(6, d)) * 2)) for d in (3, 6)}
# Small whole numbers: equal cosines abound, of copies and multiples too.
old = np.array([np.round(centers[3][k] + 1.7 * rng.normal(size=3)) for k in y]) + 0.0
new = np.array([np.round(centers[6][k] + 1.7 * rng.normal(size=6)) for k in y]) + 0.0
for X in (old, new):
    X[np.abs(X).sum(1) == 0] = 1
    X[20], X[41] = X[3], 3 * X[9]
Z = {name: (rng.normal(size=(n, 13)) + s * np.eye(13)[np.clip(y, 0, 12)]).astype("f4") for name, s in (("old", 1.0), ("new", 1.8))}
np.savez(f"{here}/retrieval.old.npz", features=old.astype("f4"), outputs=Z["old"])
np.savez(f"{here}/retrieval.new.npz", features=new.astype("f8"), outputs=Z["new"])
np.save(f"{here}/retrieval.y.npy", y)
# As many examples as the fixtures of out-of-distribution scores, with labels of its own.
np.savez(f"{here}/retrieval.labelled.npz", features=rng.normal(size=(150, 2)).astype("f4"), labels=np.arange(150))


def nearer(a, b, q):
    """Whether a's cosine with q is above b's (1), equal (0) or below (-1), in whole numbers: sign(c) c^2 / |.|^2 are compared."""
    score = lambda x: Fraction(int(x @ q) * abs(int(x @ q)), int(x @ x))
    return (score(a) > score(b)) - (score(a) < score(b))


def ranking(X, i):
    import functools
    others = [j for j in range(n) if j != i]
    return sorted(others, key=functools.cmp_to_key(lambda a, b: -nearer(X[a], X[b], X[i]) or a - b))


def vote(labels):
    counts = {k: labels.count(k) for k in labels}
    return max(labels, key=lambda k: (counts[k], -labels.index(k)))


def values(X):
    out = {name: [] for name in ("recall_at_1", "recall_at_5", "recall_at_10", "map_at_r", "knn_accuracy")}
    for i in range(n):
        near = [int(y[j]) for j in ranking(X, i)]
        hits = [k == y[i] for k in near]
        R = sum(hits)
        for k in (1, 5, 10):
            out[f"recall_at_{k}"].append(None if R == 0 else float(any(hits[:k])))
        out["map_at_r"].append(None if R == 0 else sum(sum(hits[: r + 1]) / (r + 1) for r in range(R) if hits[r]) / R)
        out["knn_accuracy"].append(float(vote(near[:10]) == y[i]))
    return out


def mean(v, k=None):
    kept = [x for x, label in zip(v, y) if x is not None and (k is None or label == k)]
    return float(np.mean(kept)) if kept else None


def paired(a, b):
    """McNemar's exact test; the interval of Agresti and Min, from the table of pairs; the examples that a paired z test of power 0.8 needs."""
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    m, u, v = len(a) + 2, only_a + 0.5, only_b + 0.5
    half = norm.ppf(0.975) * np.sqrt(u + v - (v - u) ** 2 / m) / m
    d = b.astype(float) - a
    need = ((norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * d.var(ddof=1) / d.mean() ** 2) if d.mean() else None
    return {"old": a.mean(), "new": b.mean(), "low": (v - u) / m - half, "high": (v - u) / m + half, "needed": need,
            "p": binomtest(only_b, only_a + only_b).pvalue if only_a + only_b else 1.0}


kept = y >= 0
right = {name: Z[name].argmax(1) == y for name in Z}
folds = np.zeros(n, int)
big = np.isin(y, [7, -3, 0, 12])
for fold, (_, test) in enumerate(StratifiedKFold(4, shuffle=True, random_state=1).split(old[big], y[big])):
    folds[np.flatnonzero(big)[test]] = fold
probes = {}
for name, X in (("old", old), ("new", new)):
    probes[name] = np.zeros(n, int)
    for fold in range(4):
        known = folds != fold
        probes[name][~known] = LogisticRegression(C=1 / 0.5, tol=1e-10, max_iter=10000).fit(X[known], y[known]).predict(X[~known])
found = {"old": values(old), "new": values(new)}
with open(f"{here}/retrieval.json", "w") as f:
    json.dump({
        "means": {name: {m: mean(v) for m, v in found[name].items()} for name in found},
        "classes": {name: {m: [mean(v, k) for k in np.unique(y)] for m, v in found[name].items()} for name in found},
        "outputs": {k: float(v) for k, v in paired(right["old"][kept], right["new"][kept]).items()},
        "folds": folds.tolist(), "probes": {k: v.tolist() for k, v in probes.items()},
    }, f)
