#!/usr/bin/env python3
"""A training step of PyTorch on resident random data, for `Benchmarks/gpu`: one line of JSON. Needs torch alone.

The networks are those of `separatrix`: resnet20 (3x3 stem, three stages of three basic blocks, 16 to 64 channels) and resnet50 (v1.5). Cross-
entropy, fused SGD with Nesterov momentum and weight decay, channels-last, autocast for bf16. What `separatrix` does besides, a moving
average of all variables, is left out here."""
import argparse, json, time
import torch
from torch import nn
from torch.nn import functional as F


def conv(i, o, k, stride=1):
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


class Block(nn.Module):
    """relu(f(x) + shortcut(x)); sizes of f's convolutions in `layers` as (channels, kernel, stride)."""
    def __init__(self, i, layers):
        super().__init__()
        parts, width, stride = [], i, 1
        for number, (o, k, s) in enumerate(layers):
            parts += [conv(width, o, k, s), nn.BatchNorm2d(o)] + ([nn.ReLU(inplace=True)] if number + 1 < len(layers) else [])
            width, stride = o, stride * s
        self.body = nn.Sequential(*parts)
        self.shortcut = nn.Sequential(conv(i, width, 1, stride), nn.BatchNorm2d(width)) if stride > 1 or i != width else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x), inplace=True)


def network(name, classes):
    if name == "resnet20":
        layers, i = [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(inplace=True)], 16
        for stage in range(3):
            for k in range(3):
                o = 16 << stage
                layers.append(Block(i, [(o, 3, 2 if stage and not k else 1), (o, 3, 1)]))
                i = o
    else:
        layers, i = [conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)], 64
        for stage, count in enumerate((3, 4, 6, 3)):
            for k in range(count):
                w = 64 << stage
                layers.append(Block(i, [(w, 1, 1), (w, 3, 2 if stage and not k else 1), (4 * w, 1, 1)]))
                i = 4 * w
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, classes))


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--network", default="resnet20", choices=["resnet20", "resnet50"])
parser.add_argument("--batch", type=int, default=512)
parser.add_argument("--size", type=int, default=32)
parser.add_argument("--classes", type=int, default=10)
parser.add_argument("--precision", default="bf16", choices=["bf16", "f32"])
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--compile", action="store_true")
parser.add_argument("--device", default="cuda:0")
a = parser.parse_args()
kind = a.device.split(":")[0]
torch.manual_seed(0)
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
net = network(a.network, a.classes).to(a.device, memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)
forward = torch.compile(net, mode=None if kind == "cpu" else "reduce-overhead") if a.compile else net
x = torch.randn(a.batch, 3, a.size, a.size, device=a.device).contiguous(memory_format=torch.channels_last)
y = torch.randint(a.classes, (a.batch,), device=a.device)
wait = torch.cuda.synchronize if kind == "cuda" else lambda: None


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(kind, torch.bfloat16, enabled=a.precision == "bf16"):
        z = forward(x)
    F.cross_entropy(z.float(), y).backward()
    optimizer.step()


for _ in range(12 if a.compile else 4): step()
wait()
times = []
for _ in range(a.steps):
    start = time.perf_counter()
    step()
    wait()
    times.append(time.perf_counter() - start)
times.sort()
print(json.dumps({"peer": f"torch {torch.__version__} {'compiled' if a.compile else 'eager'}", "network": a.network, "batch": a.batch, "size": a.size,
                  "precision": a.precision, "images_per_second": round(a.batch / times[len(times) // 2], 1)}))
