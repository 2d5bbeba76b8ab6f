#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sets up, builds and runs every test: bash tests/run.sh
# BUILD_DIR names the build folder (default: build). Ends in a line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build}

bash examples/setup-debian.sh --tests || exit 1

if [ -e "$build/build.ninja" ]; then
    # The folder may have been set up without tests, or before their packages were there.
    meson setup --reconfigure "$build" -Dtests=enabled ${MESON_ARGS:-} >"$build/setup.log" 2>&1 || { cat "$build/setup.log"; exit 1; }
else
    meson setup "$build" -Dtests=enabled ${MESON_ARGS:-} || exit 1
fi
meson compile -C "$build" || exit 1

# Meson's own closing table stays in its log; what counts is said in one plain line.
meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 2
log="$build/meson-logs/testlog.json"
python3 - "$log" <<'PY'
import json, sys
results = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
passed = sum(r["result"] in ("OK", "EXPECTEDFAIL") for r in results)
skipped = sum(r["result"] == "SKIP" for r in results)
failed = len(results) - passed - skipped
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
PY
