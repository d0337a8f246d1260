"""A mask written in every format and spelling must be read back as it was."""

from __future__ import annotations

import gzip
import io
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from attack.masks import Pair, random_pair, text
from attack.tally import Tally

__all__ = ["spellings", "trial"]

Files = dict[str, bytes]


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One random pair in every spelling; one that is refused is counted, one that is read otherwise is a disagreement."""
    import qeclose
    from qeclose.errors import QecloseError
    from qeclose.files.read import read

    del number
    pair = random_pair(rng, terms=(1, 2, 3, 4), most=5)
    expected = qeclose.Support(*pair)
    tally.add("masks")
    with tempfile.TemporaryDirectory() as folder:
        for what, files in spellings(pair, rng):
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            tally.add("comparisons")
            try:
                found = read(str(Path(folder) / next(iter(files))))
            except QecloseError as error:
                tally.add("refused")
                tally.add(f"refused: {what}")
                del error
                continue
            if len(found) != 1 or found[0] != expected:
                tally.disagree(
                    f"read otherwise: {what}", mask=text(pair), found=repr(found), files=repr(files)
                )


def spellings(pair: Pair, rng: random.Random) -> Iterator[tuple[str, Files]]:
    """The pair as files: what the spelling is, and by name the content, the file to be read first."""
    yield from _texts(pair, rng)
    sides = dict(zip("IJ", (np.array(side) for side in pair), strict=True))
    yield from _arrays(sides, rng)
    yield from _tables(sides, rng)
    yield from _matrix_market(sides, rng)


def _texts(pair: Pair, rng: random.Random) -> Iterator[tuple[str, Files]]:
    inside, outside = rng.choice("1xX*?"), rng.choice("0.-")
    gap = rng.choice(("", " ", "\t"))

    def rows(side: tuple[tuple[int, ...], ...], one: str, zero: str, gap: str) -> str:
        return "\n".join(gap.join(one if entry else zero for entry in row) for row in side)

    transposed = tuple(zip(*pair[1], strict=True))
    sections = {
        "characters": ("I", "J", pair[0], pair[1], inside, outside, gap),
        "JT": ("I", "JT", pair[0], transposed, inside, outside, gap),
        "F1 F2": ("F1", "F2", pair[0], transposed, "1", "0", gap),
        "decimals": (
            "I",
            "J",
            pair[0],
            pair[1],
            rng.choice(("1.0", "-1", "2.5e-3", "0.1")),
            rng.choice(("0.0", "0.", "-0.0")),
            " ",
        ),
    }
    if len(pair[0][0]) == 1:
        # Without a blank beside it "-1" is two characters, as masks are drawn; tests/files has what is refused.
        del sections["decimals"]
    for what, (one, two, left, right, i, o, between) in sections.items():
        content = f"{one}:\n{rows(left, i, o, between)}\n{two}:\n{rows(right, i, o, between)}\n"
        ending = rng.choice(("\n", "\r\n"))
        encoded = content.replace("\n", ending).encode("utf-8-sig" if rng.random() < 0.3 else "utf-8")
        yield f"text, {what}", {"m.txt": encoded}
        yield f"text, {what}, gz", {"m.txt.gz": gzip.compress(encoded)}


def _saved(save: Callable[..., object], *values: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *values, **options)
    return buffer.getvalue()


def _arrays(sides: dict[str, np.ndarray], rng: random.Random) -> Iterator[tuple[str, Files]]:
    kind = rng.choice((bool, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, np.complex64))
    scaled = {
        key: (side * rng.choice((1, 3, -2) if kind is not bool and kind is not np.uint16 else (1,))).astype(
            kind
        )
        for key, side in sides.items()
    }
    if rng.random() < 0.5:
        scaled = {key: np.asfortranarray(side) for key, side in scaled.items()}
    yield f"npz {kind.__name__}", {"a.npz": _saved(np.savez, **scaled)}
    yield "npz compressed", {"a.npz": _saved(np.savez_compressed, **scaled)}
    yield (
        "npy",
        {f"a.{key}.npy": _saved(np.save, side) for key, side in scaled.items()},
    )
    layouts = (scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array, scipy.sparse.bsr_array)
    layout: Any = rng.choice(layouts)
    yield (
        f"sparse npz {layout.__name__.removesuffix('_array')}",
        {f"a.{key}.npz": _saved(scipy.sparse.save_npz, layout(side)) for key, side in sides.items()},
    )


def _tables(sides: dict[str, np.ndarray], rng: random.Random) -> Iterator[tuple[str, Files]]:
    comma = rng.choice((",", ";", "\t"))

    def table(side: np.ndarray, *, header: bool, index: bool, words: bool = False) -> bytes:
        lines = []
        names = [f"term {k}" for k in range(side.shape[1])]
        if header:
            lines.append(comma.join(([""] if index else []) + names))
        for i, row in enumerate(side):
            entries = [str(bool(e)) if words else str(e) for e in row]
            lines.append(comma.join(([f"gene{i}"] if index else []) + entries))
        return ("\n".join(lines) + "\n").encode("utf-8-sig" if rng.random() < 0.3 else "utf-8")

    for header in (False, True):
        for index in (False, True):
            what = f"csv {'header' if header else 'bare'}{' index' if index else ''} {comma!r}"
            yield what, {f"a.{k}.csv": table(s, header=header, index=index) for k, s in sides.items()}
    yield (
        "csv words",
        {f"a.{k}.csv": table(s, header=True, index=False, words=True) for k, s in sides.items()},
    )
    yield (
        "csv gz",
        {f"a.{k}.csv.gz": gzip.compress(table(s, header=True, index=True)) for k, s in sides.items()},
    )


def _matrix_market(sides: dict[str, np.ndarray], rng: random.Random) -> Iterator[tuple[str, Files]]:
    field = rng.choice(("real", "integer", "pattern", "complex"))
    yield (
        f"mtx {field}",
        {
            f"a.{key}.mtx": _saved(
                scipy.io.mmwrite,
                scipy.sparse.coo_array(side.astype(complex if field == "complex" else float)),
                field=field,
            )
            for key, side in sides.items()
        },
    )
    yield (
        "mtx array",
        {f"a.{k}.mtx": _saved(scipy.io.mmwrite, s.astype(float)) for k, s in sides.items()},
    )
    yield (
        "mtx gz",
        {
            f"a.{k}.mtx.gz": gzip.compress(_saved(scipy.io.mmwrite, scipy.sparse.coo_array(s)))
            for k, s in sides.items()
        },
    )
