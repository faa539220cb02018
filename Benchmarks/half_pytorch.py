#!/usr/bin/env python3
"""The study `studies/cifar10-half.yaml` in plain PyTorch, and whether both find the same.

    half_pytorch.py --data DIR [--results FILE] [--objectives softmax,squared-error] [--seeds 3] [--epochs 26] [--threads 2]
    half_pytorch.py --data DIR --results FILE --compare tables/runs.csv      # a report's table, or `study export --to csv`
    half_pytorch.py --check                                                  # against the fixtures below Tests/

Trains on five classes of CIFAR-10 (files in DIR/cifar10) and measures top-1 on the test images, R^2 of class separation (cosine, on the
images trained on, as in evaluation), and a linear probe on the other five classes. Written from the definitions in docs/; layers, SGD
and losses are PyTorch's own, the probe's fits scikit-learn's (by Newton's method: the optimum is the same, and its L-BFGS does not reach
it at the smallest penalties). Prints a line of JSON a run, then a table. With --results the lines are also kept in FILE, and what it
holds is not done again. Needs torch, scikit-learn and safetensors (--check), no network.

Knowingly different: random numbers; the images held out (a tenth, never looked at) are drawn for each seed, there once for all seeds, so that
the standard errors here hold what that draw does and there do not; bf16 is PyTorch's autocast. Two standard errors of a difference are, with
three seeds a side, exceeded in about one of nine comparisons of equals."""
import argparse, csv, dataclasses, functools, gzip, itertools, json, math, pathlib, statistics, sys
import numpy, torch
from torch import nn
from torch.nn import functional as F

root = pathlib.Path(__file__).resolve().parent.parent
TRAIN = "cifar10/decoded-train5000.bin.gz", "cifar10/lossless-train-first4000.bin.gz"
TEST = ("cifar10/decoded-test2000.bin.gz",)
SOURCE, OTHERS = (0, 2, 4, 6, 8), (1, 3, 5, 7, 9)


@dataclasses.dataclass(frozen=True)
class Recipe:
    epochs: int = 26
    batch: int = 64
    learning_rate: float = 0.1
    warmup: float = 2
    momentum: float = 0.9
    weight_decay: float = 5e-4
    ema: float = 0.999
    augment: tuple = ("flip", "shift")
    precision: str = "bf16"
    width: int = 16


# MARK: Objectives: what makes outputs of features x [n, d], weights w [K, d] and biases b [K]; and the loss of outputs, labels and weights.


def linear(x, w, b, training):
    return F.linear(x, w, b)


def softmax():
    return linear, lambda z, y, w: F.cross_entropy(z, y)


def label_smoothing(smoothing=0.05, rescaled=0):
    return linear, lambda z, y, w: F.cross_entropy(z, y, label_smoothing=smoothing) / (1 - smoothing if rescaled else 1)


def dropout(keep=0.9):
    return lambda x, w, b, training: F.linear(F.dropout(x, 1 - keep, training), w, b), softmax()[1]


def final_layer_l2(strength=1e-3):
    return linear, lambda z, y, w: F.cross_entropy(z, y) + strength / 2 * w.square().sum()


def logit_penalty(strength=2e-3):
    return linear, lambda z, y, w: F.cross_entropy(z, y) + strength / 2 * z.square().sum(1).mean()


def logit_normalization(temperature=0.2):
    return lambda x, w, b, training: F.normalize(F.linear(x, w, b), dim=1) / temperature, softmax()[1]


def cosine_softmax(temperature=0.1, normalizesFeatures=1):
    def outputs(x, w, b, training):
        return (F.linear(F.normalize(x, dim=1) if normalizesFeatures else x, F.normalize(w, dim=1)) + b) / temperature
    return outputs, softmax()[1]


def sigmoid():
    def loss(z, y, w):
        return F.binary_cross_entropy_with_logits(z, F.one_hot(y, z.shape[1]).to(z.dtype), reduction="none").sum(1).mean()
    return lambda x, w, b, training: F.linear(x, w, b) - math.log(len(w)), loss


def squared_error(kappa=1, target=10, scale=4, sumsClasses=0):
    def loss(z, y, w):
        t = F.one_hot(y, z.shape[1]).to(z.dtype)
        errors = kappa * t * (z - target) ** 2 + (1 - t) * z ** 2
        return scale * (errors.sum(1) if sumsClasses else errors.mean(1)).mean()
    return linear, loss


