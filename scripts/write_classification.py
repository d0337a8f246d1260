#!/usr/bin/env python3
"""Write the tables and pictures of docs/classification.md from the package's table.

    python scripts/build_table.py census-1.jsonl census-2.jsonl census-3.jsonl && python scripts/write_classification.py

The pictures go to docs/pictures/; the same table gives the same files with the same version of matplotlib. With ``--check``
nothing is written, and the exit status says whether the text is up to date.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qeclose.table import RANKS, Entry, entries
from qeclose.table.coverage import coverage, multisets
from qeclose.table.types import Types, relabelled

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "classification.md"
PICTURES = ROOT / "docs" / "pictures"
COLOURS = ("#4477aa", "#ee6677", "#ccbb44")
PLAIN = "#e6e6e6"
CELL_INCHES = 0.2
SHEET_CELLS = 62


def obstructions(rank: int) -> list[Entry]:
    """The minimal ill-posed pairs in the order of their numbers: small ones first."""
    found = [entry for entry in entries(rank) if not entry.closed]
    return sorted(found, key=lambda e: (len(e.rows) + len(e.columns), len(e.rows), e.rows, e.columns))


def closed_pairs(rank: int) -> list[Entry]:
    found = [entry for entry in entries(rank) if entry.closed]
    return sorted(found, key=lambda e: (len(e.rows) + len(e.columns), e.rows, e.columns), reverse=True)


def symmetry_classes(rank: int) -> NDArray[np.int64]:
    """For every ordered pair of multisets, the least number of a pair that is equal to it up to symmetry."""
    lines = multisets(rank)
    place = {types: number for number, types in enumerate(lines)}
    size = len(lines)
    least = np.full((size, size), size * size)
    for order in itertools.permutations(range(rank)):
        moved = np.array([place[tuple(sorted(relabelled(types, order)))] for types in lines])
        for first, second in ((moved[:, None], moved[None, :]), (moved[None, :], moved[:, None])):
            least = np.minimum(least, first * size + second)
    return least


def counts() -> str:
    rows = [
        "| rank | pairs of types | ill-posed | minimal | well-posed | maximal | open | classes: ill-posed | well-posed | open |",
        "| --- " * 10 + "|",
    ]
    for rank in RANKS:
        known = coverage(rank)
        first = symmetry_classes(rank) == np.arange(known.size).reshape(known.shape)
        pairs = [int((known == sign).sum()) for sign in (-1, 1, 0)]
        classes = [int(((known == sign) & first).sum()) for sign in (-1, 1, 0)]
        cells = (
            *(rank, known.size, pairs[0], len(obstructions(rank)), pairs[1], len(closed_pairs(rank))),
            *(pairs[2], *classes),
        )
        rows.append("| " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return "\n".join(rows)


def sizes() -> str:
    """How many obstructions of rank 3 have how many rows and columns, the longer side first."""
    by_size = Counter(tuple(sorted((len(e.rows), len(e.columns)), reverse=True)) for e in obstructions(3))
    shapes = sorted(by_size, key=lambda shape: (sum(shape), shape))
    return "\n".join(
        [
            "| size | " + " | ".join(f"{m}×{n}" for m, n in shapes) + " |",
            "| --- " * (len(shapes) + 1) + "|",
            "| minimal obstructions | " + " | ".join(str(by_size[shape]) for shape in shapes) + " |",
        ]
    )


def kinds(proof: Any) -> set[str]:
    """The kinds of the proofs that a proof of closedness consists of, reductions aside."""
    inner = [proof["proof"]] if "proof" in proof else [block["proof"] for block in proof.get("blocks", ())]
    own = set() if proof["kind"] == "reduction" else {proof["kind"]}
    return own.union(*map(kinds, inner))


def proofs() -> str:
    rows = ["| proof, after presolve | maximal well-posed pairs |", "| --- | --- |"]
    used = Counter(" and ".join(sorted(kinds(e.proof))) or "presolve alone" for e in closed_pairs(3))
    return "\n".join([*rows, *(f"| {kind} | {count} |" for kind, count in sorted(used.items()))])


def listed(found: Sequence[Entry]) -> str:
    rows = ["| no. | rows | columns |", "| --- | --- | --- |"]
    rows += [f"| {n} | {_types(e.rows)} | {_types(e.columns)} |" for n, e in enumerate(found, 1)]
    return "\n".join(rows)


def _types(types: Types) -> str:
    names = ["".join(str(k + 1) for k in range(kind.bit_length()) if kind >> k & 1) for kind in types]
    return " ".join(f"{name}×{n}" if n > 1 else name for name, n in Counter(names).items())


def sections() -> dict[str, str]:
    """The generated parts of the page by their names."""
    return {
        "counts": counts(),
        "obstructions of rank 2": listed(obstructions(2)),
        "closed of rank 2": listed(closed_pairs(2)),
        "sizes": sizes(),
        "obstructions of rank 3": listed(obstructions(3)),
        "proofs": proofs(),
        "closed of rank 3": listed(closed_pairs(3)),
    }


def page() -> str:
    """The page with its generated parts made anew."""
    text = PAGE.read_text()
    for name, content in sections().items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not marked.search(text):
            sys.exit(f"{PAGE} has no place for: {name}")
        (found,) = marked.finditer(text)
        text = f"{text[: found.start()]}{found[1]}{content}\n{found[2]}{text[found.end() :]}"
    return text


def draw(found: Sequence[Entry], path: Path, *, points: bool) -> None:
    """A sheet of numbered masks; ``points`` writes the nonzero entries of each certificate's A into them."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    widths = [len(entry.columns) + entry.rank + 1.5 for entry in found]
    heights = [len(entry.rows) + entry.rank + 1.5 for entry in found]
    shelves: list[list[int]] = [[]]
    for number in range(len(found)):
        if sum(widths[other] for other in shelves[-1]) + widths[number] > SHEET_CELLS:
            shelves.append([])
        shelves[-1].append(number)
    width = max(sum(widths[number] for number in shelf) for shelf in shelves)
    height = sum(max(heights[number] for number in shelf) for shelf in shelves) + 0.5
    # A twentieth of a cell is a pixel, and everything is a multiple of it.
    figure = Figure(figsize=(width * CELL_INCHES, height * CELL_INCHES), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    top = 0.0
    for shelf in shelves:
        for number in shelf:
            left = sum(widths[other] for other in shelf if other < number)
            _draw_mask(axes, found[number], left, top, number + 1, points)
        top += max(heights[number] for number in shelf)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.axis("off")
    figure.savefig(path, metadata={"Software": None})


def _draw_mask(axes: Any, entry: Entry, left: float, top: float, number: int, points: bool) -> None:
    """I on the left, Jᵀ above, and between them A, each position striped in the colours of the terms that cover it."""
    from matplotlib.patches import Rectangle

    rank, m, n = entry.rank, len(entry.rows), len(entry.columns)
    corner_x, corner_y = left + rank + 0.3, top + rank + 0.3

    def cell(x: float, y: float, terms: Sequence[int]) -> None:
        axes.add_patch(Rectangle((x, y), 0.9, 0.9, color=PLAIN, linewidth=0))
        for place, k in enumerate(terms):
            share = 0.9 / len(terms)
            axes.add_patch(Rectangle((x, y + place * share), 0.9, share, color=COLOURS[k], linewidth=0))

    axes.text(left, top + 0.1, str(number), fontsize=8, va="top")
    for i, k in itertools.product(range(m), range(rank)):
        cell(left + k, corner_y + i, [k] if entry.rows[i] >> k & 1 else [])
    for k, j in itertools.product(range(rank), range(n)):
        cell(corner_x + j, top + k, [k] if entry.columns[j] >> k & 1 else [])
    for i, j in itertools.product(range(m), range(n)):
        both = entry.rows[i] & entry.columns[j]
        cell(corner_x + j, corner_y + i, [k for k in range(rank) if both >> k & 1])
    for i, j, value in entry.proof["point"] if points else ():
        size = 8 if len(value) < 3 else 5
        place = corner_x + j + 0.45, corner_y + i + 0.45
        axes.text(*place, value, fontsize=size, ha="center", va="center", fontweight="bold")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the page would change"
    )
    if parser.parse_args().check:
        sys.exit(page() != PAGE.read_text())
    PAGE.write_text(page())
    PICTURES.mkdir(exist_ok=True)
    for rank in (2, 3):
        draw(obstructions(rank), PICTURES / f"obstructions-{rank}.png", points=True)
        draw(closed_pairs(rank), PICTURES / f"closed-{rank}.png", points=False)
    for path in sorted(PICTURES.glob("*.png")):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
