"""Certificates of ill-posedness that carry the part of the mask they need, and say where it sits."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import qeclose
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.proof.certificate import relabel
from qeclose.support import Support, generate
from qeclose.support.families import random_support
from qeclose.support.relabelling import Relabelling


def certificate_of(support: Support) -> dict[str, Any]:
    verdict = qeclose.check(support, method="certify", timeout=20)
    assert verdict.verdict == "ill-posed"
    found: dict[str, Any] = json.loads(json.dumps(verdict.certificate))
    return found


LARGE = generate("lu", "6")
CHAIN = Support.of_factors(
    [
        [[1, 0, 0], [1, 1, 0], [0, 0, 1]],
        [[1, 1, 0], [0, 1, 0], [0, 0, 1]],
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ]
)


def test_the_report_on_a_large_mask_is_as_small_as_its_obstruction():
    small, large = (len(json.dumps(qeclose.check(generate("lu", n)).to_json())) for n in ("30", "300"))
    assert large < 1.5 * small < 5000


def test_a_mask_that_is_needed_as_a_whole_is_carried_as_a_whole():
    assert "part_of" not in certificate_of(generate("lu", "2"))


@pytest.mark.parametrize("support", [LARGE, CHAIN])
def test_a_part_proves_the_mask_it_is_of(support: Support):
    certificate = certificate_of(support)
    assert certificate["part_of"]["shape"] == [support.shape[0], *support.inner, support.shape[1]]
    assert verify(certificate).claim == "ill-posed"
    assert verify(certificate, support).claim == "ill-posed"


@pytest.mark.parametrize("support", [LARGE, CHAIN])
def test_the_part_holds_all_that_matters_and_nothing_else(support: Support):
    """Any entry changed is accepted exactly if its row and column of A do not meet those of the part through it."""
    certificate = certificate_of(support)
    lines = certificate["part_of"]["lines"]
    for level, factor in enumerate(support.factors):
        for i in range(len(factor.rows)):
            for j in range(factor.n_cols):
                masks = [mask.to_lists() for mask in support.factors]
                masks[level][i][j] ^= 1
                other = Support.of_factors(masks)
                inside = i in lines[level] and j in lines[level + 1]
                try:
                    verify(certificate, other)
                except CertificateError:
                    accepted = False
                else:
                    accepted = True
                if inside:
                    assert not accepted
                elif not accepted:
                    # Refused although no line of the part changed: then a new path between its rows and columns.
                    assert masks[level][i][j] == 1
                    assert _outside_is_live(masks, lines)


def _outside_is_live(masks: list[list[list[int]]], lines: list[list[int]]) -> bool:
    """Whether some path from a row to a column of the part leaves the part, by listing all paths."""
    paths = [(i,) for i in lines[0]]
    for mask in masks:
        paths = [(*path, j) for path in paths for j, entry in enumerate(mask[path[-1]]) if entry]
    return any(
        path[-1] in lines[-1] and any(i not in layer for i, layer in zip(path, lines, strict=True))
        for path in paths
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_part_moves_along_any_relabelling(seed: int):
    rng = random.Random(seed)
    support = random_support(5, 5, 4, 0.6, seed)
    if qeclose.check(support, method="certify", timeout=10).verdict != "ill-posed":
        return
    for base in (support, CHAIN):
        certificate = certificate_of(base)
        widths = (base.shape[0], *base.inner, base.shape[1])
        layers = tuple(tuple(rng.sample(range(width), width)) for width in widths)
        for turned in (False, True):
            relabelling = Relabelling(layers, turned)
            moved = json.loads(json.dumps(relabel(certificate, relabelling)))
            assert verify(moved, relabelling.support(base)).claim == "ill-posed"


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("shape",), [6, 6], "3 entries"),
        (("shape", 0), 1, "below 1"),
        (("lines", 0), [0], "entries"),
        (("lines", 0), [1, 0], "in order"),
        (("lines", 0), [0, 0], "in order"),
        (("lines", 2), [0, -1], "."),
        (("lines", 1), [0, 6], "below 6"),
        ((), {"shape": [6, 6, 6]}, "'lines' is missing"),
        ((), {"shape": [6, 6, 6], "lines": [], "more": 1}, "unknown field"),
        ((), None, "object"),
    ],
)
def test_a_part_that_is_not_written_right_is_refused(place: tuple[Any, ...], value: Any, problem: str):
    certificate = certificate_of(LARGE)
    assert [len(lines) for lines in certificate["part_of"]["lines"]] == [2, 2, 2]
    holder: Any = certificate
    for key in ("part_of", *place)[:-1]:
        holder = holder[key]
    holder[("part_of", *place)[-1]] = value
    with pytest.raises(CertificateError, match=problem):
        verify(certificate, LARGE)


def test_a_part_proves_nothing_well_posed():
    certificate = json.loads(json.dumps(qeclose.check(generate("full", "2", "2", "1")).certificate))
    certificate["part_of"] = {"shape": [3, 1, 2], "lines": [[0, 1], [0], [0, 1]]}
    with pytest.raises(CertificateError, match="only what is ill-posed"):
        verify(certificate)


def test_a_part_is_of_the_mask_that_is_asked_about():
    certificate = certificate_of(LARGE)
    with pytest.raises(CertificateError, match=r"part_of\.shape: not the sizes of the mask file"):
        verify(certificate, generate("lu", "7"))
    wider = Support(*([[*row, 1] for row in rows] for rows in (LARGE.I.to_lists(), LARGE.J.to_lists())))
    certificate["part_of"]["shape"][1] += 1
    with pytest.raises(
        CertificateError, match=r"part_of\.lines\[1\]: in the mask of the file more lies between"
    ):
        verify(certificate, wider)


def test_a_part_has_the_missing_entries_of_the_mask():
    certificate = certificate_of(LARGE)
    rows, _, columns = certificate["part_of"]["lines"]
    missing = [[int((i, j) == (rows[0], columns[0])) for j in range(6)] for i in range(6)]
    partial = Support(LARGE.I, LARGE.J, missing=missing)
    with pytest.raises(
        CertificateError, match=rf"in row {rows[0]} other entries of A are missing in the file"
    ):
        verify(certificate, partial)
