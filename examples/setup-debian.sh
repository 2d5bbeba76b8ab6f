#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what Debian 12 (or a later Debian, Ubuntu) provides for building and running gst-heartinpaint.
#   bash examples/setup-debian.sh [--tests] [--no-networks]
# Does nothing when all packages are there. Needs root or sudo otherwise.
set -euo pipefail

packages=(
    build-essential ccache git meson ninja-build pkg-config
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
    gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly
    nlohmann-json3-dev libeigen3-dev libsndfile1-dev libpng-dev
    gobject-introspection libgirepository1.0-dev gir1.2-gstreamer-1.0
    libfluidsynth-dev timgm6mb-soundfont
)
networks=(libtorch-dev libopenblas0-pthread libsentencepiece-dev)
tests=(gstreamer1.0-plugins-bad python3 python3-gi valgrind)

with_networks=1
for option in "$@"; do
    case "$option" in
        --tests) packages+=("${tests[@]}") ;;
        --no-networks) with_networks=0 ;;
        *) echo "unknown option $option; offered: --tests --no-networks" >&2; exit 2 ;;
    esac
done
[ $with_networks = 1 ] && packages+=("${networks[@]}")

if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system. Install the equivalents of: ${packages[*]}" >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    echo "installing: ${missing[*]}"
    sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "run this as root, or install: ${missing[*]}" >&2; exit 1; }
        sudo=(sudo)
    fi
    export DEBIAN_FRONTEND=noninteractive
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# libtorch is linked to whatever BLAS the system's alternatives point to; the reference one is 50 times slower.
if [ $with_networks = 1 ]; then
    blas=$(readlink -f "$(ldconfig -p | sed -n 's/.*libblas.so.3 .*=> //p' | head -1)")
    case "$blas" in
        *openblas* | *mkl*) ;;
        *) echo "warning: BLAS is $blas, not OpenBLAS: repairs by the networks will be very slow." \
                "Choose it with: update-alternatives --config libblas.so.3-$(uname -m)-linux-gnu" >&2 ;;
    esac
fi
