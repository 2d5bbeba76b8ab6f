# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the makers of golden cases share: seeded tensors, and files as tests/parity reads them."""

import json
import pathlib

import numpy as np
import safetensors.torch
import torch


def seeded(seed):
    """Fixed numbers, and one thread, so that sums have one order."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    return torch.Generator().manual_seed(seed)


def save_case(folder, name, kind, checkpoint, inputs, outputs, **facts):
    """One case: in.*, out.* and metadata, all values of which are strings."""

    def stored(tensor):
        tensor = torch.as_tensor(tensor).detach()
        if tensor.dtype == torch.bool:
            return tensor.to(torch.uint8).contiguous()
        if tensor.dtype == torch.int64:
            return tensor.to(torch.int32).contiguous()
        return tensor.contiguous().clone()

    tensors = {f"in.{key}": stored(value) for key, value in inputs.items()}
    tensors |= {f"out.{key}": stored(value) for key, value in outputs.items()}
    metadata = {"kind": kind, "checkpoint": checkpoint}
    metadata |= {key: str(value) for key, value in facts.items()}
    cases = pathlib.Path(folder) / "cases"
    cases.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(tensors, cases / f"{name}.safetensors", metadata)


def save_checkpoint(folder, name, config, tensors, file="model.safetensors", dtype=None):
    place = pathlib.Path(folder) / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    ready = {
        key: (value.to(dtype) if dtype and value.is_floating_point() else value).contiguous().clone()
        for key, value in tensors.items()
    }
    safetensors.torch.save_file(ready, place / file)


def tolerance(single, double):
    """Ten times what rounding to f32 changes, at least 2e-6 of the largest value."""
    difference = float((single.double() - double).abs().max())
    return float(f"{max(10 * difference, 2e-6 * float(double.abs().max())):.2g}")


def smooth_noise(generator, channels, samples):
    """Something like sound: noise through a running mean, with a level that moves."""
    noise = torch.randn(channels, samples + 8, generator=generator)
    sound = noise.unfold(1, 9, 1).mean(-1)
    level = 0.5 + 0.5 * torch.from_numpy(np.sin(np.arange(samples) / 2500.0)).float()
    return sound * level
