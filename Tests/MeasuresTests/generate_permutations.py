"""Writes the fixture of CKA's permutation test: orders of 48 examples with the p-values of the layers of similarity.a.npz and
similarity.b.npz (of generate_representations.py) over them, and of six examples the p-values over all 720 orders.

HSIC is computed anew from whole kernels for each order, in f64.
Run with a Python that has numpy: python generate_permutations.py
"""
import itertools
import json
import os

import numpy as np

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
rng = np.random.default_rng(23)


def linear(X):
    return X @ X.T


def rbf(X, bandwidth=0.4):
    D = ((X[:, None] - X[None]) ** 2).sum(-1)
    return np.exp(-D / (2 * bandwidth**2 * np.median(D[np.triu_indices(len(X), 1)])))


def biased(K, L):
    H = np.eye(len(K)) - 1 / len(K)
    return np.trace(K @ H @ L @ H)


def debiased(K, L):
    m = len(K)
    K, L = K - np.diag(np.diag(K)), L - np.diag(np.diag(L))
    one = np.ones(m)
    return np.trace(K @ L) + (one @ K @ one) * (one @ L @ one) / ((m - 1) * (m - 2)) - 2 / (m - 2) * (one @ K @ L @ one)


def hsics(hsic, kernel, X, Y, orders):
    K, L = kernel(X), kernel(Y)
    return hsic(K, L), np.array([hsic(K, L[np.ix_(o, o)]) for o in orders])


def p(hsic, kernel, X, Y, orders):
    found, others = hsics(hsic, kernel, X, Y, orders)
    return (1 + int((others >= found).sum())) / (1 + len(orders))


def exact(hsic, X, Y):
    """The share of all orders whose HSIC is at least the one found, equal ones included."""
    found, others = hsics(hsic, linear, X, Y, [list(o) for o in itertools.permutations(range(len(X)))])
    return float((others >= found - 1e-9 * abs(others).max()).mean())


flat = lambda X: X.reshape(len(X), -1).astype("f8")
A = {name: flat(X) for name, X in np.load(f"{here}/similarity.a.npz").items()}
B = {name: flat(X) for name, X in np.load(f"{here}/similarity.b.npz").items()}
strange = rng.permutation(48)
orders = [rng.permutation(48) for _ in range(60)]
cases = {f"{h.__name__} {k.__name__}": (h, k) for h in (biased, debiased) for k in (linear, rbf)}
table = lambda h, k, B: [[p(h, k, X, Y, orders) for Y in B.values()] for X in A.values()]
x = rng.normal(size=(6, 2))
y = np.c_[x[:, :1] + 0.8 * rng.normal(size=(6, 1)), rng.normal(size=(6, 2))]
small = {"x": x, "y": y, "copies.x": np.repeat(x[:3], 2, axis=0), "copies.y": np.repeat(y[:3], 2, axis=0)}
with open(f"{here}/permutations.json", "w") as f:
    json.dump({
        "orders": [o.tolist() for o in orders],
        "p": {name: table(h, k, B) for name, (h, k) in cases.items()},
        # The second set's examples in a strange order: unrelated.
        "strange": strange.tolist(),
        "unrelated": {name: table(h, k, {n: Y[strange] for n, Y in B.items()}) for name, (h, k) in cases.items()},
        "small": {name: X.tolist() for name, X in small.items()},
        "exact": {f"{prefix}{h.__name__}": exact(h, small[prefix + "x"], small[prefix + "y"]) for h in (biased, debiased) for prefix in ("", "copies.")},
    }, f)
