"""Well-posed by inheritance (R2): the problem is what some lines of a larger mask show, and that mask is closed."""

from __future__ import annotations

from typing import Any

from qeclose.checker.budget import spend
from qeclose.checker.claims import Closed, Obligation, Step
from qeclose.checker.masks import read_mask
from qeclose.checker.problem import COLUMN, ROW, Problem, bits, initial_problem
from qeclose.checker.reading import Path, distinct, fields, identifiers, index, tuples

__all__ = ["check_restriction"]


def check_restriction(proof: Any, path: Path, claim: Closed) -> Step:
    """The problem is a sub-mask of a larger mask; that its E is closed is left to be proved.

    Nothing that a term covers may be free: then E is a set of matrices that are zero elsewhere, the slice of the larger
    mask's E on the matrices that vanish outside the chosen lines, so it is closed if that is. Raises ``CertificateError``.
    """
    problem = claim.problem
    _, mask, terms, rows, columns, rest = fields(
        proof, path, "kind", "mask", "terms", "rows", "columns", "proof"
    )
    for i, j in problem.covered_free():
        raise path.error(f"{[i, j]} is free, and covered by a term")
    factors = read_mask(mask, path / "mask")
    if len(factors) != 2:
        raise (path / "mask").error("the larger mask has two factors")
    larger = initial_problem(factors)
    ids = identifiers(terms, path / "terms", problem.terms)
    if not len(ids) == len(problem.terms) == len(larger.terms):
        raise (path / "terms").error(
            "every term of the problem is one of the larger mask, and the other way round"
        )
    for side, name, listed in ((ROW, "rows", rows), (COLUMN, "columns", columns)):
        _check_lines(listed, path / name, side, problem, ids, larger)
    found = f"{path}: some lines of a larger mask, {larger.shape[ROW]}×{larger.shape[COLUMN]}"
    return Step((found,), [Obligation(Closed(larger), rest, path / "proof")])


def _check_lines(
    value: Any, path: Path, side: int, problem: Problem, ids: list[int], larger: Problem
) -> None:
    """That each line which some term meets is a different line of the larger mask, met by the same terms."""
    here: list[int] = []
    there: list[int] = []
    for where, (line, other) in tuples(value, path, 2):
        here.append(index(line, where / 0, problem.shape[side]))
        there.append(index(other, where / 1, larger.shape[side]))
    distinct(here, path)
    distinct(there, path)
    for k, id_ in enumerate(ids):
        spend(len(here))
        shown = {line for line, other in zip(here, there, strict=True) if larger.terms[k][side] >> other & 1}
        if shown != set(bits(problem.terms[id_][side])):
            raise path.error(f"term {id_} has not the lines that it has in the larger mask")
