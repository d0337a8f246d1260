"""Unions of 2×2 matrices, exhaustively, against a method that shares nothing with the search.

Z3 decides which matrices are products with so many nonzero entries; it counts them itself and knows nothing of supports. By the
scaling of rows and columns every 2×2 matrix is one of a few: a matrix of 0 and 1 or, with no zero entry, [[1, 1], [1, λ]].
A matrix with a zero entry can be scaled to all others with these zeros, so its limits are those with more zeros.
"""

import itertools
import random
from functools import cache
from time import monotonic

import pytest
from unions import decided, union_of

from qeclose.certify import Certified, certify
from qeclose.certify.effort import UNION_ROUNDS
from qeclose.certify.frontier.pair_curves import find_frontier
from qeclose.certify.unions.cases import outside_all
from qeclose.certify.unions.cover import Closures
from qeclose.certify.unions.members import all_members, orbits
from qeclose.problem import Problem

BOUNDS = [
    {"nnz": 1},
    {"row": 1, "column": 1},
    {"row": 1},
    {"column": 1},
    {"nnz": 2},
    {"nnz": 3},
    {},
]
MASKS = ["10/01", "10/11", "11/10", "11/00", "10/10", "11/01"]


def text_of(label, bounds):
    if isinstance(bounds, str):
        return f"{label}:\n" + "".join(f"{row}\n" for row in bounds.split("/"))
    listed = " ".join(f"{name}<={value}" for name, value in bounds.items())
    return f"{label}: rows=2 cols=2 {listed}\n" if listed else f"{label}:\n11\n11\n"


def factor(z3, name, bounds, rows=2, terms=2):
    """A matrix of unknowns, and what its support must fulfil."""
    entries = [[z3.Real(f"{name}{i}{k}") for k in range(terms)] for i in range(rows)]
    if isinstance(bounds, str):
        digits = bounds.split("/")
        return entries, [entries[i][k] == 0 for i in range(rows) for k in range(terms) if digits[i][k] == "0"]
    counted = [[z3.If(entry == 0, 0, 1) for entry in row] for row in entries]
    sums = {
        "nnz": [sum(map(sum, counted))],
        "row": map(sum, counted),
        "column": map(sum, zip(*counted, strict=True)),
    }
    return entries, [size <= bounds[kind] for kind, sizes in sums.items() if kind in bounds for size in sizes]


@cache
def contained(left, right):
    """Which of the matrices are in the union."""
    import z3

    x, x_rules = factor(z3, "x", left if isinstance(left, str) else dict(left))
    y, y_rules = factor(z3, "y", right if isinstance(right, str) else dict(right))
    solver = z3.SolverFor("QF_NRA")
    solver.add(*x_rules, *y_rules)
    inside = set()
    for matrix in MATRICES:
        solver.push()
        for i, j in itertools.product(range(2), repeat=2):
            solver.add(x[i][0] * y[j][0] + x[i][1] * y[j][1] == matrix[2 * i + j])
        answer = solver.check()
        assert answer != z3.unknown
        if answer == z3.sat:
            inside.add(matrix)
        solver.pop()
    return inside


LAMBDAS = (1, 2, -1)
MATRICES = [m for m in itertools.product((0, 1), repeat=4) if 0 in m] + [(1, 1, 1, v) for v in LAMBDAS]


def is_closed(inside):
    generic = {v for v in LAMBDAS[1:] if (1, 1, 1, v) in inside}
    assert len(generic) in (0, 2), "whether an invertible matrix is a product does not depend on its values"
    if generic:
        return len(inside) == len(MATRICES)
    full = (1, 1, 1, 1)
    below = {z for m in inside - {full} for z in itertools.product(*((0, 1) if e else (0,) for e in m))}
    if full in inside:
        # Its limits with zeros have rank at most 1.
        below |= {m for m in MATRICES if m[0] * m[3] == m[1] * m[2]}
    return below <= inside


def hashable(bounds):
    return bounds if isinstance(bounds, str) else tuple(sorted(bounds.items()))


CASES = [(a, b) for a, b in itertools.combinations_with_replacement(BOUNDS, 2)]
CASES += [(mask, bounds) for mask in MASKS for bounds in BOUNDS[:-1]]


def test_the_scaling_argument_finds_the_known_ill_posed_masks():
    pytest.importorskip("z3")
    assert not is_closed(contained("10/11", "10/11"))
    assert is_closed(contained("10/11", "11/11")) and is_closed(contained("11/11", "11/11"))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_unions_of_two_by_two_matrices_are_decided_as_z3_does(part):
    pytest.importorskip("z3")
    questions = [(text_of("I", left) + text_of("J", right), left, right) for left, right in CASES[part::4]]
    questions = [question for question in questions if "<=" in question[0]]
    assert len(questions) > 12
    for text, left, right in questions:
        assert decided(text) is is_closed(contained(hashable(left), hashable(right))), text