# The defaults above are the presets for fewer than 32 classes (docs/objectives.md).
OBJECTIVES = {make.__name__.replace("_", "-"): make for make in (
    softmax, label_smoothing, dropout, final_layer_l2, logit_penalty, logit_normalization, cosine_softmax, sigmoid, squared_error)}


# MARK: Network


class Block(nn.Module):
    """relu(f(x) + shortcut(x)), the last scale of f at first 0."""
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        nn.init.zeros_(self.bn2.weight)
        self.downsample = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.downsample(x))


class ResNet8(nn.Module):
    """Images [n, 3, h, w] to features [n, 4 width]; the classifier `fc` is the objective's to use."""
    def __init__(self, classes, width=16):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.layer1 = nn.Sequential(Block(width, width, 1))
        self.layer2 = nn.Sequential(Block(width, 2 * width, 2))
        self.layer3 = nn.Sequential(Block(2 * width, 4 * width, 2))
        self.fc = nn.Linear(4 * width, classes)
        nn.init.normal_(self.fc.weight, std=0.01)
        nn.init.zeros_(self.fc.bias)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # a normal cut at two deviations, of variance 1 / fan-in after the cut
                deviation = layer.weight[0].numel() ** -0.5 / 0.87962566103423978
                nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)

    def forward(self, x):
        return self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))).float().mean((2, 3))


# MARK: Images


def read(files, classes):
    """Bytes [n, 32, 32, 3] and labels of CIFAR records of these classes, numbered in their order."""
    records = numpy.concatenate([numpy.frombuffer(gzip.open(file).read(), numpy.uint8).reshape(-1, 3073) for file in files])
    records = records[numpy.isin(records[:, 0], classes)]
    pixels = torch.from_numpy(records[:, 1:].copy()).view(-1, 3, 32, 32).permute(0, 2, 3, 1).contiguous()
    return pixels, torch.from_numpy(numpy.searchsorted(classes, records[:, 0]))


def held_out(labels, share, seed):
    """Places kept and places held out, the same share of every class."""
    from sklearn.model_selection import train_test_split
    kept, held = train_test_split(numpy.arange(len(labels)), test_size=round(share * len(labels)), stratify=labels, random_state=seed)
    return numpy.sort(kept), numpy.sort(held)


class Images:
    """Normalized images in memory, with a black frame so that a shift is a window."""
    def __init__(self, pixels, mean, deviation, augment=()):
        self.side, self.augment = pixels.shape[1], augment
        self.reach = (self.side + 4) // 8 if "shift" in augment else 0
        framed = F.pad(pixels, (0, 0) + (self.reach,) * 4)
        self.values = (framed.float() / 255 - mean) / deviation

    def __len__(self):
        return len(self.values)

    def batch(self, places, training=False):
        """[n, 3, side, side] in channels-last memory."""
        n, start = len(places), torch.arange(self.side)
        if not training or not self.augment:
            inner = slice(self.reach, self.reach + self.side)
            return self.values[places][:, inner, inner].permute(0, 3, 1, 2)
        rows, columns = (torch.randint(2 * self.reach + 1, (n, 1)) + start for _ in range(2))
        if "flip" in self.augment:
            columns = torch.where(torch.rand(n, 1) < 0.5, columns.flip(1), columns)
        return self.values[places[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


# MARK: Training


def rate(recipe, step, per_epoch):
    """Linear growth to the highest rate, then half a cosine to 0."""
    warmup = math.ceil(recipe.warmup * per_epoch)
    if step < recipe.warmup * per_epoch:
        return recipe.learning_rate * (step + 1) / warmup
    rest = max(recipe.epochs * per_epoch - recipe.warmup * per_epoch, 1)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - recipe.warmup * per_epoch) / rest))


def train(objective, images, labels, classes, recipe, seed, compiled=False, steps=None):
    """The averaged network, in evaluation mode. `steps`: ends after so many."""
    torch.manual_seed(seed)
    outputs, loss = objective
    network = ResNet8(classes, recipe.width).to(memory_format=torch.channels_last)
    average = [value.clone() for value in network.state_dict().values() if value.is_floating_point()]
    current = [value for value in network.state_dict().values() if value.is_floating_point()]
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    optimizer = torch.optim.SGD(
        [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors}], lr=recipe.learning_rate,
        momentum=recipe.momentum, nesterov=True, fused=True)

    def judge(x, y):
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16"):
            features = network(x)
        return loss(outputs(features.float(), network.fc.weight, network.fc.bias, True), y, network.fc.weight)

    if compiled: judge = torch.compile(judge)
    per_epoch = len(images) // recipe.batch
    for step in range(min(steps or math.inf, recipe.epochs * per_epoch)):
        place = step % per_epoch * recipe.batch
        if place == 0: order = torch.randperm(len(images))
        chosen = order[place:place + recipe.batch]
        for group in optimizer.param_groups: group["lr"] = rate(recipe, step, per_epoch)
        optimizer.zero_grad()
        judge(images.batch(chosen, training=True), labels[chosen]).backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, current, 1 - min(recipe.ema, (1 + step) / (10 + step)))
    with torch.no_grad(): torch._foreach_copy_(current, average)
    return network.eval()


