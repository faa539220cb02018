#!/usr/bin/env python3
"""Makes objectives.json: values and gradients of every objective, from PyTorch.

    python3 generate.py            # needs torch; writes objectives.json beside this file

The losses are written here from the definitions with PyTorch's own building blocks (`F.cross_entropy`,
`F.cosine_similarity`, `F.binary_cross_entropy_with_logits`, `F.mse_loss`), not translated from the Swift
sources. Inputs are not stored: both sides compute them from `uniform(stream, index)`, whose values have 24 bits
and are exact in f32, so the f64 and the f32 figures belong to the same numbers. Of each tensor the file
holds its largest magnitude, one projection on a fixed vector over all entries, and every stride-th entry
(f64 all of them when there are at most 32; f32 fewer).
"""
import json
import math
import os

import torch
import torch.nn.functional as F

EXAMPLES, FEATURES, KEPT = 6, 5, {torch.float64: 32, torch.float32: 12}
MASK = (1 << 64) - 1


def uniform(stream, index):
    """SplitMix64's output function of a counter; 24 bits in [0, 1)."""
    z = ((stream << 32) + index + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return ((z ^ (z >> 31)) >> 40) * 2.0**-24


def signed(stream, count, scale):
    return [(2 * uniform(stream, i) - 1) * scale for i in range(count)]


def contrastive(x, labels, temperature):
    """Khosla et al., equation 2, a mean over the examples that have positives."""
    u = x / x.norm(dim=1, keepdim=True)
    anchors = []
    for i in range(len(x)):
        others = [a for a in range(len(x)) if a != i]
        positives = [p for p in others if labels[p] == labels[i]]
        chances = F.log_softmax(torch.stack([u[i] @ u[a] for a in others]) / temperature, dim=0)
        if positives:
            anchors.append(-torch.stack([chances[others.index(p)] for p in positives]).mean())
    return torch.stack(anchors).mean() if anchors else 0 * x.sum()


def loss_and_outputs(case, x, w, b, labels, draws):
    """The definitions. `case` maps objective names to their parameters."""
    classes = w.shape[0]
    if "dropout" in case:
        keep = case["dropout"]["keep"]
        x = x * (draws < keep) / keep
    z = F.linear(x, w, b)
    outputs = z
    if "label-smoothing" in case:
        p = case["label-smoothing"]
        loss = F.cross_entropy(z, labels, label_smoothing=p["smoothing"])
        if p["rescaled"]:
            loss = loss / (1 - p["smoothing"])
    elif "logit-normalization" in case:
        outputs = F.normalize(z, dim=1) / case["logit-normalization"]["temperature"]
        loss = F.cross_entropy(outputs, labels)
    elif "cosine-softmax" in case:
        p = case["cosine-softmax"]
        if p["normalizesFeatures"]:
            z = F.cosine_similarity(x[:, None, :], w[None, :, :], dim=2, eps=1e-30) + b
        else:
            z = x @ F.normalize(w, dim=1).T + b
        outputs = z / p["temperature"]
        loss = F.cross_entropy(outputs, labels)
    elif "sigmoid" in case:
        outputs = z - math.log(classes)
        target = F.one_hot(labels, classes).to(z.dtype)
        loss = F.binary_cross_entropy_with_logits(outputs, target, reduction="none").sum(1).mean()
    elif "squared-error" in case:
        p = case["squared-error"]
        hot = F.one_hot(labels, classes).to(z.dtype)
        parts = p["kappa"] * hot * F.mse_loss(z, torch.full_like(z, p["target"]), reduction="none")
        parts = parts + (1 - hot) * z.square()
        loss = p["scale"] * (parts.sum(1) if p["sumsClasses"] else parts.mean(1)).mean()
    elif "focal" in case:
        chance = z.softmax(1)[range(len(labels)), labels]
        loss = ((1 - chance) ** case["focal"]["focus"] * F.cross_entropy(z, labels, reduction="none")).mean()
    elif "poly-1" in case:
        chance = (F.one_hot(labels, classes) * z.softmax(1)).sum(1)
        loss = (F.cross_entropy(z, labels, reduction="none") + case["poly-1"]["first"] * (1 - chance)).mean()
    elif "squentropy" in case:
        wrong = z[~F.one_hot(labels, classes).bool()].reshape(-1, classes - 1)
        loss = F.cross_entropy(z, labels) + wrong.square().mean(1).mean()
    elif "logitnorm" in case:
        loss = F.cross_entropy(F.normalize(z, dim=1) / case["logitnorm"]["temperature"], labels)
    elif "cosface" in case or "arcface" in case:
        p = case.get("cosface") or case["arcface"]
        z = F.cosine_similarity(x[:, None, :], w[None, :, :], dim=2, eps=1e-30)
        outputs = p["scale"] * z
        rows = []
        for i, label in enumerate(labels):
            own = z[i, label]
            if "cosface" in case:
                own = own - p["margin"]
            elif p["easyMargin"]:
                own = torch.cos(torch.acos(own) + p["margin"]) if own > 0 else own
            elif torch.acos(own) + p["margin"] < math.pi:
                own = torch.cos(torch.acos(own) + p["margin"])
            else:
                own = own - p["margin"] * math.sin(p["margin"])
            rows.append(torch.stack([own if k == label else z[i, k] for k in range(classes)]))
        loss = F.cross_entropy(p["scale"] * torch.stack(rows), labels)
        loss = loss + 0 * b.sum()
    elif "supervised-contrastive" in case:
        outputs = z = F.linear(x.detach(), w, b)
        loss = F.cross_entropy(z, labels) + contrastive(x, labels, case["supervised-contrastive"]["temperature"])
    else:
        loss = F.cross_entropy(z, labels)
    if "final-layer-l2" in case:
        loss = loss + case["final-layer-l2"]["strength"] / 2 * w.square().sum()
    if "logit-penalty" in case:
        loss = loss + case["logit-penalty"]["strength"] / 2 * z.square().sum(1).mean()
    if "maxsup" in case:
        excess = outputs.topk(1, dim=1).values[:, 0] - outputs.mean(1)
        loss = loss + case["maxsup"]["strength"] * excess.mean()
    if "confidence-penalty" in case:
        entropy = torch.distributions.Categorical(logits=outputs).entropy()
        loss = loss - case["confidence-penalty"]["strength"] * entropy.mean()
    return loss, outputs


def softmax():
    return {"softmax": {}}


def smoothing(a, rescaled=0):
    return {"label-smoothing": {"smoothing": a, "rescaled": rescaled}}


def dropout(keep):
    return {"dropout": {"keep": keep}}


def l2(strength):
    return {"final-layer-l2": {"strength": strength}}


def penalty(strength):
    return {"logit-penalty": {"strength": strength}}


def normalization(tau):
    return {"logit-normalization": {"temperature": tau}}


def cosine(tau, features=1):
    return {"cosine-softmax": {"temperature": tau, "normalizesFeatures": features}}


def sigmoid():
    return {"sigmoid": {}}


def squared(kappa, target, scale, sums=0):
    return {"squared-error": {"kappa": kappa, "target": target, "scale": scale, "sumsClasses": sums}}


def focal(focus):
    return {"focal": {"focus": focus}}


def poly(first):
    return {"poly-1": {"first": first}}


def squentropy():
    return {"squentropy": {}}


def logitnorm(tau):
    return {"logitnorm": {"temperature": tau}}


def cosface(scale, margin):
    return {"cosface": {"scale": scale, "margin": margin}}


def arcface(scale, margin, easy=0):
    return {"arcface": {"scale": scale, "margin": margin, "easyMargin": easy}}


def supcon(tau):
    return {"supervised-contrastive": {"temperature": tau}}


def maxsup(alpha):
    return {"maxsup": {"strength": alpha}}


def confidence(beta):
    return {"confidence-penalty": {"strength": beta}}


CASES = [
    softmax(),
    smoothing(0), smoothing(0.1), smoothing(0.3), smoothing(0.1, 1), smoothing(0.4, 1),
    dropout(0.7), dropout(0.3), dropout(1),
    l2(8e-4), l2(0.1),
    penalty(6e-4), penalty(0.05),
    normalization(0.04), normalization(0.5),
    cosine(0.05), cosine(0.2), cosine(0.05, 0), cosine(0.5, 0),
    sigmoid(),
    squared(9, 60, 10), squared(1, 5, 1), squared(9, 60, 10, 1), squared(2.5, 3, 0.5, 1),
    smoothing(0.1) | penalty(0.01),
    sigmoid() | penalty(0.02),
    cosine(0.1) | penalty(0.03),
    cosine(0.1, 0) | l2(0.01),
    normalization(0.1) | dropout(0.6) | l2(0.02),
    squared(4, 15, 3) | dropout(0.7) | l2(0.01) | penalty(0.02),
    softmax() | dropout(0.8) | l2(0.05) | penalty(0.04),
]
# The head's weights times 2^13: outputs of up to 1e4 where nothing normalizes them.
EXTREME = [softmax(), smoothing(0.1), dropout(0.7), l2(8e-4), penalty(6e-4), normalization(0.04),
           cosine(0.05), cosine(0.05, 0), sigmoid(), squared(9, 60, 10)]

# Of other papers than the study's.
OTHERS = [
    focal(0), focal(0.5), focal(2), focal(5), focal(2) | maxsup(0.2),
    poly(-1), poly(2), poly(2) | dropout(0.7),
    squentropy(), squentropy() | penalty(0.01) | confidence(0.3),
    logitnorm(0.04), logitnorm(0.5), logitnorm(0.2) | l2(0.02),
    cosface(11, 0.35), cosface(64, 0.35), cosface(11, 0), cosface(5, 0.1) | penalty(0.03),
    arcface(11, 0.5), arcface(64, 0.5), arcface(11, 0.5, 1), arcface(11, 1.5), arcface(5, 0.2) | dropout(0.7) | maxsup(0.3),
    supcon(0.1), supcon(0.5), supcon(0.1) | dropout(0.8) | l2(0.01),
    maxsup(0.1), maxsup(0.5), cosine(0.1) | maxsup(0.1), smoothing(0.1) | maxsup(0.1),
    confidence(0.1), confidence(1), cosine(0.1) | confidence(0.1), sigmoid() | confidence(0.2),
]
# With four classes the labels are 2, 3, 0, 1, 2, 3: examples with positives and without; with 100, all six differ.
OTHER_SIZES = [focal(2), poly(2), squentropy(), logitnorm(0.04), cosface(11, 0.35), arcface(11, 0.5),
               arcface(11, 0.5, 1), supcon(0.1), maxsup(0.1), confidence(0.1)]
OTHER_EXTREMES = [focal(2), poly(2), squentropy(), logitnorm(0.04), cosface(64, 0.35), arcface(64, 0.5), supcon(0.1),
                  maxsup(0.1), confidence(0.1)]


def grammar(case):
    """The spelling of a combination in a plan: name:key=value,key=value+name..."""
    def part(name, parameters):
        keys = ",".join(f"{k}={v}" for k, v in sorted(parameters.items()))
        return name + (":" + keys if keys else "")
    return "+".join(part(*item) for item in case.items())


def summary(tensor):
    digits, kept = (17 if tensor.dtype == torch.float64 else 8), KEPT[tensor.dtype]
    flat = [float(v) for v in tensor.double().flatten()]
    # A stride prime to 2 and 5 visits every row and column.
    stride = 1 if len(flat) <= kept else (len(flat) // kept) | 1
    while stride % 5 == 0:
        stride += 2
    return {
        "max": float(f"{max(map(abs, flat)):.{digits}g}"),
        "projection": float(f"{math.fsum(v * (2 * uniform(9, i) - 1) for i, v in enumerate(flat)):.{digits}g}"),
        "stride": stride,
        "entries": [float(f"{v:.{digits}g}") for v in flat[::stride]],
    }


def evaluate(case, classes, scale, dtype):
    def tensor(values, *shape):
        return torch.tensor(values, dtype=torch.float64).to(dtype).reshape(shape)
    x = tensor(signed(1, EXAMPLES * FEATURES, 2.0), EXAMPLES, FEATURES).requires_grad_()
    w = tensor(signed(2, classes * FEATURES, 0.5 * scale), classes, FEATURES).requires_grad_()
    b = tensor(signed(3, classes, 0.25), classes).requires_grad_()
    draws = tensor([uniform(4, i) for i in range(EXAMPLES * FEATURES)], EXAMPLES, FEATURES)
    labels = torch.tensor([(5 * i + 2) % classes for i in range(EXAMPLES)])
    loss, outputs = loss_and_outputs(case, x, w, b, labels, draws)
    loss.backward()
    return {"loss": loss.detach(), "outputs": outputs.detach(), "x": x.grad, "weight": w.grad, "bias": b.grad}


def main():
    cases = []
    for classes in (2, 10, 100):
        for case in CASES:
            cases.append((case, classes, 1.0))
    for case in EXTREME:
        cases.append((case, 10, 8192.0))
    for case in OTHERS:
        cases.append((case, 10, 1.0))
    for classes in (2, 4, 100):
        for case in OTHER_SIZES:
            cases.append((case, classes, 1.0))
    for case in OTHER_EXTREMES:
        cases.append((case, 10, 8192.0))
    rows, worst = [], 0.0
    for case, classes, scale in cases:
        wide = evaluate(case, classes, scale, torch.float64)
        narrow = evaluate(case, classes, scale, torch.float32)
        for name, value in wide.items():
            worst = max(worst, float((narrow[name] - value).abs().max() / value.abs().max().clamp(min=1e-300)))
        rows.append({"objective": grammar(case), "classes": classes, "scale": scale,
                     "f64": {name: summary(value) for name, value in wide.items()},
                     "f32": {name: summary(value) for name, value in narrow.items()}})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "objectives.json")
    text = ",\n".join(json.dumps(row, separators=(",", ":"), allow_nan=False) for row in rows)
    with open(path, "w") as file:
        file.write(f'{{"torch":"{torch.__version__}","examples":{EXAMPLES},"features":{FEATURES},"cases":[\n{text}\n]}}\n')
    print(f"{len(rows)} cases, {os.path.getsize(path)} bytes; f32 within {worst:.1e} of f64")


if __name__ == "__main__":
    main()
