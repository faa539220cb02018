"""Golden values for NetworksTests, from PyTorch modules in f64: python generate.py (writes networks.json and
resnet8.safetensors).

torchvision's own modules where it has the network, else the modules below. Parameters and images are not stored: both
sides compute them from their names (TestSupport/CounterNumbers.swift). PEERS is the folder of torchvision_cpu.py, for a
torchvision whose compiled operators do not load."""

import json
import os
import sys
import time

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

if "PEERS" in os.environ:
    sys.path.insert(0, os.environ["PEERS"])
    import torchvision_cpu  # noqa: F401
import torchvision.models as tv

PROBES = 3


def stream(name):
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def numbers(name, shape, scale=1.0):
    """SplitMix64's output function of a counter, 24 bits, in [-scale, scale)."""
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        z = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(stream(name) << 32)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> np.uint64(31))) >> np.uint64(40)
    return torch.from_numpy((2 * (z.astype(np.float64) / 16777216) - 1) * scale).reshape(shape)


def value(name, shape, apart=False):
    """A parameter from its name: activations stay of order one through the deepest network. `apart` keeps what enters a
    ReLU of a residual block away from 0, by offsets of +-0.5 in turns beside a deviation of 0.1: among millions of
    activations of a deep network some lie so near 0 that f32 puts them on the other side, and each moves some gradients
    by more than 1e-3. For evaluation only: in training the next batch norm would take the offsets out again."""
    noise = numbers(name, shape)
    block = name.startswith("layer")
    apart = apart and block
    if name.endswith("running_var"):
        return noise * 0.5 + 1
    if len(shape) == 1 and name.endswith("weight"):  # smaller inside residual blocks, whose outputs add up
        return (noise * 0.25 + 1) * (0.1 if apart else 0.5 if block else 1)
    if len(shape) == 1 and name.endswith("bias") and apart:
        return (noise * 0.25 + 1) * torch.tensor([0.5, -0.5], dtype=torch.float64).repeat(shape[0] // 2)
    if len(shape) == 4:
        return noise * (0.4 if apart else 1.5) * (2 / np.prod(shape[1:])) ** 0.5
    if len(shape) == 2:
        return noise * (3 / shape[1]) ** 0.5
    return noise


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Stages(nn.Module):
    """layer1 to layer3 of `count` blocks each, the first of the later ones with stride 2."""

    def stages(self, block, inputs, width, count):
        for stage in range(3):
            blocks = []
            for index in range(count):
                blocks.append(block(inputs, width << stage, 2 if stage > 0 and index == 0 else 1))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        return inputs


class SmallResNet(Stages):
    def __init__(self, depth, channels, width, classes, projector=()):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        inputs, layers = self.stages(BasicBlock, width, width, (depth - 2) // 6), []
        for outputs in projector:
            layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
            inputs = outputs
        self.projector = nn.Sequential(*layers)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        return self.fc(self.projector(self.layer3(self.layer2(self.layer1(x))).mean([2, 3])))


class Plain(nn.Module):
    """Convolutions (channels, size, stride, padding, pool after) with batch norm and ReLU, mean, linear."""

    def __init__(self, channels, layers, classes):
        super().__init__()
        self.pools = [layer[4] for layer in layers]
        for i, (outputs, size, stride, padding, _) in enumerate(layers):
            setattr(self, f"conv{i + 1}", nn.Conv2d(channels, outputs, size, stride, padding, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(outputs))
            setattr(self, f"relu{i + 1}", nn.ReLU())
            channels = outputs
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        for i, pools in enumerate(self.pools):
            x = getattr(self, f"relu{i + 1}")(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
            x = nn.functional.max_pool2d(x, 2) if pools else x
        return self.fc(x.mean([2, 3]))


def conv_net(channels, width, classes):
    widths = [(width, True), (2 * width, False), (2 * width, True), (4 * width, False)]
    return Plain(channels, [(w, 3, 1, 1, pools) for w, pools in widths], classes)


def all_cnn(channels, width, classes):
    layers = [(width, 3, 1, 1), (width, 3, 1, 1), (width, 3, 2, 1)]
    layers += [(2 * width, *shape) for shape in [(3, 1, 1), (3, 1, 1), (3, 2, 1), (3, 1, 0), (1, 1, 0)]]
    return Plain(channels, [(*layer, False) for layer in layers], classes)


class PreactivationBlock(nn.Module):
    """Of Zagoruyko & Komodakis's pytorch/resnet.py: the 1x1 convolution, too, takes what the first ReLU gives."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = torch.relu(self.bn1(x))
        y = self.conv2(torch.relu(self.bn2(self.conv1(active))))
        return y + (self.downsample(active) if hasattr(self, "downsample") else x)


class WideResNet(Stages):
    def __init__(self, depth, widening, channels, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        inputs = self.stages(PreactivationBlock, width, widening * width, (depth - 4) // 6)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(self.relu(self.bn1(x)).mean([2, 3]))


def wide_taps(model):
    return stage_taps("conv1")(model) + [("norm", model.relu)]


def inception_taps(model):
    blocks = [(name, block) for name, block in model.named_children() if name.startswith("Mixed")]
    return [("stem", model.maxpool2)] + blocks


def plain_taps(model):
    return [(f"layer{i + 1}", getattr(model, f"relu{i + 1}")) for i in range(len(model.pools))]


def stage_taps(stem):
    def taps(model):
        result = [("stem", getattr(model, stem))]
        for name, stage in model.named_children():
            if name.startswith("layer"):
                result += [(f"{name}.{i}", block) for i, block in enumerate(stage)]
        return result
    return taps


def rounded(values):
    return [float(f"{v:.12g}") for v in values]


def summary(t):
    """Norm, a weighted sum in which every entry counts, and some entries."""
    flat = t.detach().flatten()
    n = flat.numel()
    probes = [flat[k * n // PROBES].item() for k in range(PROBES)]
    return rounded([flat.norm().item(), (flat * numbers("projection", flat.shape)).sum().item()] + probes)


def case(network, model, taps, width, size, channels=3, classes=5, batch=4, modes=("evaluation", "training"),
         deep=False, **more):
    start = time.time()
    model = model.double()
    tensors = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    images = numbers("images", (batch, channels, *size), 2)
    row = {"network": network, "channels": channels, "width": width, "size": size, "batch": batch, "classes": classes,
           "deep": deep, **more,
           "parameters": [{"name": k, "shape": list(v.shape)} for k, v in tensors.items()]}
    taps, seen = taps(model), {}
    for name, module in taps:
        module.register_forward_hook(lambda _, __, y, name=name: seen.__setitem__(name, y.detach().clone()))
    first = model.projector if hasattr(model, "projector") else model.fc
    first.register_forward_pre_hook(lambda _, x: seen.__setitem__("features", x[0].detach().clone()))
    for mode in modes:
        for k, v in tensors.items():
            v.copy_(value(k, v.shape, deep and mode == "evaluation"))
        model.train(mode == "training")
        model.zero_grad()
        outputs = model(images)
        logits, auxiliary = outputs if isinstance(outputs, tuple) else (outputs, None)
        loss = (logits * numbers("cotangent", logits.shape)).sum()
        if auxiliary is not None:
            loss = loss + 0.4 * (auxiliary * numbers("auxiliary", auxiliary.shape)).sum()
        loss.backward()
        row[mode] = {
            "blocks": [{"name": n, "shape": list(seen[n].shape), "values": summary(seen[n])} for n, _ in taps],
            "features": summary(seen["features"]), "logits": rounded(logits.flatten().tolist()),
            # In the order of the parameters; null for those of the auxiliary branch in evaluation.
            "gradients": [None if p.grad is None else summary(p.grad) for p in model.parameters()]}
        if auxiliary is not None:
            row[mode]["auxiliary"] = rounded(auxiliary.flatten().tolist())
        if mode == "training":
            row[mode]["statistics"] = [summary(b) for n, b in model.named_buffers() if n in tensors]
    print(f"{network} {width} {size}: {time.time() - start:.1f} s, logits to {logits.abs().max():.3g}", flush=True)
    return row


def main():
    small = stage_taps("relu")
    cases = [
        case("resnet8", SmallResNet(8, 3, 4, 5), small, 4, (12, 12), batch=6),
        case("resnet8", SmallResNet(8, 3, 16, 4), small, 16, (13, 10), classes=4, batch=6),
        case("resnet20", SmallResNet(20, 1, 16, 10), small, 16, (14, 14), channels=1, classes=10, batch=6),
        case("convnet", conv_net(3, 16, 7), plain_taps, 16, (14, 12), classes=7, batch=6),
    ]
    widths = [48, 7]
    cases.append(case("resnet8", SmallResNet(8, 3, 8, 5, widths), small, 8, (12, 12), batch=6, projector=widths))
    for widening in (1, 2):
        model = tv.ResNet(tv.resnet.Bottleneck, [1, 1, 1, 1], num_classes=5, width_per_group=64 * widening)
        cases.append(case(f"bottlenecks-{widening}", model, stage_taps("maxpool"), 64, (48, 64)))
    for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2"]:
        model = getattr(tv, name)(num_classes=5)
        deep = name not in ("resnet18", "resnet34")
        cases.append(case(name.replace("_", "-"), model, stage_taps("maxpool"), 64, (64, 48), deep=deep))
    cases += [
        case("wrn-16-4", WideResNet(16, 4, 3, 16, 5), wide_taps, 16, (12, 10), batch=6),
        case("wrn-28-10", WideResNet(28, 10, 3, 16, 5), wide_taps, 16, (8, 8), deep=True),
        case("wrn-40-2", WideResNet(40, 2, 1, 8, 5), wide_taps, 8, (12, 12), channels=1, batch=6, deep=True),
        case("all-cnn-c", all_cnn(3, 96, 10), plain_taps, 96, (14, 13), classes=10, batch=6),
    ]
    # The auxiliary branch needs images of 299 pixels; evaluation is compared without it on a small and uneven image, one
    # with which nothing that enters a ReLU comes nearer to 0 than 2e-5: f32 puts all of it on the same side.
    for mode, size, batch in [("evaluation", (79, 75), 1), ("training", (299, 299), 4)]:
        model = tv.inception_v3(num_classes=5, aux_logits=mode == "training", init_weights=False, dropout=0.0)
        deep = mode == "training"
        cases.append(case("inception-v3", model, inception_taps, 32, size, batch=batch, modes=(mode,), deep=deep))
    folder = os.path.dirname(os.path.abspath(__file__))
    # A state dictionary as PyTorch writes it, in f16, with the logits of `images` in f64.
    model = SmallResNet(8, 3, 4, 5)
    for k, v in model.state_dict().items():
        if not k.endswith("num_batches_tracked"):
            v.copy_(value(k, v.shape))
    halves = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    model.load_state_dict(halves)
    logits = model.double().eval()(numbers("images", (6, 3, 12, 12), 2))
    save_file(halves, os.path.join(folder, "resnet8.safetensors"), {"logits": json.dumps(logits.flatten().tolist())})
    with open(os.path.join(folder, "networks.json"), "w") as out:
        json.dump({"torch": torch.__version__, "cases": cases}, out, separators=(",", ":"))
        out.write("\n")


main()
