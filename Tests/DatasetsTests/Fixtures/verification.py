"""Writes verification.json: perceptual hashes, label issues, assignments and binomial tails by independent programs.

Run with Python 3, NumPy, SciPy, Pillow and cleanlab 2.9.0: python3 verification.py
"""
import base64
import io
import json
import pathlib

import cleanlab
import numpy
import scipy.fft
import scipy.optimize
import scipy.special
import scipy.stats
from PIL import Image

# cleanlab sorts with NumPy's default, which leaves the order of equal values to the processor: rounding would depend on
# the machine where several parts are equal.
argsort = numpy.argsort
numpy.argsort = lambda values, *rest, **named: argsort(values, *rest, **{**named, "kind": "stable"})

rng = numpy.random.default_rng(20261121)


def text(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


# Pictures and their hashes.


def picture(height, width, channels, seed):
    """A few soft blobs and an edge: the spectrum of a photograph, roughly."""
    local = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width] / max(height, width)
    planes = []
    for _ in range(channels):
        plane = numpy.full(x.shape, 110.0)
        for _ in range(14):
            cx, cy, size, high = local.uniform(0, 1), local.uniform(0, 1), local.uniform(0.03, 0.3), local.normal(0, 60)
            plane += high * numpy.exp(-((x - cx) ** 2 + (y - cy) ** 2) / size**2)
        plane += 40 * (local.normal() * (x - 0.5) + local.normal() * (y - 0.4) > 0)
        planes.append(plane + local.normal(0, 3, x.shape))
    return numpy.clip(numpy.stack(planes, -1).round(), 0, 255).astype(numpy.uint8)


def mean_matrix(size, side=32):
    """Row o takes the mean over [o, o + 1) * size / side: each pixel is cut into `side` parts."""
    return numpy.kron(numpy.eye(size), numpy.ones((1, side))).reshape(size, side, size).sum(2).T / size


def amplitudes(image):
    gray = image.astype(float)
    gray = gray[..., 0] if image.shape[2] == 1 else gray @ [0.299, 0.587, 0.114]
    reduced = mean_matrix(gray.shape[0]) @ gray @ mean_matrix(gray.shape[1]).T
    spectrum = scipy.fft.dctn(reduced, norm="ortho") / 32
    order = sorted((u + v, max(u, v), u, v) for u in range(32) for v in range(32) if u + v)[:256]
    return [round(spectrum[u, v], 10) for _, _, u, v in order]


hashes = []
for height, width, channels in [(40, 57, 3), (32, 32, 1), (28, 28, 1), (5, 3, 3), (1, 1, 1), (50, 33, 1)]:
    image = picture(height, width, channels, height * 100 + width)
    hashes.append({"shape": image.shape, "pixels": text(image), "amplitudes": amplitudes(image)})

copies = []
for seed in range(4):
    image = Image.fromarray(picture(64, 56, 1, seed)[..., 0])
    file = io.BytesIO()
    image.save(file, "JPEG", quality=50)
    variants = [image, Image.open(file), image.resize((28, 32), Image.BICUBIC), image.resize((50, 58), Image.BICUBIC)]
    variants.append(image.point(lambda v: v * 0.8 + 10))
    copies.append([{"shape": (v.height, v.width, 1), "pixels": text(numpy.asarray(v))} for v in variants])


# Label issues. Inputs are stored as little-endian float32.


def outputs(n, k, noise, sharpness, weights=None, empty=()):
    """Logits of an imperfect model, and labels of which a part is wrong."""
    weights = numpy.ones(k) if weights is None else numpy.array(weights, float)
    weights[list(empty)] = 0
    truth = rng.choice(k, n, p=weights / weights.sum())
    likely = (truth + 1 + rng.geometric(0.6, n)) % k  # where a wrong label goes
    labels = numpy.where(rng.random(n) < noise, likely, truth)
    for e in empty:
        labels[labels == e] = (e + 1) % k
    logits = rng.normal(0, 1, (n, k)) + sharpness * numpy.eye(k)[truth] * rng.uniform(0.2, 1.3, (n, 1))
    return logits.astype("<f4"), labels


def issues(name, logits, labels, form):
    values = logits.astype(float)
    p = scipy.special.softmax(values, 1)
    if form == "probabilities":
        values = p.astype("<f4")
        p = values.astype(float)
    from cleanlab.count import compute_confident_joint, get_confident_thresholds, num_label_issues

    case = {"name": name, "classes": p.shape[1], "values": text(values.astype("<f4")), "labels": labels.tolist()}
    case["form"] = form
    case["thresholds"] = get_confident_thresholds(labels, p).tolist()
    case["confident"] = compute_confident_joint(labels, p, calibrate=False).ravel().tolist()
    joint = compute_confident_joint(labels, p)
    case["joint"] = joint.ravel().tolist()
    case["noise"] = 1 - cleanlab.count.estimate_joint(labels, p).trace()
    case["issues"] = {}
    for kind in ["prune_by_noise_rate", "confident_learning"]:
        for rank in ["self_confidence", "normalized_margin"]:
            found = cleanlab.filter.find_label_issues(
                labels, p, filter_by=kind, return_indices_ranked_by=rank, n_jobs=1
            )
            case["issues"][kind + " " + rank] = found.tolist()
    scores = cleanlab.rank.get_label_quality_scores
    ranks = ["self_confidence", "normalized_margin"]
    case["scores"] = {rank: scores(labels, p, method=rank).tolist()[:50] for rank in ranks}
    print(name, len(labels), "noise", round(case["noise"], 4), "issues", len(found))
    return case


learning = [
    issues("plain", *outputs(600, 5, 0.15, 5), "logits"),
    issues("probabilities", *outputs(500, 4, 0.2, 4), "probabilities"),
    issues("imbalanced", *outputs(700, 6, 0.1, 5, weights=[100, 30, 10, 5, 2, 1]), "logits"),
    issues("empty classes", *outputs(400, 6, 0.15, 5, empty=(2, 5)), "logits"),
    issues("weak model", *outputs(300, 8, 0.3, 1), "logits"),
    issues("two classes", *outputs(200, 2, 0.2, 3), "probabilities"),
    issues("many classes", *outputs(300, 25, 0.2, 7), "logits"),
]

# Assignments: the largest sum.
assignment = []
for size, low, high in [(1, 0, 5), (2, 0, 2), (7, 0, 3), (30, -50, 50), (60, 0, 2), (80, 0, 1000)]:
    scores = rng.integers(low, high, (size, size))
    rows, columns = scipy.optimize.linear_sum_assignment(scores, maximize=True)
    assignment.append({"size": size, "scores": scores.ravel().tolist(), "best": int(scores[rows, columns].sum())})

binomial = []
cases = [(5, 10, 0.5), (60, 80, 0.5), (3, 1000, 0.001), (900, 1000, 0.5), (20000, 25000, 0.3), (1, 1, 0.25), (12, 30, 0.9)]
for successes, trials, chance in cases:
    # binom.logsf underflows.
    terms = scipy.stats.binom.logpmf(numpy.arange(successes, trials + 1), trials, chance)
    value = scipy.special.logsumexp(terms) / numpy.log(10)
    binomial.append([successes, trials, chance, float(value)])

result = {"hashes": hashes, "copies": copies, "learning": learning, "assignment": assignment, "binomial": binomial}
pathlib.Path(__file__).with_name("verification.json").write_text(json.dumps(result, separators=(",", ":"), allow_nan=False))
