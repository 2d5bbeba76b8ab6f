#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test_torch_dir.sh SOURCE: what -Dtorch_dir refuses, and why, at configure time. The libtorch is faked by
# the files that the check looks at.
set -eu
source=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAIL: $1" >&2; cat "$work/log" >&2; exit 1; }

# fake MAJOR MINOR: a torch folder as a wheel has it, in $work/torch.
fake() {
    api="$work/torch/include/torch/csrc/api/include/torch"
    rm -rf "$work/torch" "$work/build"
    mkdir -p "$work/torch/include/ATen" "$api" "$work/torch/lib"
    : > "$work/torch/include/ATen/ATen.h"
    : > "$work/torch/lib/libtorch_cpu.so"
    : > "$work/torch/lib/libc10.so"
    printf '#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n' "$1" "$2" > "$api/version.h"
}
configure() { meson setup "$work/build" "$source" -Dtorch_dir="$1" > "$work/log" 2>&1; }

for version in '1 13' '2 0' '2 6'; do
    fake $version
    if configure "$work/torch"; then fail "libtorch $version is taken"; fi
    grep -q 'before 2.7 it is built with the old C++ ABI' "$work/log" || fail "libtorch $version: the reason is not said"
    grep -q 'take 2.7 or newer' "$work/log" || fail "libtorch $version: the remedy is not said"
done

# Headers alone must not be joined with the system's libraries.
fake 2 7
rm "$work/torch/lib/libtorch_cpu.so"
if configure "$work/torch"; then fail "a libtorch without libraries is taken"; fi
grep -q 'no lib/libtorch_cpu.so' "$work/log" || fail "the missing library is not named"

mkdir -p "$work/empty"
if configure "$work/empty"; then fail "an empty folder is taken"; fi
grep -q 'holds no include/ATen/ATen.h' "$work/log" || fail "an empty folder: no word on what was wanted"
