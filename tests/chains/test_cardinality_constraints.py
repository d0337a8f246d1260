"""Factors with bounded numbers of nonzero entries: files, maximal supports, and whether the union of their sets is closed."""

import itertools
import json
import random
from fractions import Fraction
from time import monotonic

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.certify import Certified, certify
from qeclose.certify.certificate import limit_point
from qeclose.certify.refute.elimination import membership
from qeclose.certify.unions.decide import certify_union
from qeclose.cli.app import app
from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.errors import InputError
from qeclose.files.bounds import parse_bounded
from qeclose.files.read import read
from qeclose.formula.builders import AtomShape, entries
from qeclose.formula.builders import membership as membership_formula
from qeclose.formula.operations import substitute
from qeclose.problem import Problem
from qeclose.support import Mask
from qeclose.support.bounded import Bounds, maximal_masks


def decided(text, seconds=20):
    return certify_union(parse_bounded(text), deadline=monotonic() + seconds)


# Files


def test_bounds_are_read_with_sizes_and_beside_masks():
    found = parse_bounded("# net\nI: rows=3 cols=2 nnz<=4 row<=1   # X\nJ:\n11\n01\n")
    assert found.box.I.to_strings() == ["11"] * 3 and found.box.J.to_strings() == ["11", "01"]
    assert found.left == Bounds(total=4, row=1) and found.right == Bounds()


def test_bounds_of_a_drawn_factor_are_those_of_its_transpose():
    found = parse_bounded("I: rows=2 cols=3\nJT: rows=3 cols=4 row<=2 column<=1\n")
    assert found.box.J.shape == (4, 3) and found.right == Bounds(column=2, row=1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I: rows=2 cols=2 nnz<4\nJ: rows=2 cols=2\n", ":1:18: 'nnz<4'"),
        ("I: rows<=2 cols=2\nJ: rows=2 cols=2\n", ":1:4: 'rows<=2'"),
        ("I: rows=2 cols=2 nnz=4\nJ: rows=2 cols=2\n", ":1:18:"),
        ("I: rows=2 nnz<=4\nJ: rows=2 cols=2\n", "needs rows= and cols="),
        ("I: rows=2 cols=2 nnz<=1 nnz<=2\nJ: rows=2 cols=2\n", ":1:25: nnz is given twice"),
        ("I: rows=2 cols=2\nJ:\n11\n1\n", ":4:2: row 2 of J"),
        ("I: rows=2 cols=2\nJ: rows=2 cols=3\n", ":2:1: I is 2x2 but J is 2x3"),
        ("I: rows=999999 cols=999999\nJ: rows=2 cols=2\n", ":1:1: I:"),
    ],
)
def test_a_malformed_bound_is_refused_at_its_place(text, problem):
    with pytest.raises(InputError, match=problem):
        parse_bounded(text, "c.txt")


def test_files_without_bounds_are_read_as_ever(tmp_path):
    path = tmp_path / "lu.txt"
    path.write_text("I:\n10\n11\nJ:\n10\n11\n")
    (support,) = read(str(path))
    assert support.name == "lu" and support.source == str(path)


# Maximal supports


bounds = st.builds(Bounds, *[st.one_of(st.none(), st.integers(0, 4))] * 3)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), bounds, st.integers(0, 511))
def test_the_maximal_masks_are_exactly_those_found_by_trying_all(m, n, bound, chosen):
    full = Mask(tuple((chosen >> 3 * i & 7) & ((1 << n) - 1) for i in range(m)), n)
    subsets = itertools.product(*[[row for row in range(1 << n) if not row & ~box] for box in full.rows])
    allowed = [mask for mask in (Mask(rows, n) for rows in subsets) if bound.allows(mask)]

    def inside(a, b):
        return all(not x & ~y for x, y in zip(a.rows, b.rows, strict=True))

    maximal = {a for a in allowed if not any(a != b and inside(a, b) for b in allowed)}
    found = list(maximal_masks(full, bound))
    assert set(found) == maximal and len(found) == len(maximal)


# Closed or not


def test_a_union_of_well_posed_supports_is_closed():
    union = decided("I: rows=2 cols=2 nnz<=2\nJ: rows=2 cols=2 nnz<=3\n")
    assert union.closed is True and "24 supports" in union.reason


def test_the_triangular_supports_of_order_two_are_ill_posed_but_their_union_is_everything():
    # Each 2×2 matrix is P·L·U: the limits that LU factors miss lie in other members.
    assert decided("I: rows=2 cols=2 nnz<=3\nJ: rows=2 cols=2 nnz<=3\n").closed is True


