"""Writes the fixtures of the measures of representations: layers of two small networks over the same 48 examples with labels and a
head, and what the measures are by definition, in f64 over whole matrices.

CKA centres whole kernels (biased) or sums over pairs of distinct examples as Song and others 2012 have it (debiased).
Run with a Python that has numpy and scipy: python generate_representations.py
"""
import json
import os

import numpy as np
from scipy.stats import rankdata

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
rng = np.random.default_rng(11)
n, batch = 48, 20
common = rng.normal(size=(n, 5))


def layer(d, share, offset=0.0):
    x = share * common @ rng.normal(size=(5, d)) + rng.normal(size=(n, d)) + offset * rng.normal(size=d)
    return x.astype("f4")


A = {"first": layer(6, 1.0), "block": layer(12, 2.0).reshape(n, 3, 2, 2), "wide": layer(90, 0.5), "far": layer(7, 1.0, 30)}
B = {"narrow": layer(3, 1.0), "other": layer(20, 1.5), "broad": layer(130, 0.3)}
np.savez(f"{here}/similarity.a.npz", **A)
np.savez_compressed(f"{here}/similarity.b.npz", **B)
y = np.array([3, 0, 7, 1] * 9 + [3, 0, 0, 7, 7, 7, 7, 3, 3, 3, 3, 3])
C = (layer(10, 1.0) + 2 * rng.normal(size=(8, 10))[y]).astype("f4")
W, bias = rng.normal(size=(8, 10)).astype("f4") + np.array([C[y == k].mean(0) if (y == k).any() else 0 * C[0] for k in range(8)]), rng.normal(size=8).astype("f4")
W = W.astype("f4")
for name, value in {"x": C, "y": y, "weight": W, "bias": bias[:, None]}.items():
    np.save(f"{here}/collapse.{name}.npy", value)
flat = lambda X: X.reshape(n, -1).astype("f8")


def linear(X):
    return X @ X.T


def squares(X):
    return ((X[:, None] - X[None]) ** 2).sum(-1)


def rbf(X, bandwidth):
    D = squares(X)
    median = np.median(D[np.triu_indices(len(X), 1)])
    return np.exp(-D / (2 * bandwidth**2 * median))


def biased(K, L):
    H = np.eye(len(K)) - 1 / len(K)
    return np.trace(K @ H @ L @ H)


def debiased(K, L):
    m = len(K)
    K, L = K - np.diag(np.diag(K)), L - np.diag(np.diag(L))
    one = np.ones(m)
    return np.trace(K @ L) + (one @ K @ one) * (one @ L @ one) / ((m - 1) * (m - 2)) - 2 / (m - 2) * (one @ K @ L @ one)


def cka(hsic, kernel, X, Y, rows=slice(None)):
    K, L = kernel(X), kernel(Y)
    return hsic(K, L) / np.sqrt(hsic(K, K) * hsic(L, L))


def minibatch(X, Y):
    parts = [slice(i, i + batch) for i in range(0, n - batch + 1, batch)]
    sums = [[debiased(linear(X[p]), linear(Y[p])), debiased(linear(X[p]), linear(X[p])), debiased(linear(Y[p]), linear(Y[p]))] for p in parts]
    cross, x, y = np.sum(sums, axis=0)
    return cross / np.sqrt(x * y)


def procrustes(X, Y):
    X, Y = X - X.mean(0), Y - Y.mean(0)
    X, Y = X / np.linalg.norm(X), Y / np.linalg.norm(Y)
    return 1 - np.linalg.svd(X.T @ Y, compute_uv=False).sum()


def rsa(X, Y, rank):
    unit = lambda M: M / np.linalg.norm(M, axis=1, keepdims=True)
    upper = np.triu_indices(n, 1)
    a, b = ((1 - unit(M) @ unit(M).T)[upper] for M in (X, Y))
    if rank:
        a, b = rankdata(a), rankdata(b)
    return np.corrcoef(a, b)[0, 1]


def mutual_knn(X, Y, k=10):
    def nearest(M):
        U = M / np.linalg.norm(M, axis=1, keepdims=True)
        S = U @ U.T
        np.fill_diagonal(S, -np.inf)
        return [set(np.argsort(-row, kind="stable")[:k]) for row in S]
    return np.mean([len(a & b) / k for a, b in zip(nearest(X), nearest(Y))])