# MARK: Measures


@torch.no_grad()
def features(network, images):
    return torch.cat([network(images.batch(places)) for places in torch.arange(len(images)).split(250)])


def separation(x, labels):
    """R^2 = 1 - d_within / d_total of cosine distances; self-pairs count, classes weigh the same."""
    x = F.normalize(x.double(), dim=1)
    means = torch.stack([x[labels == k].mean(0) for k in labels.unique()])
    return (1 - (1 - means.square().sum(1).mean()) / (1 - means.mean(0).square().sum())).item()


def gradient_norm(x, y, weight, bias, penalty):
    """Of the summed cross-entropies + penalty / 2 |W|^2."""
    weight, bias = (torch.tensor(v, requires_grad=True) for v in (weight, bias))
    loss = F.cross_entropy(x @ weight.T + bias, y, reduction="sum") + penalty / 2 * weight.square().sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, (weight, bias))]).norm().item()


def probe(x, y, x_test, y_test, seed=0, penalties=numpy.logspace(-6, 5, 45)):
    """Accuracy of L2-regularized logistic regression, its penalty chosen on a fifth held out, refitted on all; the penalty; the largest
    gradient norm of a fit over that at zero."""
    from sklearn.linear_model import LogisticRegression
    mean = x.mean(0).double()  # the bias is free of penalty: the optimum is the same, and found sooner
    x, x_test = x.double() - mean, x_test.double() - mean
    ratio = 0

    def fit(model, places, penalty):
        nonlocal ratio
        model.set_params(C=1 / penalty).fit(x[places].numpy(), y[places].numpy())
        ends = [gradient_norm(x[places], y[places], w, b, penalty)
                for w, b in ((model.coef_, model.intercept_), (0 * model.coef_, 0 * model.intercept_))]
        ratio = max(ratio, ends[0] / ends[1])
        return model

    def fresh():
        return LogisticRegression(solver="newton-cholesky", tol=1e-9, max_iter=200, warm_start=True)

    kept, held = held_out(y, 0.2, seed)
    model, best = fresh(), (-1, 0)
    for penalty in sorted(penalties, reverse=True):  # of equals the larger
        score = fit(model, kept, penalty).score(x[held].numpy(), y[held].numpy())
        if score > best[0]: best = (score, penalty)
    everything = numpy.arange(len(y))
    return fit(fresh(), everything, best[1]).score(x_test.numpy(), y_test.numpy()), best[1], ratio


def study(data, recipe, runs):
    """Yields the figures of each run, an (objective, seed)."""
    sets = {name: (read([data / file for file in TRAIN], classes), read([data / file for file in TEST], classes))
            for name, classes in (("source", SOURCE), ("others", OTHERS))}
    (pixels, labels), (test_pixels, test_labels) = sets["source"]
    (other_pixels, other_labels), (other_test_pixels, other_test_labels) = sets["others"]
    for name, seed in runs:
        kept, _ = held_out(labels, 0.1, seed)
        scaled = pixels[kept].double().flatten(0, 2) / 255
        normalized = functools.partial(Images, mean=scaled.mean(0).float(), deviation=scaled.std(0, unbiased=False).float())
        images = normalized(pixels[kept], augment=recipe.augment)
        outputs, _ = objective = OBJECTIVES[name]()
        network = train(objective, images, labels[kept], len(SOURCE), recipe, seed)
        x = features(network, normalized(test_pixels))
        with torch.no_grad(): right = outputs(x, network.fc.weight, network.fc.bias, False).argmax(1) == test_labels
        accuracy, penalty, ratio = probe(features(network, normalized(other_pixels)), other_labels,
                                         features(network, normalized(other_test_pixels)), other_test_labels)
        yield {"objective": name, "seed": seed, "epochs": recipe.epochs, "top1": right.double().mean().item(),
               "r2_cosine": separation(features(network, images), labels[kept]), "probe_accuracy": accuracy,
               "probe_lambda": float(penalty), "probe_gradient_ratio": ratio}


