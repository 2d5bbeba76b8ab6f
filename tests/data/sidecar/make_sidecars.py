#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the files of codes beside it, as the tools that people use write them: numpy, torch.save, safetensors.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.6.0 numpy==2.4.6 safetensors==0.8.0
    /tmp/venv/bin/python make_sidecars.py

Run by hand when a case is added; the test (tests/unit/test_sidecar.cpp) needs neither Python nor torch. All hold
the same 13 frames of 8 codes, code (31 k + 7 t) mod 120 of codebook k at frame t, which every type can hold.
"""

import io
import os
import pathlib
import pickle
import zipfile

import numpy as np
import safetensors.numpy
import torch

HERE = pathlib.Path(__file__).parent
K, T = 8, 13
CODES = np.array([[(31 * k + 7 * t) % 120 for t in range(T)] for k in range(K)], dtype=np.int64)
WITH_TEXT = np.concatenate([CODES, np.full((1, T), 100, dtype=np.int64)])  # a ninth row, of text ids
LAYOUTS = {
    "KT": CODES,
    "TK": CODES.T,
    "BKT": CODES[None],
    "BTK": CODES.T[None],
    "KT-text": WITH_TEXT,
    "BTK-text": WITH_TEXT.T[None],
}
TYPES = ["int8", "uint8", "int16", "int32"]


def save(name, array):
    array = np.ascontiguousarray(array)
    np.save(HERE / f"{name}.npy", array)
    torch.save(torch.from_numpy(array.copy()), HERE / f"{name}.pt")
    safetensors.numpy.save_file({"codes": array}, HERE / f"{name}.safetensors")


def repacked(data, change, compression=zipfile.ZIP_STORED):
    """The zip archive `data` with its members as `change(name, bytes)` gives them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def torch_bytes(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


class Malicious:
    """A pickle that runs a command where it is loaded as pickles usually are."""

    def __reduce__(self):
        return os.system, ("touch heart-sidecar-was-run",)


def main():
    for layout, array in LAYOUTS.items():
        save(f"int64-{layout}", array)
    for kind in TYPES:
        save(f"{kind}-KT", CODES.astype(kind))
    save("float32-KT", CODES.astype("float32"))
    save("bool-KT", CODES.astype("bool"))

    # numpy's other ways.
    np.save(HERE / "npy-fortran.npy", np.asfortranarray(CODES))
    np.save(HERE / "npy-fortran-BTK.npy", np.asfortranarray(CODES.T[None]))
    np.save(HERE / "npy-big-endian.npy", CODES.astype(">i4"))
    np.save(HERE / "npy-uint16.npy", CODES.astype("uint16"))
    np.save(HERE / "npy-uint64.npy", CODES.astype("uint64"))
    for version in (2, 3):
        with open(HERE / f"npy-version-{version}.npy", "wb") as file:
            np.lib.format.write_array(file, CODES, version=(version, 0))
    np.save(HERE / "npy-nan.npy", np.where(CODES == 7, np.nan, CODES))
    np.save(HERE / "npy-records.npy", np.zeros(3, dtype=[("a", "i4"), ("b", "i8")]))
    np.save(HERE / "npy-objects.npy", np.array([[1, None]], dtype=object))

    # torch's other ways.
    codes = torch.from_numpy(CODES)
    wide = torch.zeros(K + 3, T + 5, dtype=torch.int64)
    wide[2 : K + 2, 4 : T + 4] = codes
    files = {
        "pt-protocol-4": torch_bytes(codes.clone(), pickle_protocol=4),
        "pt-protocol-5": torch_bytes(codes.clone(), pickle_protocol=5),
        "pt-transposed": torch_bytes(codes.t().contiguous().t()),
        "pt-part-of-a-larger": torch_bytes(wide[2 : K + 2, 4 : T + 4]),
        "pt-broadcast": torch_bytes(codes[:, :1].clone().expand(K, T)),
        "pt-legacy": torch_bytes(codes.clone(), _use_new_zipfile_serialization=False),
        "pt-legacy-int16": torch_bytes(codes.short(), _use_new_zipfile_serialization=False),
        "pt-legacy-transposed": torch_bytes(
            codes.t().contiguous().t(), _use_new_zipfile_serialization=False
        ),
        # What must be refused, by name.
        "pt-dict": torch_bytes({"codes": codes.clone()}),
        "pt-list": torch_bytes([codes.clone()]),
        "pt-parameter": torch_bytes(torch.nn.Parameter(codes.float())),
        "pt-uint16": torch_bytes(codes.to(torch.uint16)),
        "pt-numpy": torch_bytes(CODES),
        "pt-malicious": torch_bytes(Malicious()),
        "pt-malicious-legacy": torch_bytes(Malicious(), _use_new_zipfile_serialization=False),
        "pt-plain-pickle": pickle.dumps(CODES.tolist(), protocol=2),
    }
    plain = torch_bytes(codes.clone())
    files["pt-from-cuda"] = repacked(  # the device that it lay on when it was saved
        plain, lambda name, data: data.replace(b"\3\0\0\0cpu", b"\6\0\0\0cuda:0")
    )
    files["pt-big-endian"] = repacked(
        plain,
        lambda name, data: b"big" if name.endswith("byteorder")
        else CODES.astype(">i8").tobytes() if name.endswith("data/0")
        else data,
    )
    files["pt-compressed"] = repacked(plain, lambda name, data: data, zipfile.ZIP_DEFLATED)
    files["pt-without-storage"] = repacked(
        plain, lambda name, data: data
    ).replace(b"archive/data/0", b"archive/data/9")
    for name, data in files.items():
        (HERE / f"{name}.pt").write_bytes(data)


if __name__ == "__main__":
    main()
