"""Golden values for NetworksTests, from PyTorch modules in f64: python generate.py (writes networks.json).

Weights and images are not stored: both sides compute them from their names (TestSupport/CounterNumbers.swift)."""

import json
import os

import torch
from torch import nn

MASK = (1 << 64) - 1


def stream(name):
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def numbers(name, shape, scale=1.0):
    base, count = stream(name) << 32, 1
    for side in shape:
        count *= side
    values = []
    for i in range(count):
        z = ((base + i + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        values.append((2 * (((z ^ (z >> 31)) >> 40) / 16777216) - 1) * scale)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class SmallResNet(nn.Module):
    def __init__(self, depth, channels, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage in range(3):
            blocks = []
            for index in range((depth - 2) // 6):
                blocks.append(Block(inputs, width << stage, 2 if stage > 0 and index == 0 else 1))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        outputs = [("stem", torch.relu(self.bn1(self.conv1(x))))]
        for stage in range(3):
            for index, block in enumerate(getattr(self, f"layer{stage + 1}")):
                outputs.append((f"layer{stage + 1}.{index}", block(outputs[-1][1])))
        features = outputs[-1][1].mean([2, 3])
        return outputs, features, self.fc(features)


class ConvNet(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        for i, (a, b) in enumerate([(channels, width), (width, 2 * width), (2 * width, 2 * width), (2 * width, 4 * width)]):
            setattr(self, f"conv{i + 1}", nn.Conv2d(a, b, 3, 1, 1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(b))
        self.fc = nn.Linear(4 * width, classes)

    def forward(self, x):
        outputs = []
        for i in range(1, 5):
            x = torch.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
            outputs.append((f"layer{i}", x))
            if i in (1, 3):
                x = nn.functional.max_pool2d(x, 2)
        features = x.mean([2, 3])
        return outputs, features, self.fc(features)


def summary(name, t):
    """Size, a weighted sum in which every entry counts, and some entries."""
    flat = t.detach().flatten()
    step = max(1, flat.numel() // 10)
    return {"shape": list(t.shape), "norm": flat.norm().item(), "projection": (flat * numbers("projection", flat.shape)).sum().item(),
            "step": step, "entries": flat[::step].tolist()}


cases = []
for name, make, channels, width, size, classes in [
        ("resnet8", lambda: SmallResNet(8, 3, 4, 5), 3, 4, (12, 12), 5),
        ("resnet8", lambda: SmallResNet(8, 3, 16, 4), 3, 16, (13, 10), 4),
        ("resnet20", lambda: SmallResNet(20, 1, 16, 10), 1, 16, (14, 14), 10),
        ("convnet", lambda: ConvNet(3, 16, 7), 3, 16, (14, 12), 7)]:
    model = make().double()
    for key, value in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        noise = numbers(key, value.shape)
        if key.endswith("running_var"):
            noise = noise * 0.5 + 1
        elif value.dim() == 1 and key.endswith("weight"):
            noise = noise * 0.25 + 1
        elif value.dim() == 4:
            noise = noise * (2 / value[0].numel()) ** 0.5 * 1.5
        value.copy_(noise)
    images = numbers("images", (6, channels, *size), 2)
    row = {"network": name, "channels": channels, "width": width, "size": size, "classes": classes}
    row["parameters"] = {k: list(v.shape) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    for mode in ("evaluation", "training"):
        model.train(mode == "training")
        model.zero_grad()
        blocks, features, logits = model(images)
        (logits * numbers("cotangent", logits.shape)).sum().backward()
        row[mode] = {
            "blocks": [{"name": n, **summary(n, t)} for n, t in blocks], "features": summary("features", features),
            "logits": logits.flatten().tolist(),
            "gradients": {n: summary(n, p.grad) for n, p in model.named_parameters()},
            "statistics": {n: summary(n, b) for n, b in model.named_buffers() if not n.endswith("num_batches_tracked")}}
    cases.append(row)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "networks.json"), "w") as out:
    json.dump({"torch": torch.__version__, "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