# MARK: Comparison

MEASURES = {"top1": ("top-1", "test", 100), "r2_cosine": ("R^2", "train", 1), "probe_accuracy": ("probe of the others", "test", 100)}


def estimate(values):
    """Mean and standard error; none of one value."""
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def shown(mean, error, scale):
    digits = 2 if scale == 100 else 3
    return f"{scale * mean:.{digits}f} ± " + ("?" if error is None else f"{scale * error:.{digits}f}")


def estimates(rows):
    """(objective, measure) -> estimate, of rows with objective, measure and value."""
    found = {}
    for objective, measure, value in rows: found.setdefault((objective, measure), []).append(value)
    return {key: (*estimate(values), len(values)) for key, values in found.items()}


def table(own, objectives):
    print(f"{'':20} seeds" + "".join(f"{title:>22}" for title, _, _ in MEASURES.values()))
    for name in objectives:
        cells = [f"{shown(*own[name, measure][:2], scale):>22}" for measure, (_, _, scale) in MEASURES.items()]
        print(f"{name:20} {own[name, 'top1'][2]:5}" + "".join(cells))


def apart(a, b):
    """Difference and two standard errors of it; None of one seed."""
    return a[0] - b[0], None if None in (a[1], b[1]) else 2 * math.hypot(a[1], b[1])


def compare(own, objectives, file):
    """Prints, objective by objective and measure by measure, whether both sides agree."""
    with open(file, newline="") as lines:
        theirs = estimates((r["objective"], r["measure"], float(r["value"])) for r in csv.DictReader(lines)
                           if r["measure"] in MEASURES and r["split"] == MEASURES[r["measure"]][1] and r["value"])
    missing = [name for name in objectives if any((name, measure) not in theirs for measure in MEASURES)]
    if missing: print(f"\n{file} lacks a measure of: {', '.join(missing)}")
    objectives = [name for name in objectives if name not in missing]
    within, judged = 0, 0
    print(f"\n{'':20} {'':20} {'separatrix (seeds)':>20} {'PyTorch (seeds)':>20} {'difference':>11} {'2 errors':>9}")
    for measure, (title, _, scale) in MEASURES.items():
        for name in objectives:
            a, b = theirs[name, measure], own[name, measure]
            difference, bound = apart(a, b)
            digits = 2 if scale == 100 else 3
            sides = "".join(f"{shown(*side[:2], scale) + f' ({side[2]})':>21}" for side in (a, b))
            line = f"{title:20} {name:20}{sides} {scale * difference:+11.{digits}f}"
            if bound is None:
                print(line + "         ?  one seed has no standard error")
                continue
            judged, within = judged + 1, within + (abs(difference) <= bound)
            print(line + f" {scale * bound:9.{digits}f}  {'agree' if abs(difference) <= bound else 'DIFFER'}")
    print(f"\n{within} of {judged} agree within two standard errors of the difference")
    for measure, (title, _, _) in MEASURES.items() if len(objectives) > 1 else ():
        orders = [sorted(objectives, key=lambda name: -side[name, measure][0]) for side in (theirs, own)]
        turned = [(a, b) for a, b in itertools.combinations(orders[0], 2) if orders[1].index(a) > orders[1].index(b)]
        print(f"{title}: separatrix {' > '.join(orders[0])}\n{'':{len(title)}}  PyTorch    {' > '.join(orders[1])}: {'other' if turned else 'the same'} order")
        for a, b in turned:
            gaps = [apart(side[a, measure], side[b, measure]) for side in (theirs, own)]
            told = [name for name, (gap, bound) in zip(("separatrix", "PyTorch"), gaps) if bound is not None and abs(gap) > bound]
            print(f"  {a} and {b} change places; " + (f"{' and '.join(told)} tells them apart" if told else "neither side tells them apart"))


# MARK: Check


def numbers(stream, count, scale=1.0):
    """The fixtures' numbers: SplitMix64's output function of a counter, 24 bits, in [-scale, scale)."""
    with numpy.errstate(over="ignore"):
        z = (numpy.arange(1, count + 1, dtype=numpy.uint64) + numpy.uint64(stream << 32)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> numpy.uint64(31))) >> numpy.uint64(40)
    return torch.from_numpy((2 * (z * 2.0 ** -24) - 1) * scale)


