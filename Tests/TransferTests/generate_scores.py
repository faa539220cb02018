"""Writes scores.json: transferability scores by definition, example by example, in NumPy; the shrinkage from scikit-learn.

Run with a Python that has numpy and scikit-learn: python generate_scores.py
"""
import json
import os

import numpy as np
from sklearn.covariance import ledoit_wolf

rng = np.random.default_rng(23)


def logme(F, y):
    """As the authors' release iterates, the evidence from the n x n covariance of the labels, so exact at any rank."""
    n, d = F.shape
    U, s, _ = np.linalg.svd(F, full_matrices=False)
    keep = s > 1e-10 * s[0]
    U, sigma = U[:, keep], s[keep] ** 2
    values = []
    for k in np.unique(y):
        t = (y == k).astype(float)
        x2 = (U.T @ t) ** 2
        rest = max(0, t @ t - x2.sum())
        alpha = beta = 1.0
        for _ in range(11):
            r = alpha / beta
            gamma = (sigma / (sigma + r)).sum()
            m2 = (sigma * x2 / (r + sigma) ** 2).sum()
            res2 = (x2 / (1 + sigma / r) ** 2).sum() + rest
            alpha, beta = gamma / (m2 + 1e-5), (n - gamma) / (res2 + 1e-5)
            log_det = np.linalg.slogdet(np.eye(n) + beta / alpha * F @ F.T)[1]
            evidence = n / 2 * np.log(beta) - log_det / 2 - beta / 2 * res2 - alpha / 2 * m2 - n / 2 * np.log(2 * np.pi)
            if abs(alpha / beta - r) / r <= 1e-3:
                break
        values.append(evidence / n)
    return float(np.mean(values))


def h_scores(F, y):
    means = np.stack([F[y == k].mean(0) for k in y])
    S, B = np.cov(F.T, bias=True), np.cov(means.T, bias=True)
    n, d = F.shape
    plain = np.trace(np.linalg.pinv(S, rcond=max(n, d) * np.finfo(float).eps, hermitian=True) @ B)
    shrunk, a = ledoit_wolf(F)
    return float(plain), float(np.trace(np.linalg.solve(shrunk, (1 - a) * B))), float(a)


def transrate(F, y, distortion=1e-4):
    Z = F - F.mean(0)
    rate = lambda Z: np.linalg.slogdet(np.eye(Z.shape[1]) + Z.T @ Z / (len(Z) * distortion))[1] / 2
    return float(rate(Z) - sum((y == k).mean() * rate(Z[y == k]) for k in np.unique(y)))


def gbc(F, y, diagonal):
    s, V = np.linalg.svd(F - F.mean(0), full_matrices=False)[1:]
    P = F @ V[: min(64, (s**2 > 1e-12 * s[0] ** 2).sum())].T
    gaussians = []
    for k in np.unique(y):
        v = P[y == k].var(0)
        gaussians.append((P[y == k].mean(0), v if diagonal else np.full(len(v), v.mean())))
    sum = 0
    for i, (m, v) in enumerate(gaussians):
        for j, (o, w) in enumerate(gaussians):
            if i != j:
                both = (v + w) / 2
                sum += np.exp(-((m - o) ** 2 / both).sum() / 8 - np.log(both / np.sqrt(v * w)).sum() / 2)
    return float(-sum)


def leep(P, y):
    total = 0
    for p, label in zip(P, y):
        inner = 0
        for z in range(P.shape[1]):
            inner += P[y == label, z].sum() / P[:, z].sum() * p[z]
        total += np.log(inner)
    return float(total / len(y))


def nce(P, y):
    z = P.argmax(1)
    return float(np.mean([np.log(np.mean(y[z == b] == a)) for a, b in zip(y, z)]))


cases = {}
for name, n, d, rank in (("plain", 120, 10, 10), ("wide", 40, 75, 75), ("rank", 90, 20, 12), ("many", 300, 70, 70)):
    y = rng.choice([-4, 0, 3, 7, 8], size=n, p=[0.4, 0.25, 0.15, 0.1, 0.1])
    y[:10] = np.repeat([-4, 0, 3, 7, 8], 2)
    centers = dict(zip(np.unique(y), rng.normal(size=(5, rank))))
    F = np.array([centers[k] + rng.normal(size=rank) for k in y])
    # Short numbers; whole ones keep the rank.
    if rank < d:
        F = np.round(3 * F) @ np.round(2 * rng.normal(size=(rank, d))) + 5
    else:
        F = np.round(F @ rng.normal(size=(rank, d)) / 3 + 2 * rng.normal(size=d), 2)
    W = rng.normal(size=(d, 6)) / 3
    Z = np.round((F - F.mean(0)) @ W / F.std(), 2)
    P = np.exp(Z - Z.max(1, keepdims=True))
    P /= P.sum(1, keepdims=True)
    h, shrunk, a = h_scores(F, y)
    scores = dict(logme=logme(F, y), h_score=h, h_score_shrinkage=shrunk, shrinkage=a, transrate=transrate(F, y), gbc=gbc(F, y, False), gbc_diagonal=gbc(F, y, True), leep=leep(P, y), nce=nce(P, y))
    cases[name] = dict(features=F.ravel().tolist(), labels=y.tolist(), outputs=Z.ravel().tolist(), scores=scores)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "scores.json"), "w") as f:
    json.dump(cases, f)
for name, case in cases.items():
    print(name, case["scores"])