@pytest.mark.parametrize("seed", range(3))
def test_every_matrix_is_a_product_where_the_general_condition_says_so(seed):
    constrained = parse_bounded("I: rows=2 cols=2 nnz<=3\nJ: rows=3 cols=2 nnz<=5\n")
    assert certify_union(constrained, deadline=monotonic() + 5).closed is True
    rng = random.Random(seed)
    point = {(i, j): Fraction(rng.choice((0, 0, 1, -2))) for i in range(2) for j in range(3)}
    nonzero = {place: value for place, value in point.items() if value}
    assert any(holds(member, nonzero) for member in constrained.supports())


def holds(member, point):
    """Whether a member contains the matrix, over the complex numbers at least."""
    problem = Problem.of(member)
    if not set(point) <= set(problem.positions()):
        return False
    return membership(problem, point, {k: k for k in problem.terms}).refutation(500) is None


@pytest.mark.parametrize("text", ["I: rows=3 cols=2 column<=2\nJ: rows=3 cols=2 column<=2\n"])
def test_a_union_that_is_not_closed_has_a_limit_outside_every_member(text):
    constrained = parse_bounded(text)
    union = certify_union(constrained, deadline=monotonic() + 20)
    assert union.closed is False
    assert limit_point(union.curve, {}) == dict(union.point)
    assert constrained.left.allows(union.member.I) and constrained.right.allows(union.member.J)
    assert all(place in union.member.I for place, value in union.curve.x.items() if value)
    assert all(place in union.member.J for place, value in union.curve.y.items() if value)
    # Some members are asked again, by an engine that knows nothing of the search.
    engine = find_engine("z3")
    for member in list(constrained.supports())[::6]:
        at_point = {symbol: union.point.get(place, Fraction(0)) for place, symbol in entries(member).items()}
        formula = substitute(membership_formula(member, shape=AtomShape.EQUATIONS), rationals(at_point))
        assert engine.satisfy(formula, Limits(20, 1000)).value is False


def rationals(values):
    import sympy

    return {symbol: sympy.Rational(value.numerator, value.denominator) for symbol, value in values.items()}


def test_one_term_is_closed_at_any_size():
    assert decided("I: rows=900 cols=1 nnz<=7\nJ: rows=800 cols=1 nnz<=5\n", 1).closed is True


def test_an_unbounded_factor_beside_a_partial_permutation_makes_everything():
    assert decided("I: rows=40 cols=50 row<=1\nJ: rows=60 cols=50\n", 1).closed is True
    assert decided("I: rows=40 cols=50 row<=2 nnz<=39\nJ: rows=60 cols=50\n", 1).closed is None


@pytest.mark.parametrize(
    "side",
    [
        "I: rows=30 cols=9 {}<=1\nJ: rows=40 cols=9 nnz<=50\n",
        "I: rows=40 cols=9 nnz<=50\nJ: rows=30 cols=9 {}<=1\n",
    ],
)
@pytest.mark.parametrize("bound", ["row", "column", "nnz"])
def test_one_entry_a_line_of_a_factor_makes_every_support_well_posed_at_any_size(side, bound):
    assert decided(side.format(bound), 1).closed is True


def test_a_limit_of_one_member_may_lie_in_another():
    # Why an ill-posed member proves nothing: its limit [[0, a], [b, 0]] is a product with other triangular supports.
    members = list(parse_bounded("I: rows=2 cols=2 nnz<=3\nJ: rows=2 cols=2 nnz<=3\n").supports())
    ill_posed = [
        s
        for s in (certify(m, deadline=monotonic() + 10) for m in members)
        if isinstance(s, Certified) and not s.closed
    ]
    assert ill_posed
    for settled in ill_posed:
        assert any(holds(member, settled.point) for member in members)


def test_check_decides_a_file_with_bounds(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text("I: rows=3 cols=2 column<=2\nJ: rows=3 cols=2 column<=2\n")
    result = CliRunner().invoke(app, ["check", str(path), "--format", "json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 1 and report["verdict"] == "ill-posed" and report["method"] == "union"
    assert len(report["witness"]["A"]) == 3


@pytest.mark.parametrize("options", [("--engine", "z3"), ("--method", "staged"), ("--method", "sentence")])
def test_a_union_is_not_said_to_be_decided_by_an_engine_that_was_not_asked(tmp_path, options):
    path = tmp_path / "bounds.txt"
    path.write_text("I: rows=2 cols=2 row<=1\nJ: rows=2 cols=2\n")
    result = CliRunner().invoke(app, ["check", str(path), *options])
    assert result.exit_code == 2
    assert "theorems alone" in result.output
