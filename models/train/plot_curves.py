#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Curves of a run as an SVG file, from log.csv; needs nothing but Python.

    plot_curves.py RUN/log.csv OUT.svg [COLUMN …]      columns: all losses if none is named
"""
import csv
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 360, 60, 40, 20
COLOURS = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#566573"]
NO_LOSS = {"step", "rate", "norm", "seconds_per_step", "moved", "use_least", "use_mean"}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) < 2:
        sys.exit(f"{sys.argv[1]}: {len(rows)} rows, wanted 2 or more")
    names = sys.argv[3:] or [n for n in rows[0] if n not in NO_LOSS]
    curves = {n: [(int(r["step"]), float(r[n])) for r in rows if r[n]] for n in names}
    points = [p for curve in curves.values() for p in curve]
    x0, x1 = min(p[0] for p in points), max(p[0] for p in points)
    y1 = max(p[1] for p in points) * 1.05
    x = lambda v: LEFT + (v - x0) / max(1, x1 - x0) * (WIDTH - LEFT - 20)
    y = lambda v: HEIGHT - BOTTOM - v / y1 * (HEIGHT - BOTTOM - TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']
    for i in range(6):
        v = y1 * i / 5
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:.3g}</text>')
        s = x0 + (x1 - x0) * i / 5
        out.append(f'<text x="{x(s):.1f}" y="{HEIGHT - 16}" text-anchor="middle">{s:.0f}</text>')
    for i, (name, curve) in enumerate(curves.items()):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve)
        colour = COLOURS[i % len(COLOURS)]
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
                   f'<text x="{WIDTH - 24}" y="{TOP + 14 * (i + 1)}" text-anchor="end" fill="{colour}">{name}</text>')
    out.append("</svg>\n")
    with open(sys.argv[2], "w") as file:
        file.write("\n".join(out))


main()
