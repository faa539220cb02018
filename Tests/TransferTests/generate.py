"""Writes the fixtures of TransferTests.

probe.json: small sets, separable ones included, with the least objective at some lambdas found by Newton's method with
the whole Hessian in f64, in the features' own centred coordinates (no rotation, no conjugate gradients), and with
scikit-learn's L-BFGS objectives for comparison. neighbors.json: neighbours by faiss and votes by scikit-learn.
Run with a Python that has numpy, scipy, scikit-learn and faiss: python generate.py
"""
import json
import os
import warnings

import faiss
import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

warnings.filterwarnings("ignore")
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(here, exist_ok=True)
rng = np.random.default_rng(11)
lambdas = [1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e5]


def objective(Z, y, penalty):
    """Without cancellation: log(1 + sum over the others of exp(z_k - z_y)). Also residuals and probabilities."""
    rows = np.arange(len(y))
    D = Z - Z[rows, y][:, None]
    D[rows, y] = -np.inf
    m = np.maximum(D.max(1), 0)
    E = np.exp(D - m[:, None])
    s = E.sum(1)
    total = s + np.exp(-m)
    R, P = E / total[:, None], E / total[:, None]
    R[rows, y], P[rows, y] = -s / total, np.exp(-m) / total
    return (m + np.log1p(s + np.expm1(-m))).sum() + penalty, R, P


def newton(X, y):
    n, d = X.shape
    K = y.max() + 1
    A = np.hstack([X - X.mean(0), np.ones((n, 1))])
    penalized = np.append(np.ones(d), 0)
    W = np.zeros((K, d + 1))
    out = {}
    for lam in sorted(lambdas, reverse=True):
        value = lambda W: objective(A @ W.T, y, lam / 2 * (W**2 * penalized).sum())
        for _ in range(200):
            f, R, P = value(W)
            G = R.T @ A + lam * W * penalized
            H = np.zeros((K, d + 1, K, d + 1))
            for j in range(K):
                for k in range(K):
                    H[j, :, k] = A.T @ (A * (P[:, j] * ((j == k) - P[:, k]))[:, None])
                H[j, :, j] += lam * np.diag(penalized)
            H = H.reshape(K * (d + 1), -1)
            gauge = np.tile(1 - penalized, K)  # the sum of the biases is free; hold it
            H += np.outer(gauge, gauge) * np.trace(H) / len(H)
            S = -cho_solve(cho_factor(H), G.ravel()).reshape(W.shape)
            fall = -(G * S).sum() / 2
            t = 1.0
            while value(W + t * S)[0] > f - 2e-4 * t * fall + 1e-15 * f and t > 1e-12:
                t /= 2
            W = W + t * S
            if fall <= 1e-14 * f or t <= 1e-12:
                break
        out[lam] = value(W)[0]
    return [out[lam] for lam in lambdas]


def sklearn(X, y):
    out = []
    for lam in lambdas:
        model = LogisticRegression(C=1 / lam, tol=1e-6, max_iter=5000).fit(X, y)
        Z = X @ model.coef_.T + model.intercept_
        if Z.shape[1] == 1:
            continue
        out.append(objective(Z, y, lam / 2 * (model.coef_**2).sum())[0])
    return out


sets = {}
y = rng.integers(0, 4, 80)
X = rng.normal(size=(80, 6)) + rng.normal(size=(4, 6))[y]
sets["overlapping"] = X, y
sets["separable"] = X + 6 * rng.normal(size=(4, 6))[y], y
sets["wide"] = rng.normal(size=(30, 40)), rng.integers(0, 3, 30)
sets["scales"] = np.maximum(X, 0) * np.logspace(2, -3, 6) + 50, y
sets["two"] = X, (X[:, 0] > 0).astype(int)
probe = {}
for name, (X, y) in sets.items():
    y = np.unique(y, return_inverse=True)[1]
    probe[name] = {
        "features": X.ravel().tolist(), "labels": y.tolist(), "lambdas": lambdas, "objectives": newton(X, y), "peer": sklearn(X, y),
    }
json.dump(probe, open(f"{here}/probe.json", "w"))

n, q, d, K = 300, 40, 8, 5
y, yq = rng.integers(0, K, n), rng.integers(0, K, q)
centers = rng.normal(size=(K, d))
X, Q = (rng.normal(size=(n, d)) + centers[y]).astype("f4"), (rng.normal(size=(q, d)) + centers[yq]).astype("f4")
unit = lambda M: np.ascontiguousarray(M / np.linalg.norm(M, axis=1, keepdims=True), dtype="f4")
ip, l2 = faiss.IndexFlatIP(d), faiss.IndexFlatL2(d)
ip.add(unit(X))
l2.add(X)
k = 20
S, I = ip.search(unit(Q), k)
_, E = l2.search(Q, k)
votes = np.zeros((q, K))
for c in range(K):
    votes[:, c] = (np.exp(S / 0.07) * (y[I] == c)).sum(1)
accuracy = {"softmax": float((votes.argmax(1) == yq).mean())}
for weights in ("uniform", "distance"):
    accuracy[weights] = KNeighborsClassifier(k, weights=weights, algorithm="brute").fit(X.astype("f8"), y).score(Q.astype("f8"), yq)
json.dump(
    {
        "dimensions": d, "k": k, "train": X.ravel().tolist(), "train_labels": y.tolist(), "test": Q.ravel().tolist(), "test_labels": yq.tolist(),
        "cosine": I.ravel().tolist(), "euclidean": E.ravel().tolist(), "accuracy": accuracy,
    },
    open(f"{here}/neighbors.json", "w"),
)
