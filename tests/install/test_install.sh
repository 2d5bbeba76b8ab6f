#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An installed copy works without the build: gst-launch repairs by it, heart-repair too, a C program
# compiles against it. It is installed below a folder of its own, so it also shows that an installation
# may be moved.
#   test_install.sh BUILD PREFIX LIBDIR METHOD      METHOD: lm, or ar in a build without the networks
set -euo pipefail
build=$1
prefix=$2
libdir=$3
method=$4
here=$(cd "$(dirname "$0")" && pwd)
for tool in meson gst-launch-1.0 gst-inspect-1.0 pkg-config cc readelf; do
    command -v "$tool" >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }

DESTDIR=$top/dest meson install -C "$build" --no-rebuild >"$top/install.log" 2>&1 || { cat "$top/install.log"; exit 1; }
root=$top/dest$prefix
libs=$root/$libdir

# What an installation consists of.
files=("bin/heart-repair" "$libdir/gstreamer-1.0/libgstheart.so" "$libdir/libgstheart-1.0.so"
    "$libdir/pkgconfig/gst-heart-1.0.pc" "include/gstreamer-1.0/gst/heart/heart.h")
if [ "$method" = lm ]; then
    files+=("bin/heart-models" "$libdir/gst-heartinpaint/libheartmodels.so" "$libdir/gst-heartinpaint/libhearttext.so"
        "share/gst-heartinpaint/nano/tokenizer.json" "share/gst-heartinpaint/nano/HeartMuLa-nano/model.safetensors")
fi
for file in "${files[@]}"; do
    [ -e "$root/$file" ] || fail "$file was not installed"
done

# Nothing of it may point into the build.
while read -r file; do
    if readelf -d "$file" 2>/dev/null | grep -E 'R(UN)?PATH' | grep -F "$build"; then
        fail "$file is looked up in the build folder"
    fi
done < <(find "$root/bin" "$libs" -type f)

# No variable of the build's environment, no plugin but the installed one and the system's.
clean() {
    env -i PATH="$PATH" HOME="$top" G_DEBUG=fatal_criticals OMP_WAIT_POLICY=passive GST_REGISTRY_1_0="$top/registry" \
        GST_PLUGIN_PATH_1_0="$libs/gstreamer-1.0" "$@"
}
found=$(clean gst-inspect-1.0 heartinpaint | sed -n 's/^ *Filename *//p')
[ "$found" = "$libs/gstreamer-1.0/libgstheart.so" ] || fail "another plugin is found: $found"

# Five seconds of two tones with a hole from 2.0 to 2.3 s.
rate=48000
clean gst-launch-1.0 -q audiomixer name=m ! audio/x-raw,format=S16LE,rate=$rate,channels=2 ! wavenc \
    ! filesink location="$top/whole.wav" \
    audiotestsrc num-buffers=235 samplesperbuffer=1024 freq=330 volume=0.3 ! audio/x-raw,rate=$rate,channels=2 ! m. \
    audiotestsrc num-buffers=235 samplesperbuffer=1024 freq=495 volume=0.2 ! audio/x-raw,rate=$rate,channels=2 ! m.
python3 - "$top" $rate <<'PY'
import sys
top, rate = sys.argv[1], int(sys.argv[2])
data = bytearray(open(top + "/whole.wav", "rb").read())
assert data[36:40] == b"data" and len(data) > 44 + 4 * 5 * rate, "not the file that was wanted"
data[44 + 4 * 2 * rate : 44 + 4 * 23 * rate // 10] = bytes(4 * 3 * rate // 10)
open(top + "/damaged.wav", "wb").write(data)
PY

# The same samples outside of [from, to] seconds, and other ones inside.
compare() {
    python3 - "$top/damaged.wav" "$1" $rate <<'PY'
import sys
before, after, rate = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), int(sys.argv[3])
def samples(data):
    at = data.index(b"data") + 8
    return data[at : at + int.from_bytes(data[at - 4 : at], "little")]
before, after = samples(before), samples(after)
if len(before) != len(after):
    sys.exit(f"{len(before)} bytes became {len(after)}")
differ = [i // 4 / rate for i in range(len(before)) if before[i] != after[i]]
if not differ or differ[0] < 1.9 or differ[-1] > 2.4:
    sys.exit(f"changed from {differ[:1]} to {differ[-1:]} s, wanted inside 1.9 to 2.4 s")
inside = [t for t in differ if 2.05 < t < 2.25]
if len(inside) < 0.2 * rate:
    sys.exit(f"only {len(inside)} bytes of the hole were filled")
PY
}

clean gst-launch-1.0 -m filesrc location="$top/damaged.wav" ! wavparse \
    ! heartinpaint method="$method" seed=1 regions=2.0-2.3 ! wavenc ! filesink location="$top/launched.wav" \
    >"$top/launch.log" 2>&1 || { cat "$top/launch.log"; fail "gst-launch"; }
grep 'heartinpaint-region' "$top/launch.log" | grep -F 'status=(string)repaired' | grep -qF "method=(string)$method" \
    || { cat "$top/launch.log"; fail "no report of a repair by $method"; }
compare "$top/launched.wav" || fail "what gst-launch wrote"

clean "$root/bin/heart-repair" "$top/damaged.wav" "$top/repaired.wav" --method "$method" --seed 1 --regions 2.0-2.3 \
    >"$top/repair.log" 2>&1 || { cat "$top/repair.log"; fail "heart-repair"; }
compare "$top/repaired.wav" || fail "what heart-repair wrote"

if [ "$method" = lm ]; then
    clean "$root/bin/heart-models" inspect >"$top/inspect.log" 2>&1 || true
    clean "$root/bin/heart-models" inspect "$root/share/gst-heartinpaint/nano" >"$top/inspect.log" 2>&1 \
        || { cat "$top/inspect.log"; fail "heart-models inspect"; }
fi

# The library, as another project uses it.
mkdir "$top/pkgconfig"
# A build without -Dpkgconfig.relocatable names its prefix: that of the copy takes its place.
sed -E "s|^prefix=/.*|prefix=$root|; s|[$][{]pcfiledir[}]|$libs/pkgconfig|" "$libs/pkgconfig/gst-heart-1.0.pc" \
    >"$top/pkgconfig/gst-heart-1.0.pc"
export PKG_CONFIG_PATH=$top/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs gst-heart-1.0)"
cc -std=c99 -Wall -Werror "$here/uses_library.c" "${flags[@]}" -o "$top/uses_library"
said=$(env -i PATH="$PATH" LD_LIBRARY_PATH="$libs" "$top/uses_library")
[ "$said" = "a 500000000" ] || fail "the C program said: $said"
[ "$(pkg-config --modversion gst-heart-1.0)" = "$(clean gst-inspect-1.0 heart | sed -n 's/^ *Version *//p')" ] \
    || fail "library and plugin are of two versions"
echo "an installed copy repairs by $method"
