"""Writes the fixtures of agreement and of out-of-distribution scores: outputs of three classifiers, features of two kinds, and what scikit-learn,
SciPy and plain definitions make of them.

Run with a Python that has numpy, scipy and scikit-learn: python generate_decisions.py
"""
import json
import os

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score, roc_curve

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
rng = np.random.default_rng(3)
n, K = 150, 6
y = rng.integers(0, K, n)
base = rng.normal(size=(n, K)) + 1.5 * np.eye(K)[y]
# Quarters: equal outputs within a row and between rows.
outputs = [np.round((base + s * rng.normal(size=(n, K))) * 4).astype("f4") / 4 for s in (0.3, 0.6, 2.0)]
for name, Z in zip("abc", outputs):
    np.save(f"{here}/outputs.{name}.npy", Z)
np.save(f"{here}/outputs.y.npy", y)
top = [Z.argmax(1) for Z in outputs]
right = [t == y for t in top]


def pair(i, j):
    only_i, only_j = int((right[i] & ~right[j]).sum()), int((~right[i] & right[j]).sum())
    P = [softmax(outputs[k].astype("f8"), axis=1) for k in (i, j)]
    return {"agreement": float((top[i] == top[j]).mean()), "kappa": cohen_kappa_score(top[i], top[j]),
            "error_consistency": cohen_kappa_score(right[i], right[j]), "accuracy_a": float(right[i].mean()), "accuracy_b": float(right[j].mean()),
            "mcnemar_p": binomtest(min(only_i, only_j), only_i + only_j).pvalue, "either_right": float((right[i] | right[j]).mean()),
            "ensemble_accuracy": float(((P[0] + P[1]).argmax(1) == y).mean()),
            "ensemble_accuracy_logits": float(((outputs[i].astype("f8") + outputs[j]).argmax(1) == y).mean())}


X = rng.normal(size=(n, 8)) + 2 * rng.normal(size=(K, 8))[y]
inside = {"outputs": outputs[0][:90], "features": X[:90].astype("f4")}
outside = {"outputs": np.round(rng.normal(size=(70, K)) * 4).astype("f4") / 4, "features": (1.5 * rng.normal(size=(70, 8)) + 1).astype("f4")}
train = {"features": X.astype("f4"), "labels": y}
for name, arrays in {"inside": inside, "outside": outside, "train": train}.items():
    np.savez(f"{here}/ood.{name}.npz", **arrays)
unit = lambda M: M / np.linalg.norm(M, axis=1, keepdims=True)
F = train["features"].astype("f8")
mu = np.array([F[y == k].mean(0) for k in range(K)])
precision = np.linalg.inv(np.mean([np.outer(f - mu[k], f - mu[k]) for f, k in zip(F, y)], axis=0))
scores = {
    "msp": lambda s: softmax(s["outputs"].astype("f8"), axis=1).max(1),
    "max_logit": lambda s: s["outputs"].max(1),
    "energy": lambda s: logsumexp(s["outputs"].astype("f8"), axis=1),
    "entropy": lambda s: (softmax(s["outputs"].astype("f8"), axis=1) * log_softmax(s["outputs"].astype("f8"), axis=1)).sum(1),
    "mahalanobis": lambda s: -np.min([np.einsum("nd,de,ne->n", s["features"] - m, precision, s["features"] - m) for m in mu], axis=0),
    "knn": lambda s: -np.sort(np.linalg.norm(unit(s["features"].astype("f8"))[:, None] - unit(F)[None], axis=-1), axis=1)[:, 9],
}


def figures(score):
    a, b = score(inside), score(outside)
    s, t = np.round(np.r_[a, b], 12), np.r_[np.ones(len(a)), np.zeros(len(b))]
    fpr, tpr, _ = roc_curve(t, s, drop_intermediate=False)
    return {"auroc": roc_auc_score(t, s), "aupr_in": average_precision_score(t, s), "aupr_out": average_precision_score(1 - t, -s),
            "fpr95": float(fpr[np.argmax(tpr >= 0.95 - 1e-12)])}


with open(f"{here}/decisions.json", "w") as f:
    json.dump({"agreement": {"01": pair(0, 1), "02": pair(0, 2), "12": pair(1, 2)}, "ood": {name: figures(s) for name, s in scores.items()}}, f)