def differences(tensor, wanted):
    """Of a fixture's entries, over the largest magnitude."""
    found = tensor.detach().flatten()[::wanted["stride"]]
    return ((found - torch.tensor(wanted["entries"], dtype=torch.float64)).abs().max() / max(wanted["max"], 1e-300)).item()


def check(tests):
    """Objectives and network against the values that the tests compare with."""
    fixtures = json.loads((tests / "ObjectivesTests/Fixtures/objectives.json").read_text())
    n, d = fixtures["examples"], fixtures["features"]
    worst = {}
    for case in fixtures["cases"]:
        name, _, given = case["objective"].partition(":")
        parameters = {key: float(value) for key, value in (part.split("=") for part in given.split(",") if "+" not in given and part)}
        if name not in OBJECTIVES or "+" in case["objective"] or parameters.get("keep", 1) < 1: continue  # dropout's mask is theirs
        k = case["classes"]
        x, w, b = numbers(1, n * d, 2.0).view(n, d), numbers(2, k * d, 0.5 * case["scale"]).view(k, d), numbers(3, k, 0.25)
        for tensor in (x, w, b): tensor.requires_grad_()
        outputs, loss = OBJECTIVES[name](**parameters)
        z = outputs(x, w, b, True)
        value = loss(z, torch.tensor([(5 * i + 2) % k for i in range(n)]), w)
        value.backward()
        gap = max(differences(tensor, case["f64"][key]) for key, tensor in
                  (("loss", value), ("outputs", z), ("x", x.grad), ("weight", w.grad), ("bias", b.grad)))
        count, most = worst.get(name, (0, 0))
        worst[name] = count + 1, max(most, gap)
    for name, (count, most) in worst.items(): print(f"{name:20} {count:3} cases, largest difference {most:.1e}")
    from safetensors import safe_open
    with safe_open(tests / "NetworksTests/Fixtures/resnet8.safetensors", "pt") as file:
        network = ResNet8(5, 4).eval()
        network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})
        wanted = torch.tensor(json.loads(file.metadata()["logits"]))
    stream = functools.reduce(lambda value, byte: (value ^ byte) * 0x01000193 & 0xFFFFFFFF, b"images", 0x811C9DC5)
    with torch.no_grad(): logits = network.fc(network(numbers(stream, 6 * 3 * 144, 2).float().view(6, 3, 12, 12)))
    gap = ((logits.flatten() - wanted).abs().max() / wanted.abs().max()).item()
    print(f"{'network':20} {len(wanted):3} logits, largest difference {gap:.1e} (f32)")
    count = sum(p.numel() for p in ResNet8(len(SOURCE)).parameters())
    print(f"{'':20} {count:,} parameters with width 16 and {len(SOURCE)} classes")
    return max(most for _, most in worst.values()) < 1e-10 and gap < 1e-5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=root.parent / "shared/data")
    parser.add_argument("--objectives", default="softmax,label-smoothing,cosine-softmax,squared-error", help=", ".join(OBJECTIVES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--threads", type=int, help="default: one for each core")
    parser.add_argument("--results", type=pathlib.Path, help="lines of JSON, one a run: read first, then added to")
    parser.add_argument("--compare", type=pathlib.Path, metavar="CSV", help="what separatrix found in the same study")
    parser.add_argument("--check", action="store_true", help="compare objectives and network with the tests' fixtures, and train nothing")
    options = parser.parse_args()
    if options.check: sys.exit(not check(root / "Tests"))
    objectives = options.objectives.split(",")
    for name in objectives:
        if name not in OBJECTIVES: parser.error(f"unknown objective '{name}'; known: {', '.join(OBJECTIVES)}")
    import threadpoolctl
    if options.threads:
        torch.set_num_threads(options.threads)
        threadpoolctl.threadpool_limits(options.threads)
    runs = list(itertools.product(objectives, range(options.seeds)))
    kept = options.results.read_text().splitlines() if options.results and options.results.exists() else []
    found = {(r["objective"], r["seed"]): r for r in map(json.loads, kept) if r["epochs"] == options.epochs}
    missing = [run for run in runs if run not in found]
    for result in study(options.data, Recipe(epochs=options.epochs), missing) if missing else ():
        line = json.dumps(result)
        print(line, flush=True)
        found[result["objective"], result["seed"]] = result
        if options.results:
            with options.results.open("a") as file: file.write(line + "\n")
    own = estimates((found[run]["objective"], measure, found[run][measure]) for run in runs for measure in MEASURES)
    table(own, objectives)
    if options.compare: compare(own, objectives, options.compare)


if __name__ == "__main__": main()
