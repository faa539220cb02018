"""Writes the fixtures of FeaturesTests: small arrays in every form NumPy and safetensors write.

Run with a Python that has numpy, torch and safetensors: python generate.py
"""
import os

import numpy as np
import torch
from safetensors.torch import save_file

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(here, exist_ok=True)
x = np.arange(12).reshape(4, 3) / 4 - 1  # exact in every floating-point type
labels = np.array([2, 0, 1, 2])
for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
    y = x if code[0] == "f" else (np.arange(12).reshape(4, 3) % 2 == 0 if code == "b1" else np.arange(12).reshape(4, 3) * 2)
    np.save(f"{here}/{code}.npy", y.astype("<" + code))
np.save(f"{here}/big.npy", x.astype(">f4"))
np.save(f"{here}/fortran.npy", np.asfortranarray(x.astype("f4")))
np.save(f"{here}/images.npy", np.asfortranarray(np.arange(48).reshape(4, 3, 2, 2).astype(">i4")))
np.save(f"{here}/labels.npy", labels.astype("i4"))
np.save(f"{here}/complex.npy", x.astype("c8"))
np.savez(f"{here}/stored.npz", features=x.astype("f4"), labels=labels, outputs=-x)
np.savez_compressed(f"{here}/packed.npz", features=x.astype("f4"), labels=labels, outputs=-x)
t = torch.tensor(x)
save_file(
    {"early": t.half(), "late": t.bfloat16().reshape(4, 3, 1, 1), "features": t.float(), "outputs": -t, "labels": torch.tensor(labels)},
    f"{here}/layers.safetensors",
    metadata={"layers": '["late","early","features"]', "network": "resnet20"},
)
