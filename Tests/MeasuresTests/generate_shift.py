"""Writes the fixtures of shifted sets: a classifier's outputs on a clean set, on two corruptions and on a set of another kind, a reference
model's errors, and what accuracy, calibration and corruption errors are by definition, in f64.

Run with a Python that has numpy and scipy: python generate_shift.py
"""
import json
import os

import numpy as np
from scipy.special import log_softmax
from scipy.stats import binomtest

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "shift")
os.makedirs(here, exist_ok=True)
rng = np.random.default_rng(29)
n, K, temperature = 80, 5, 1.6
labels = rng.integers(0, K, n)
others = rng.integers(0, K, 37)


def outputs(y, strength):
    return (2.5 * rng.normal(size=(len(y), K)) + strength * np.eye(K)[y]).astype("f4")


sets = {"clean": (outputs(labels, 9), labels), "fog-1": (outputs(labels, 7), labels), "fog-3": (outputs(labels, 4), labels),
        "noise-1": (outputs(labels, 6), labels), "noise_2": (outputs(labels, 5), labels), "noise-5": (outputs(labels, 2), labels),
        "sketch": (outputs(others, 3), others)}
for name, (Z, y) in sets.items():
    if name == "noise_2":  # an array without labels
        np.save(f"{here}/{name}.npy", Z)
    else:
        np.savez(f"{here}/{name}.npz", outputs=Z, labels=y)
np.save(f"{here}/labels.npy", labels)
np.savez(f"{here}/holdout.npz", outputs=outputs(others, 6), labels=others)
reference = {"fog": {1: 41.5, 2: 50.0, 3: 63.25}, "noise": {1: 38.0, 2: 47.5, 5: 80.0}, "snow": {1: 55.0}}
clean_reference = 30.5
with open(f"{here}/reference.csv", "w") as f:
    f.write("corruption,severity,error_percent\n,clean,%s\n" % clean_reference)
    f.writelines(f"{c},{s},{e}\n" for c, errors in reference.items() for s, e in errors.items())
with open(f"{here}/sets.csv", "w") as f:
    f.write("file,corruption,severity,labels\nfog-1.npz,fog,1,\nfog-3.npz,fog,3,\n\nnoise-1.npz,noise,1,\n")
    f.write("noise_2.npy,noise,2,labels.npy\nnoise-5.npz,noise,5,\nsketch.npz,\"drawn, by hand\",,\n")


def figures(Z, y):
    L = log_softmax(Z.astype("f8"), axis=1)
    P = np.exp(L)
    confidence, right = P.max(1), P.argmax(1) == y
    bins = np.minimum((confidence * 15).astype(int), 14)
    ece = sum(abs(confidence[bins == b].sum() - right[bins == b].sum()) for b in range(15)) / len(y)
    return {"accuracy": right.mean(), "error": 1 - right.mean(), "nll": -L[np.arange(len(y)), y].mean(),
            "brier": ((P - np.eye(K)[y]) ** 2).sum(1).mean(), "ece": ece}


def entry(Z, y):
    found = figures(Z, y)
    interval = binomtest(int(round(found["accuracy"] * len(y))), len(y)).proportion_ci(method="wilson")
    scaled = figures(Z.astype("f8") / temperature, y)
    return found | {"n": len(y), "low": interval.low, "high": interval.high} | {f"scaled_{k}": scaled[k] for k in ("nll", "brier", "ece")}


found = {name: entry(*pair) for name, pair in sets.items()}
clean = found["clean"]["error"]
errors = {"fog": {1: found["fog-1"]["error"], 3: found["fog-3"]["error"]},
          "noise": {1: found["noise-1"]["error"], 2: found["noise_2"]["error"], 5: found["noise-5"]["error"]}}
ce = {c: sum(e.values()) / sum(reference[c][s] / 100 for s in e) for c, e in errors.items()}
relative = {c: sum(x - clean for x in e.values()) / sum((reference[c][s] - clean_reference) / 100 for s in e) for c, e in errors.items()}
with open(f"{here}/expected.json", "w") as f:
    json.dump({"temperature": temperature, "sets": found, "mean_error": {c: np.mean(list(e.values())) for c, e in errors.items()}, "ce": ce,
               "relative_ce": relative, "mean_corruption_error": np.mean([np.mean(list(e.values())) for e in errors.values()]),
               "mce": np.mean(list(ce.values())), "relative_mce": np.mean(list(relative.values()))}, f, indent=1)
