"""The recipe of `accuracy` in plain PyTorch: trains once, prints the top-1 accuracy on the test images as one JSON object.

    train_pytorch.py TRAIN.tar.gz TEST.tar.gz --seed 0 --epochs 5

Archives hold SPLIT/CLASS/FILE.jpg, decoded by Pillow. Everything here is PyTorch's own (layers, SGD, cross-entropy); nothing
is shared with the program that it is compared with."""
import argparse, copy, json, math, pathlib, tarfile
import numpy, torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("train")
parser.add_argument("test")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--learning-rate", type=float, default=0.2)
parser.add_argument("--warmup", type=int, default=1, help="epochs")
parser.add_argument("--weight-decay", type=float, default=5e-4)
parser.add_argument("--ema", type=float, default=0.999)
options = parser.parse_args()


def decode(archive):
    """Bytes [n, 3, h, w] and labels [n]; classes are numbered in the order of their names."""
    pixels, names = [], []
    with tarfile.open(archive) as files:
        for member in files:
            pixels.append(numpy.asarray(Image.open(files.extractfile(member)).convert("RGB")))
            names.append(pathlib.PurePath(member.name).parent.name)
    classes = sorted(set(names))
    images = torch.from_numpy(numpy.stack(pixels)).permute(0, 3, 1, 2)
    return images, torch.tensor([classes.index(name) for name in names]), len(classes)


def convolution(inputs, outputs, size, stride=1, scale=1.0):
    """Convolution and batch norm whose scale starts at `scale`."""
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    # Normal cut at two deviations with variance 1 / fan-in after the cut.
    deviation = (inputs * size * size) ** -0.5 / 0.87962566103423978
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    norm = nn.BatchNorm2d(outputs)
    nn.init.constant_(norm.weight, scale)
    return nn.Sequential(layer, norm)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3, scale=0.0)
        self.shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


def resnet8(classes):
    head = nn.Linear(64, classes)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    return nn.Sequential(convolution(3, 16, 3), nn.ReLU(), Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


def augmented(images):
    """Half of them mirrored, each moved by up to an eighth of its side, black where nothing is left."""
    n, side = len(images), images.shape[2]
    reach = side // 8
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.5, images.flip(3), images)
    images = F.pad(images, (reach, reach, reach, reach))
    rows, columns = (torch.randint(2 * reach + 1, (n, 1)) + torch.arange(side) for _ in range(2))
    return images[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def rate(step, steps_per_epoch):
    """Linear growth to the highest rate, then half a cosine to 0."""
    warmup = options.warmup * steps_per_epoch
    if step < warmup:
        return options.learning_rate * (step + 1) / warmup
    return options.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (options.epochs * steps_per_epoch - warmup)))


torch.manual_seed(options.seed)
torch.set_num_threads(options.threads)
images, labels, classes = decode(options.train)
counts = torch.stack([torch.bincount(images[:, c].flatten(), minlength=256) for c in range(3)]).double()
shares, levels = counts / counts.sum(1, keepdim=True), torch.arange(256).double() / 255
mean = (shares @ levels).float().view(1, 3, 1, 1)
deviation = (shares @ levels ** 2 - (shares @ levels) ** 2).sqrt().float().view(1, 3, 1, 1)


def normalized(images):
    return ((images.float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


network = resnet8(classes).to(memory_format=torch.channels_last)
average = copy.deepcopy(network).eval()
decayed = [p for p in network.parameters() if p.ndim > 1]
plain = [p for p in network.parameters() if p.ndim == 1]
optimizer = torch.optim.SGD([{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain}],
                            lr=options.learning_rate, momentum=0.9, nesterov=True)
steps_per_epoch, step = len(images) // options.batch, 0
for epoch in range(options.epochs):
    order = torch.randperm(len(images))
    for index in range(steps_per_epoch):
        chosen = order[index * options.batch:(index + 1) * options.batch]
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps_per_epoch)
        optimizer.zero_grad()
        F.cross_entropy(network(normalized(augmented(images[chosen]))), labels[chosen]).backward()
        optimizer.step()
        keep = min(options.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for old, new in zip(average.state_dict().values(), network.state_dict().values()):
                if new.is_floating_point():  # batch norm also counts its batches
                    old.lerp_(new, 1 - keep)
        step += 1

images, labels, _ = decode(options.test)
with torch.no_grad():
    right = sum((average(normalized(x)).argmax(1) == y).sum().item() for x, y in zip(images.split(250), labels.split(250)))
print(json.dumps({"top1": right / len(labels), "n": len(labels)}))