def svcca(X, Y, share=0.99):
    def main(M):
        U, s, _ = np.linalg.svd(M - M.mean(0), full_matrices=False)
        keep = np.searchsorted(np.cumsum(s**2) / (s**2).sum(), share) + 1
        return U[:, :keep]
    return np.linalg.svd(main(X).T @ main(Y), compute_uv=False).clip(0, 1).mean()


def table(value, A=A, B=B):
    return [[float(value(flat(X), flat(Y))) for Y in B.values()] for X in A.values()]


def spectrum(X):
    s, u = np.linalg.svd(X - X.mean(0), compute_uv=False), np.linalg.svd(X, compute_uv=False)
    entropy = lambda v: float(np.exp(-sum(p * np.log(p) for p in v / v.sum() if p > 0)))
    return {"singular_values": s.tolist(), "participation_ratio": float((s**2).sum() ** 2 / (s**4).sum()),
            "effective_rank": entropy(s), "rankme": entropy(u)}


def collapse(H, W, b):
    H, W = H.astype("f8"), W.astype("f8")
    classes = np.unique(y)
    K, d = len(classes), H.shape[1]
    mu = np.array([H[y == k].mean(0) for k in classes])
    M = mu - mu.mean(0)
    S_W = np.mean([(H[y == k] - m).T @ (H[y == k] - m) / (y == k).sum() for k, m in zip(classes, mu)], axis=0)
    S_B = M.T @ M / K
    norms = np.linalg.norm(M, axis=1)
    pairs = [(i, j) for i in range(K) for j in range(i)]
    var = np.array([((H[y == k] - m) ** 2).sum(1).mean() for k, m in zip(classes, mu)])
    V = W[classes]
    chosen = (H @ W.T + b).argmax(1)
    nearest = classes[((H[:, None] - mu[None]) ** 2).sum(-1).argmin(1)]
    trace = np.trace(S_W @ np.linalg.pinv(S_B, rcond=1e-10))
    return {"nc1": trace / K, "separation": trace, "nc2_equinorm": norms.std() / norms.mean(),
            "nc2_equiangle": np.mean([abs(M[i] @ M[j] / (norms[i] * norms[j]) + 1 / (K - 1)) for i, j in pairs]),
            "nc3": np.linalg.norm(V / np.linalg.norm(V) - M / np.linalg.norm(M)), "nc4": float((chosen != nearest).mean()),
            "cdnv": np.mean([(var[i] + var[j]) / (2 * ((mu[i] - mu[j]) ** 2).sum()) for i, j in pairs]),
            "vci": 1 - np.trace(np.linalg.pinv(S_W + S_B) @ S_B) / np.linalg.matrix_rank(S_B, tol=1e-8)}


def uniformity(H):
    U = H.astype("f8") / np.linalg.norm(H.astype("f8"), axis=1, keepdims=True)
    D = squares(U)
    pairs = lambda M: M[np.triu_indices(len(M), 1)]
    return {"alignment": float(np.mean([pairs(D[np.ix_(y == k, y == k)]).mean() for k in np.unique(y)])),
            "uniformity": float(np.log(np.exp(-2 * pairs(D)).mean()))}


with open(f"{here}/similarity.json", "w") as f:
    json.dump({
        "cka": {
            "biased linear": table(lambda X, Y: cka(biased, linear, X, Y)),
            "debiased linear": table(lambda X, Y: cka(debiased, linear, X, Y)),
            "biased rbf": table(lambda X, Y: cka(biased, lambda M: rbf(M, 0.4), X, Y)),
            "debiased rbf": table(lambda X, Y: cka(debiased, lambda M: rbf(M, 0.4), X, Y)),
            "minibatch linear": table(minibatch),
            "debiased linear of a": table(lambda X, Y: cka(debiased, linear, X, Y), A, A),
        },
        "procrustes": table(procrustes),
        "rsa_pearson": table(lambda X, Y: rsa(X, Y, False)),
        "rsa_spearman": table(lambda X, Y: rsa(X, Y, True)),
        "mutual_knn": table(mutual_knn),
        "svcca": table(svcca),
        "collapse": collapse(C, W, bias),
        "uniformity": uniformity(C),
        "spectrum": {name: spectrum(flat(X)) for name, X in {**A, **B}.items()},
    }, f)
