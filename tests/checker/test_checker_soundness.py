"""Nothing false is accepted: random proofs against the width-2 theorem and against numbers."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from handmade import absorb, certificate, column, component, normal_form, reduction

from qeclose.checker import verify
from qeclose.checker.claims import Closed
from qeclose.checker.normal_form import check_normal_form
from qeclose.checker.problem import Problem, bits
from qeclose.checker.reading import Path
from qeclose.errors import CertificateError


def closed_by_the_width_2_theorem(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """The theorem of docs/theory.md#two-terms: rectangles as bitsets of rows and of columns."""
    if not (first[0] & second[0] and first[1] & second[1]):
        return True

    def sides(side: int) -> tuple[bool, bool, int]:
        own = bool(first[side] & ~second[side]), bool(second[side] & ~first[side])
        return *own, (first[side] & second[side]).bit_count()

    rows, columns = sides(0), sides(1)
    lacks_row_and_column = (rows[0] and columns[0]) or (rows[1] and columns[1])
    two_rows = rows[2] >= 2 and columns[0] and columns[1]
    two_columns = columns[2] >= 2 and rows[0] and rows[1]
    return not (lacks_row_and_column or two_rows or two_columns)


def masks(size: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Two rectangles in a size × size matrix, one for each type; lines of a type are next to each other."""
    types = list(itertools.combinations_with_replacement(((1, 0), (0, 1), (1, 1)), size))
    for rows, columns in itertools.product(types, repeat=2):
        spans = [[sum(t[k] << i for i, t in enumerate(lines)) for lines in (rows, columns)] for k in (0, 1)]
        yield (spans[0][0], spans[0][1]), (spans[1][0], spans[1][1])


def factors_of(terms: tuple[tuple[int, int], ...], size: int) -> list[list[str]]:
    left = ["".join(str(rows >> i & 1) for rows, _ in terms) for i in range(size)]
    return [left, ["".join(str(columns >> j & 1) for j in range(size)) for _, columns in terms]]


def evidence(vectors: list[int], rows: list[int]) -> list[Any]:
    """Every way to fill in ``spans`` and ``independent`` with at most two spans of consistent size."""
    ways: list[Any] = [([], vectors)]
    for size in range(1, min(len(vectors), len(rows)) + 1):
        for by, spanned in itertools.product(
            itertools.combinations(vectors, size), itertools.combinations(rows, size)
        ):
            rest = [v for v in vectors if v not in by]
            span = (list(spanned), list(by))
            ways.extend(
                ([span], list(left)) for n in range(len(rest) + 1) for left in itertools.combinations(rest, n)
            )
    return ways


def prove_normal_form(problem: Problem, side: int, order: list[int], dropped: list[int]) -> list[Any] | None:
    """Columns with evidence the checker has nothing against, if there are any; found by asking it."""
    asked: dict[int, int] = {}
    for i, j in problem.positions():
        line, across = (j, i) if side else (i, j)
        asked[line] = asked.get(line, 0) | 1 << across
    seen = {
        j: [k for k in order if problem.terms[k][side] >> j & 1 and problem.terms[k][1 - side] & asked[j]]
        for j in asked
    }
    ways = {j: evidence([k for k in seen[j] if k not in dropped], list(bits(asked[j]))) for j in asked}
    chosen = dict.fromkeys(asked, 0)
    places = list(asked)
    while True:
        columns = [column(j, ways[j][chosen[j]][1], *ways[j][chosen[j]][0]) for j in places]
        proof = normal_form("column" if side else "row", order, [(dropped, columns)])
        try:
            check_normal_form(proof, Path.root(), Closed(problem))
        except CertificateError as error:
            found = re.match(r"cases\[0\]\.columns\[(\d+)\]", str(error))
            if found is None:
                # The columns are in order, whatever the cases are.
                return columns
            j = places[int(found[1])]
            chosen[j] += 1
            if chosen[j] == len(ways[j]):
                return None
        else:
            return columns


def accepted(cert: dict[str, Any]) -> bool:
    try:
        return verify(cert).complete
    except CertificateError:
        return False


def normal_form_proofs(terms: dict[int, tuple[int, int]], free: Any, size: int) -> Iterator[Any]:
    problem = Problem(terms, free, (size, size))
    for side, order in itertools.product((0, 1), itertools.permutations(terms)):
        columns = prove_normal_form(problem, side, list(order), [])
        if columns is None:
            continue
        cases: list[Any] = [([], columns)]
        for l in order:
            with_l = prove_normal_form(problem, side, list(order), [l])
            cases.extend([] if with_l is None else [([l], with_l)])
        for count in range(1, len(cases) + 1):
            yield normal_form("column" if side else "row", list(order), cases[:count])
            yield normal_form("column" if side else "row", list(order), [cases[0], *cases[count:]])


def proofs(terms: tuple[tuple[int, int], ...], size: int) -> Iterator[Any]:
    """Normal forms, directly or after one of the terms is claimed to fill its rectangle."""
    yield from normal_form_proofs(dict(enumerate(terms)), ({}, {}), size)
    for k, (rows, columns) in enumerate(terms):
        listed = list(bits(rows)), list(bits(columns))
        free = (dict.fromkeys(listed[0], columns), dict.fromkeys(listed[1], rows))
        other = {1 - k: terms[1 - k]}
        for cover in ((listed[0][:1], []), ([], listed[1][:1])):
            step = absorb([k], component(*listed, cover=cover))
            for proof in normal_form_proofs(other, free, size):
                yield reduction([step], ([1 - k], proof))
        for side, (lines, across) in (("row", listed), ("column", listed[::-1])):
            matching = [[line, [[other_line, k] for other_line in across[:1]]] for line in lines]
            step = {"rule": "absorb-matching", "side": side, "terms": [k], "matching": matching}
            for proof in normal_form_proofs(other, free, size):
                yield reduction([step], ([1 - k], proof))


@pytest.mark.parametrize("size", [2, 3])
def test_no_proof_of_two_terms_contradicts_the_width_2_theorem(size: int) -> None:
    proved = refused = 0
    for terms in masks(size):
        if not (all(terms[0]) and all(terms[1])):
            continue
        certificates = (
            certificate("well-posed", factors_of(terms, size), proof) for proof in proofs(terms, size)
        )
        found = next((cert for cert in certificates if accepted(cert)), None)
        if closed_by_the_width_2_theorem(*terms):
            proved += found is not None
        else:
            assert found is None, found
            refused += 1
    assert proved and refused


def random_problem(rng: random.Random) -> Problem:
    m, n, r = (rng.randint(1, high) for high in (4, 2, 4))
    terms = {k: (rng.randrange(1, 2**m), rng.randrange(1, 2**n)) for k in range(r)}
    if rng.random() < 0.5:
        # Nested supports are where theorem N has something to say.
        chain = sorted((rows for rows, _ in terms.values()), key=int.bit_count)
        for k in range(1, r):
            chain[k] |= chain[k - 1]
        terms = {k: (chain[k], terms[k][1] | (2**n - 1) * (rng.random() < 0.7)) for k in range(r)}
    free_rows = {i: sum((rng.random() < 0.25) << j for j in range(n)) for i in range(m)}
    free_columns = {j: sum((free_rows[i] >> j & 1) << i for i in range(m)) for j in range(n)}
    return Problem(terms, (free_rows, free_columns), (m, n))


def below(problem: Problem, k: int, l: int) -> bool:
    """k ⊑ l, position by position."""
    (rows_k, columns_k), (rows_l, columns_l) = problem.terms[k], problem.terms[l]
    if rows_k & ~rows_l:
        return False
    return all(
        columns_k >> j & 1 or all(problem.free[0][i] >> j & 1 for i in bits(rows_k)) for j in bits(columns_l)
    )


def normalised(problem: Problem, order: list[int], rng: random.Random) -> tuple[Any, set[int]] | None:
    """A random X in the normal form, with many accidental zeros, and the terms that had to be dropped."""
    m = problem.shape[0]
    kept: dict[int, Any] = {}
    for l in order:
        earlier = [kept[k] for k in kept if below(problem, k, l)]
        inside = [i for i in range(m) if problem.terms[l][0] >> i & 1]
        space = np.zeros((m, len(inside)))
        space[inside, range(len(inside))] = 1
        if earlier:
            against = np.array(earlier) @ space
            _, values, right = np.linalg.svd(against)
            rank = int((values > 1e-9).sum())
            space = space @ right[rank:].T
        if not space.shape[1]:
            continue
        weights = np.array([rng.choice([0, 0, 1, -1, 2]) for _ in range(space.shape[1])], dtype=float)
        if not weights.any():
            weights[rng.randrange(len(weights))] = 1
        vector = space @ weights
        kept[l] = vector / np.linalg.norm(vector)
    return kept, set(order) - kept.keys()


def test_accepted_evidence_gives_the_rank_that_numbers_have() -> None:
    rng = random.Random(5)
    compared = 0
    for _ in range(400):
        problem = random_problem(rng)
        order = rng.sample(list(problem.terms), len(problem.terms))
        sample = normalised(problem, order, rng)
        assert sample is not None
        vectors, dropped = sample
        columns = prove_normal_form(problem, 1, order, sorted(dropped))
        for j, found in columns or []:
            rows = [i for i in range(problem.shape[0]) if not problem.free[0][i] >> j & 1]
            seen = [x[rows] for k, x in vectors.items() if problem.terms[k][1] >> j & 1]
            rank = np.linalg.matrix_rank(np.array(seen), tol=1e-7) if seen and rows else 0
            assert rank == len(found["independent"]) + sum(len(span["rows"]) for span in found["spans"])
            compared += bool(seen)
    assert compared > 200
