"""Writes the fixtures of calibration: what plain definitions, SciPy and scikit-learn make of logits (outputs.npy and labels.npy, which generate.py
wrote) and of probabilities with zeros, ones, ties and values on the edges of bins.

Run with a Python that has numpy, scipy and scikit-learn: python generate_calibration.py
"""
import itertools
import json
import os

import numpy as np
from scipy.optimize import brentq, least_squares, minimize, minimize_scalar
from scipy.special import log_softmax
from scipy.stats import norm
from sklearn.metrics import brier_score_loss

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
rng = np.random.default_rng(11)
edges = np.arange(16) / 15


def inside(values):
    """The examples of each bin."""
    return [(values >= low) & ((values < high) | (high == 1)) for low, high in zip(edges[:-1], edges[1:])]


def ece(values, right):
    return sum(abs(values[b].sum() - right[b].sum()) for b in inside(values)) / len(values)


def debiased(values, right):
    absolute, squared = 0.0, 0.0
    for b in inside(values):
        m = b.sum()
        if m == 0:
            continue
        gap, accuracy = values[b].mean() - right[b].mean(), right[b].mean()
        variance = right[b].var(ddof=1) / m if m > 1 else 0.0
        deviation = np.sqrt(variance)
        # E |N(gap, variance)| by quadrature over a fine grid.
        folded = abs(gap)
        if deviation > 0:
            t = np.linspace(gap - 10 * deviation, gap + 10 * deviation, 2_000_001)
            folded = np.trapezoid(np.abs(t) * norm.pdf(t, gap, deviation), t)
        absolute += m / len(values) * (2 * abs(gap) - folded)
        squared += m / len(values) * (gap**2 - variance)
    return absolute, squared


def smooth(values, right):
    """The kernel by its images, the integral over a grid, the width by root finding."""
    grid = np.linspace(0, 1, 40_001)

    def integral(s):
        total = np.zeros_like(grid)
        for c, a in zip(values, right):
            kernel = sum(norm.pdf(grid, sign * c + 2 * m, s) for m in range(-4, 5) for sign in (1, -1))
            total += (float(a) - c) * kernel
        return np.trapezoid(np.abs(total / len(values)), grid)

    return brentq(lambda s: integral(s) - s, 1e-3, 1, xtol=1e-9)


def aurc(values, right):
    """Over every order of equal confidences, of the mean over coverages of the error rate."""
    n = len(values)
    wrong, values = ~right, np.round(values, 12)
    levels = sorted(set(values), reverse=True)
    # The expected number of errors among the first i, by levels.
    expected = []
    before = 0.0
    for level in levels:
        group = wrong[values == level]
        expected += [before + group.mean() * (j + 1) for j in range(len(group))]
        before += group.sum()
    curve = np.array(expected) / np.arange(1, n + 1)
    best = np.sort(wrong)  # errors last
    return curve.mean(), curve.mean() - (np.cumsum(best) / np.arange(1, n + 1)).mean()


def figures(P, L, y):
    n, K = P.shape
    first = np.array([next(k for k in range(K) if row[k] == row.max()) for row in P])
    conf, hit, onehot = P.max(1), first == y, np.eye(K)[y]
    order = np.argsort(np.round(conf, 12), kind="stable")
    ranked = np.round(conf, 12)[order]
    lower = np.searchsorted(ranked, ranked, side="left")
    bins = np.floor(15 * lower / n).astype(int)
    absolute, squared = debiased(conf, hit)
    area, excess = aurc(conf, hit)
    label = L[np.arange(n), y]
    return {
        "nll": None if np.isinf(label).any() else -label.mean(),
        "brier": sum(brier_score_loss(onehot[:, k], P[:, k]) for k in range(K)),
        "ece": ece(conf, hit), "ece_debiased": absolute, "calibration_error_squared_debiased": squared,
        "ece_adaptive": sum(abs((conf - hit)[order][bins == b].sum()) for b in range(15)) / n,
        "ece_classwise": np.mean([ece(P[:, k], onehot[:, k]) for k in range(K)]),
        "ece_smooth": smooth(conf, hit), "aurc": area, "aurc_excess": excess, "accuracy": hit.mean(),
    }


def of_logits(Z, y):
    L = log_softmax(Z, axis=1)
    return figures(np.exp(L), L, y)


Z, y = np.load(f"{here}/outputs.npy"), np.load(f"{here}/labels.npy")
n, K = Z.shape
nll = lambda b: -log_softmax(Z * b, axis=1)[np.arange(n), y].mean()
b = minimize_scalar(nll, bounds=(0.01, 10), method="bounded", options={"xatol": 1e-12}).x


def vector_nll(theta):
    s, o = theta[:K], theta[K:]
    L = log_softmax(Z * s + o, axis=1)
    G = np.exp(L) - np.eye(K)[y]
    return -L[np.arange(n), y].mean(), np.r_[(G * Z).mean(0), G.mean(0)]


theta = minimize(vector_nll, np.r_[np.ones(K), np.zeros(K)], jac=True, method="BFGS", options={"gtol": 1e-9}).x
theta = least_squares(lambda t: vector_nll(t)[1], theta, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
cases = {"logits": of_logits(Z, y) | {"temperature": 1 / b, "scaled": of_logits(Z * b, y), "vector_scaled": of_logits(Z * theta[:K] + theta[K:], y)}}

# Fifteenths: many equal confidences, all on edges of bins, with certain rows and impossible classes.
m = 240
parts = np.array([c for c in itertools.product(range(16), repeat=3) if sum(c) == 15])
P = parts[rng.integers(0, len(parts), m)] / 15
P[:12] = np.eye(3)[rng.integers(0, 3, 12)]
labels = np.array([rng.choice(3, p=row * 0.7 + 0.1) for row in P])
np.save(f"{here}/probabilities.npy", P)
np.save(f"{here}/probabilities.y.npy", labels)
with np.errstate(divide="ignore"):
    cases["probabilities"] = figures(P, np.log(P), labels)
possible = P[np.arange(m), labels] > 0
np.save(f"{here}/probabilities.possible.npy", P[possible])
np.save(f"{here}/probabilities.possible.y.npy", labels[possible])
Q, q = P[possible], labels[possible]
with np.errstate(divide="ignore"):
    L = np.log(Q)
power = minimize_scalar(lambda b: -log_softmax(np.maximum(L, -1e9) * b, axis=1)[np.arange(len(q)), q].mean(), bounds=(0.01, 10), method="bounded", options={"xatol": 1e-12}).x
cases["possible"] = figures(Q, L, q) | {"temperature": 1 / power, "scaled": of_logits(np.maximum(L, -1e9) * power, q)}
json.dump(cases, open(f"{here}/calibration.json", "w"), indent=1)