ILL_POSED = [
    (3, {"column": 2}, 3, {"column": 2}),
    (3, {"column": 2, "nnz": 4}, 3, {"column": 2}),
    (4, {"column": 2}, 3, {"column": 2}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("m", "left", "n", "right"), ILL_POSED)
def test_z3_finds_no_factors_with_so_few_entries_for_a_limit_outside_a_union(m, left, n, right):
    z3 = pytest.importorskip("z3")
    text = "".join(
        f"{label}: rows={rows} cols=2 "
        + " ".join(f"{name}<={bound}" for name, bound in bounds.items())
        + "\n"
        for label, rows, bounds in (("I", m, left), ("J", n, right))
    )
    _, union = union_of(text)
    assert union.closed is False
    (x, x_rules), (y, y_rules) = factor(z3, "x", left, m), factor(z3, "y", right, n)
    solver = z3.SolverFor("QF_NRA")
    solver.add(*x_rules, *y_rules)
    for i, j in itertools.product(range(m), range(n)):
        value = union.point.get((i, j), 0)
        solver.add(x[i][0] * y[j][0] + x[i][1] * y[j][1] == z3.RealVal(str(value)))
    assert solver.check() == z3.unsat


LOW_RANK = [
    [[0, 0, 0], [0, 1, 0], [0, 2, 0]],
    [[0, 1, 1], [0, 1, 1], [1, 0, 0]],
    [[0, 0, 1], [0, 0, 2], [3, 0, 0]],
    [[1, 2, 3], [2, 4, 6], [1, 0, 1]],
    [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    [[0, 1, 0], [1, 0, 1], [1, 1, 1]],
]


@pytest.mark.parametrize(
    ("left", "right"),
    [({"nnz": 5}, {"nnz": 5}), ({"column": 2}, {}), ({"nnz": 4}, {}), ({"nnz": 4, "row": 1}, {})],
)
def test_the_rules_hold_for_the_matrices_of_rank_two_that_z3_is_asked_about(left, right):
    z3 = pytest.importorskip("z3")
    text = "I: rows=3 cols=2 " + " ".join(f"{name}<={bound}" for name, bound in left.items())
    text += "\nJ: rows=3 cols=2 " + " ".join(f"{name}<={bound}" for name, bound in right.items()) + "\n"
    _, union = union_of(text)
    everything = union.certificate["proof"].get("rule") in ("echelon", "triangular")
    (x, x_rules), (y, y_rules) = factor(z3, "x", left, 3), factor(z3, "y", right, 3)
    answers = []
    for matrix in LOW_RANK:
        solver = z3.SolverFor("QF_NRA")
        solver.add(*x_rules, *y_rules)
        for i, j in itertools.product(range(3), repeat=2):
            solver.add(x[i][0] * y[j][0] + x[i][1] * y[j][1] == matrix[i][j])
        answers.append(solver.check() == z3.sat)
    assert all(answers) is everything


def random_bounds(rng, label, rows, columns):
    sizes = {"nnz": (2, rows * columns - 1), "row": (1, columns), "column": (1, rows - 1)}
    names = rng.choice((["nnz"], ["column"], ["row", "column"], ["nnz", "column"]))
    listed = " ".join(f"{name}<={rng.randint(*sizes[name])}" for name in names)
    return f"{label}: rows={rows} cols={columns} {listed}\n"


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(s, marks=pytest.mark.slow) for s in range(6, 40))]
)
def test_no_union_has_both_a_proof_and_a_limit_outside(seed):
    rng = random.Random(seed)
    text = random_bounds(rng, "I", rng.choice((2, 3)), 2) + random_bounds(rng, "J", 3, 2)
    constrained, union = union_of(text)
    members = all_members(constrained, 20_000)
    if union.closed is False:
        closures = Closures(constrained.box, members, rng)
        assert closures.part(union.member, UNION_ROUNDS[0], monotonic() + 10) is None
        return
    assert union.closed is True, text
    for member, *_ in orbits(constrained, members)[:12]:
        settled = certify(member, deadline=monotonic() + 5)
        if isinstance(settled, Certified) and not settled.closed:
            problem = Problem.of(member)
            for _ in range(3):
                found = find_frontier(problem, {0: 0, 1: 1}, rng, tries=20, deadline=monotonic() + 5)
                if found is not None:
                    assert outside_all(constrained, found.point, cases=500, deadline=monotonic() + 5) is None
