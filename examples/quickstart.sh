#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From a fresh machine to a repaired piece of music:
#   bash examples/quickstart.sh            renders a piece, damages it, repairs it
#   bash examples/quickstart.sh IN OUT     the same with 30 s of your own recording; OUT is the repaired WAV
# Installs what Debian provides, builds, cuts holes of 20 ms to 2 s into the music, repairs them and prints how
# far each hole was from the original before and after. Everything to listen to and look at is in quickstart-out/.
set -euo pipefail
cd_back=$PWD
root=$(cd "$(dirname "$0")/.." && pwd)

if [ $# -ne 0 ] && [ $# -ne 2 ]; then
    echo "usage: bash examples/quickstart.sh [IN OUT]" >&2
    exit 2
fi
absolute() { case "$1" in /*) echo "$1" ;; *) echo "$cd_back/$1" ;; esac; }
input=${1:+$(absolute "$1")}
output=${2:+$(absolute "$2")}
if [ -n "$input" ] && [ ! -f "$input" ]; then
    echo "$1: no such file" >&2
    exit 1
fi

cd "$root"
build=${BUILD_DIR:-build}
out=${QUICKSTART_OUT:-quickstart-out}
mkdir -p "$out"

echo "== packages"
bash examples/setup-debian.sh
echo "== build"
[ -e "$build/build.ninja" ] || meson setup "$build" >"$out/setup.log" || { cat "$out/setup.log"; exit 1; }
# Only what is used here: the trainer, for one, is not.
meson compile -C "$build" gstheart heartmodels hearttext heart-repair heart-damage heart-compare heart-music \
    >"$out/build.log" || { tail -n 30 "$out/build.log"; exit 1; }

echo "== music"
if [ -z "$input" ]; then
    # Seeds below 1000 were never used for training.
    "$build/models/train/music/heart-music" render --seed 7 --count 1 --length 30 "$out/music" >/dev/null
    input=$(ls "$out"/music/*.wav | head -1)
fi
"$build/examples/heart-damage" "$input" "$out/clean.wav" "$out/damaged.wav" "$out/labels.txt"

echo "== repair"
run() { meson devenv -C "$build" "$@"; }
repaired=$root/$out/repaired.wav
run "$root/$build/examples/heart-repair" "$root/$out/damaged.wav" "$repaired" \
    --regions-file "$root/$out/labels.txt" --seed 1 --report "$root/$out/report.json"

echo
echo "== before and after, against the original"
"$build/examples/heart-compare" "$out/clean.wav" "$out/damaged.wav" "$out/repaired.wav" "$out/labels.txt" \
    --picture "$out/spectrograms.png"
if [ -n "$output" ]; then
    cp "$repaired" "$output.part" && mv "$output.part" "$output"
    echo "repaired: $output"
fi
echo "listen to: $out/clean.wav $out/damaged.wav $out/repaired.wav; look at: $out/spectrograms.png"
