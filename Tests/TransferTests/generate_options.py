"""Writes Fixtures/options.json: linear probes with example weights, class weights, a penalized bias and several labels an example,
by scikit-learn driven to gradients near rounding, and average precisions by scikit-learn and, for eleven recalls, by definition.
Run with a Python that has numpy and scikit-learn: python generate_options.py
"""
import json
import os
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

warnings.filterwarnings("ignore")
rng = np.random.default_rng(5)
n, d, K, lam = 70, 4, 3, 0.3
y = np.arange(n) % K
y[rng.random(n) < 0.3] = 0  # unbalanced
x = rng.normal(size=(n, d)) + np.eye(K, d)[y] * 1.2 + 3
weights = rng.uniform(0, 2, n)
weights[:5] = 0
fit = lambda x, y, intercept=True, w=None, **more: LogisticRegression(
    C=1 / lam, tol=1e-12, max_iter=100000, solver="newton-cg", fit_intercept=intercept, **more).fit(x, y, sample_weight=w)
out = {"n": n, "lambda": lam, "features": x.ravel().tolist(), "labels": y.tolist(), "weights": weights.tolist()}


def rows(model):
    """The weights that sum to 0 over classes: the penalty makes them so."""
    return {"coefficients": model.coef_.ravel().tolist(), "biases": (model.intercept_ - model.intercept_.mean()).tolist()}


out["weighted"] = rows(fit(x, y, w=weights))
out["balanced"] = rows(fit(x, y, class_weight="balanced"))
model = fit(np.hstack([x, np.ones((n, 1))]), y, intercept=False)
out["penalized"] = {"coefficients": model.coef_[:, :d].ravel().tolist(), "biases": model.coef_[:, d].tolist()}

targets = (rng.random((n, 4)) < [0.5, 0.2, 0.1, 0.3]).astype(int)
x2 = x + targets @ rng.normal(size=(4, d))
targets[rng.random((n, 4)) < 0.1] = -1
test = (rng.random((30, 4)) < 0.3).astype(int)
xt = rng.normal(size=(30, d)).round(1) + 3
test[rng.random((30, 4)) < 0.1] = -1
coefficients, biases, elevens, areas = [], [], [], []
for k in range(4):
    known = targets[:, k] >= 0
    model = fit(x2[known], targets[known, k])
    coefficients += model.coef_.ravel().tolist()
    biases += model.intercept_.tolist()
    known = test[:, k] >= 0
    scores, truth = model.decision_function(xt[known]), test[known, k]
    areas.append(average_precision_score(truth, scores))
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / hits[-1]
    elevens.append(np.mean([precision[recall >= t - 1e-12].max(initial=0) for t in np.arange(11) / 10]))
out["several"] = {
    "features": x2.ravel().tolist(), "targets": targets.ravel().tolist(), "coefficients": coefficients, "biases": biases,
    "test": xt.ravel().tolist(), "testTargets": test.ravel().tolist(), "elevenPoint": elevens, "area": areas}
scores = rng.integers(0, 6, 40).astype(float)  # ties
truth = rng.random(40) < 0.4
out["ties"] = {"scores": scores.tolist(), "positive": truth.tolist(), "area": average_precision_score(truth, scores)}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures/options.json"), "w") as sink:
    json.dump(out, sink)
