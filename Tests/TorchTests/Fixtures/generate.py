"""Golden values for TorchTests, from PyTorch in f64: python generate.py (writes operations.json, batch_norm.json,
optimizers.json).

Inputs of batch norm and optimizers are not stored: both sides compute them (TestSupport/CounterNumbers.swift)."""

import json
import os

import torch

here = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1


def uniform(stream, index):
    z = (((stream << 32) + index + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 40) / 16777216


def numbers(stream, shape, scale=1.0):
    count = 1
    for side in shape:
        count *= side
    return torch.tensor([(2 * uniform(stream, i) - 1) * scale for i in range(count)], dtype=torch.float64).reshape(shape)


def packed(t):
    kind = {torch.float64: "f64", torch.int64: "i64", torch.bool: "bool"}[t.dtype]
    return {"type": kind, "shape": list(t.shape), "values": t.double().flatten().tolist()}


def save(name, value):
    with open(os.path.join(here, name), "w") as out:
        json.dump(value, out, separators=(",", ":"))
        out.write("\n")


# --- Operations ----------------------------------------------------------------------------------
a = numbers(1, (3, 4), 2)
b = numbers(2, (3, 4), 2)
row = numbers(3, (4,), 2)
cube = numbers(4, (2, 3, 4), 2)
positive = a.abs() + 0.25
unit = numbers(5, (3, 4), 0.99)
ties = torch.tensor([[1.0, 3, 3, -2], [0, 0, 0, 0], [5, -1, 5, 7]], dtype=torch.float64)
labels = torch.tensor([2, 0, 3])
picks = torch.tensor([2, 0, 2])
places = torch.tensor([[0, 1, 2, 0], [2, 2, 0, 1]])
square = numbers(6, (3, 3), 1)
spd = square @ square.T + torch.eye(3, dtype=torch.float64)
images = numbers(7, (2, 3, 6, 5))
kernel = numbers(8, (4, 3, 3, 3))
wide = numbers(11, (4, 3, 1, 5))
weight = numbers(9, (5, 4))
bias = numbers(10, (5,))
condition = a > 0
odd = torch.tensor([1.0, float("nan"), float("inf"), -2], dtype=torch.float64)

cases = {}


def case(name, inputs, *outputs):
    cases[name] = {"inputs": [packed(x) for x in inputs], "outputs": [packed(x) for x in outputs]}


case("reshape", [cube], cube.reshape(4, 6))
case("expand", [row], row.expand(3, 4))
case("permute", [cube], cube.permute(2, 0, 1))
case("transpose", [cube], cube.transpose(0, -1))
case("t", [a], a.t())
case("unsqueeze", [a], a.unsqueeze(1))
case("squeeze", [a.unsqueeze(1)], a)
case("narrow", [a], a.narrow(1, 1, 2))
case("select", [cube], cube.select(1, 2))
case("indexSelect", [a, picks], a.index_select(0, picks))
case("indexAdd", [a, picks, b], a.index_add(0, picks, b))
case("gather", [a, places], a.gather(0, places))
case("scatter", [a, places, b[:2].contiguous()], a.scatter(0, places, b[:2]))
case("concat", [a, b], torch.cat([a, b], 1))
case("stack", [a, b], torch.stack([a, b], 1))
case("oneHot", [labels], torch.nn.functional.one_hot(labels, 5))
case("diagonal", [square], square.diagonal())
case("neg", [a], -a)
case("exp", [a], a.exp())
case("log", [positive], positive.log())
case("log1p", [positive], positive.log1p())
case("sqrt", [positive], positive.sqrt())
case("rsqrt", [positive], positive.rsqrt())
case("reciprocal", [positive], positive.reciprocal())
case("abs", [a], a.abs())
case("square", [a], a.square())
case("relu", [a], a.relu())
case("sigmoid", [a], a.sigmoid())
case("softplus", [a * 400], torch.nn.functional.softplus(a * 400, threshold=1e9))
case("acos", [unit], unit.acos())
case("cos", [a], a.cos())
case("sin", [a], a.sin())
case("floor", [a], a.floor())
case("isFinite", [row], torch.isfinite(row))
case("logicalNot", [a.floor()], a.floor().logical_not())
case("clamp", [a], a.clamp(-0.5, 0.75))
case("pow", [positive], positive.pow(1.75))
case("addNumber", [a], a + 1.5)
case("numberMinus", [a], 1.5 - a)
case("mulNumber", [a], a * -2.5)
case("divNumber", [a], a / 3)
case("add", [a, row], a + row)
case("sub", [a, row], a - row)
case("mul", [a, row], a * row)
case("div", [a, row], a / row)
case("maximum", [a, b], torch.maximum(a, b))
case("minimum", [a, b], torch.minimum(a, b))
case("equals", [a.floor(), b.floor()], a.floor() == b.floor())
case("isLess", [a.floor(), b.floor()], a.floor() < b.floor())
case("isAtMost", [a.floor(), b.floor()], a.floor() <= b.floor())
case("where", [condition, a, b], torch.where(condition, a, b))
case("sum", [cube], cube.sum(), cube.sum([0, 2]), cube.sum([1], keepdim=True))
case("mean", [cube], cube.mean(), cube.mean([0, 2]), cube.mean([1], keepdim=True))
case("max", [cube], cube.amax(), cube.amax([0, 2]), cube.amax([1], keepdim=True))
case("min", [cube], cube.amin(), cube.amin([0, 2]), cube.amin([1], keepdim=True))
case("logSumExp", [cube * 500], (cube * 500).logsumexp(1))
case("norm", [cube], cube.norm(dim=2, keepdim=True))
case("argmax", [ties], ties.argmax(1))
case("softmax", [cube], cube.softmax(2))
case("logSoftmax", [cube], cube.log_softmax(1))
case("cumsum", [cube], cube.cumsum(1))
case("sort", [ties], *ties.sort(dim=1, descending=True, stable=True))
case("topk", [a], *a.topk(2, 1))
case("matmul", [a, b.t().contiguous()], a @ b.t())
values, vectors = torch.linalg.eigh(spd)
case("eigh", [spd], values, (vectors * values) @ vectors.T)
case("singularValues", [a], torch.linalg.svdvals(a))
case("cholesky", [spd], torch.linalg.cholesky(spd))
case("choleskySolve", [b.t().contiguous()[:3], torch.linalg.cholesky(spd)], torch.linalg.solve(spd, b.t()[:3]))
case("solve", [square, a], torch.linalg.solve(square, a))
case("linear", [a, weight, bias], a @ weight.T + bias)
case("conv2d", [images, kernel], torch.nn.functional.conv2d(images, kernel, stride=2, padding=1))
case("conv2dRectangle", [images, wide, row], torch.nn.functional.conv2d(images, wide, row, padding=(0, 2)))
case("maxPool2d", [images], torch.nn.functional.max_pool2d(images, 2, 2))
case("maxPool2dPadded", [images], torch.nn.functional.max_pool2d(images, 3, 2, 1))
case("averagePool2d", [images], torch.nn.functional.avg_pool2d(images, 3, 2, 1))
case("globalAveragePool", [images], images.mean([2, 3]))
case("call", [a], a.cumprod(1))
save("operations.json", {"torch": torch.__version__, "cases": cases})

# --- Batch norm + residual + ReLU -----------------------------------------------------------------
shape = (3, 32, 5, 4)
rounded = lambda t: t.to(torch.bfloat16).double()  # so that f64, f32 and bf16 start from the same numbers
cases = []
for training in (True, False):
    for residual in (True, False):
        for relu in (True, False):
            x = rounded(numbers(1, shape, 2) + 0.5).requires_grad_()
            r = rounded(numbers(2, shape)).requires_grad_()
            w = (numbers(3, (32,)) + 0.25).requires_grad_()
            c = numbers(4, (32,)).requires_grad_()
            mean, variance = numbers(5, (32,), 0.5), numbers(6, (32,), 0.5) + 1
            y = torch.nn.functional.batch_norm(x, mean, variance, w, c, training, 0.1, 1e-5)
            if residual:
                y = y + r
            if relu:
                y = y.relu()
            y.backward(rounded(numbers(7, shape)))
            flat = lambda t: t.detach().flatten().tolist()
            cases.append({
                "training": training, "residual": residual, "relu": relu, "output": flat(y)[::7],
                "x": flat(x.grad)[::7], "addend": flat(r.grad)[::7] if residual else [], "weight": flat(w.grad),
                "bias": flat(c.grad), "mean": flat(mean), "variance": flat(variance)})
save("batch_norm.json", {"torch": torch.__version__, "shape": shape, "cases": cases})

# --- Optimizers, gradients clipped by their common norm or not, and the moving average --------------
shapes, decays = [(4, 3, 3, 3), (7,), ()], [5e-4, 0.0, 0.1]


def run(make, limit):
    values = [numbers(20 + i, s).requires_grad_() for i, s in enumerate(shapes)]
    averages = [v.detach().clone() for v in values]
    optimizer = make([{"params": [v], "weight_decay": d} for v, d in zip(values, decays)])
    steps = []
    for step in range(6):
        rate, keep = 0.1 / (step + 1), min(0.5, (1 + step) / (10 + step))
        for group in optimizer.param_groups:
            group["lr"] = rate
        for i, v in enumerate(values):
            v.grad = numbers(30 + 10 * step + i, v.shape)
        norm = torch.nn.utils.clip_grad_norm_(values, limit if limit else float("inf"))
        optimizer.step()
        for v, m in zip(values, averages):
            m.mul_(keep).add_(v.detach(), alpha=1 - keep)
        steps.append({"rate": rate, "keep": keep, "norm": float(norm), "values": [v.detach().flatten().tolist() for v in values],
                      "averages": [m.flatten().tolist() for m in averages]})
    return {"limit": limit, "steps": steps}


def sgd(groups):
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)


def adamw(groups):
    return torch.optim.AdamW(groups, lr=0.1, betas=(0.85, 0.97), eps=1e-6)


save("optimizers.json", {"torch": torch.__version__, "shapes": shapes, "decays": decays, "momentum": 0.9,
                         "sgd": [run(sgd, 0), run(sgd, 2.5)], "adamw": [run(adamw, 0), run(adamw, 2.5)]})
