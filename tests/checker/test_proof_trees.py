"""The nodes of trees, one by one: what each proves and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from handmade import ONE, monomial, single, x, y

from qeclose.checker.polynomial import Polynomial, Variable, read_polynomial
from qeclose.checker.reading import Path
from qeclose.checker.tree import Cases, Goal, check_tree
from qeclose.errors import CertificateError

A, B, C, D = x(0, 0), x(1, 0), y(0, 0), y(0, 1)
NAMES = {tuple(v) for v in (A, B, C, D)}
ROOT = Path.root() / "tree"


def poly(value: Any) -> Polynomial:
    return read_polynomial(value, ROOT)


def refute(tree: Any, *equations: Any) -> int:
    return check_tree(Cases(tree, ROOT, [poly(e) for e in equations], NAMES.__contains__))


def refused(problem: str, tree: Any, *equations: Any) -> None:
    with pytest.raises(CertificateError, match=f"^{re.escape(problem)}"):
        refute(tree, *equations)


def minus(variable: Any, other: Any) -> Any:
    return [monomial(variable), monomial(other, c="-1")]


def nonzero(p: Any, then: Any, *, zero: Any) -> Any:
    return {"split": p, "zero": zero, "nonzero": then}


def test_a_constant_equation_is_a_contradiction_and_zero_is_none() -> None:
    assert refute({"contradiction": 0}, [["-2", []]]) == 1
    refused("tree.contradiction: equation 0 is not known to be nonzero", {"contradiction": 0}, [])
    refused("tree.contradiction: equation 0 is not known to be nonzero", {"contradiction": 0}, single(A))
    refused("tree.contradiction: the index 1 is out of range", {"contradiction": 1}, ONE)
    refused("tree.contradiction: an index", {"contradiction": True}, ONE)
    refused("tree.contradiction: an index", {"contradiction": -1}, ONE)


def test_a_split_gives_each_branch_only_its_own_knowledge() -> None:
    square = [["1", [[A, 2]]]]
    # A ≠ 0 makes A² a unit in one branch; the other has the equation A = 0, number 2, to itself.
    assert refute(nonzero(single(A), {"contradiction": 0}, zero={"contradiction": 1}), square, ONE) == 2
    refused(
        "tree.nonzero.solve[0]: the index 2 is out of range",
        nonzero(single(A), {"solve": [2, A], "then": {"contradiction": 0}}, zero={"contradiction": 1}),
        square,
        ONE,
    )
    refused(
        "tree.zero.contradiction: equation 0 is not known",
        nonzero(single(A), {"contradiction": 0}, zero={"contradiction": 0}),
        square,
    )


def test_a_variable_is_solved_for_with_a_nonzero_coefficient_free_of_it() -> None:
    linear = [monomial(A, C), ["-1", []]]
    then = {"contradiction": 1}
    refused("tree.solve: the coefficient of", {"solve": [0, C], "then": then}, linear)
    refused(
        "tree.solve: equation 0 is not linear", {"solve": [0, A], "then": then}, [["1", [[A, 2]]], ["1", []]]
    )
    refused("tree.solve: equation 0 is not linear", {"solve": [0, D], "then": then}, linear)
    refused("tree.solve: equation 0 is not linear", {"solve": [0, D], "then": then}, [])
    solved = {"solve": [0, C], "then": {"solve": [1, A], "then": then}}
    refused(
        "tree.solve[1]: ['f', 1, 7, 7] is no universal variable",
        {"solve": [0, y(7, 7)], "then": then},
        linear,
    )
    # In the branch A ≠ 0: C = 1/A; and A·C·D = 0 then says D = 0 with the denominator cleared.
    other = [monomial(A, C, D)]
    tree = nonzero(
        single(A),
        {"solve": [0, C], "then": {"solve": [1, D], "then": {"contradiction": 2}}},
        zero={"solve": [3, A], "then": {"contradiction": 0}},
    )
    assert refute(tree, linear, other, [monomial(D), ["3", []]]) == 2
    refused("tree.solve: the coefficient of", solved, linear, ONE)


def test_clearing_denominators_does_not_lose_solutions() -> None:
    # C = D/A solves A·C − D = 0, so that equation becomes 0 = 0 and never a contradiction.
    equation = [monomial(A, C), monomial(D, c="-1")]
    for number in (0, 1):
        refused(
            f"tree.nonzero.then.contradiction: equation {number} is not known",
            nonzero(
                single(A),
                {"solve": [0, C], "then": {"contradiction": number}},
                zero={"contradiction": 2},
            ),
            equation,
            [["1", [[A, 2], [C, 1]]], ["-1", [[A, 1], [D, 1]]]],
            ONE,
        )


def test_an_eliminated_variable_does_not_come_back() -> None:
    tree = {"solve": [0, A], "then": {"split": single(A), "zero": {}, "nonzero": {}}}
    refused("tree.then.split: ['f', 0, 0, 0] has been eliminated before", tree, single(A))
    again = {"solve": [0, A], "then": {"solve": [1, A], "then": {"contradiction": 0}}}
    refused("tree.then.solve[1]: ['f', 0, 0, 0] has been eliminated", again, single(A), single(A))


def test_a_unit_that_became_zero_closes_the_branch() -> None:
    # A − B ≠ 0 is assumed, then A = B is found.
    closing = {"solve": [0, A], "then": {"contradiction": "unit"}}
    tree = nonzero(minus(A, B), closing, zero={"contradiction": 1})
    assert refute(tree, minus(A, B), ONE) == 2
    refused(
        "tree.nonzero.contradiction: no unit has become",
        nonzero(minus(A, B), {"contradiction": "unit"}, zero={"contradiction": 1}),
        minus(A, B),
        ONE,
    )


def test_a_zero_unit_does_not_make_the_checker_divide_by_it() -> None:
    tree = nonzero(
        minus(A, B),
        {"solve": [0, A], "then": {"contradiction": 1}},
        zero={"contradiction": 2},
    )
    refused("tree.nonzero.then.contradiction: equation 1", tree, minus(A, B), single(C), ONE)


def scaling(v: Any, inner: list[int]) -> Any:
    """A ≠ 0 is assumed, then v is scaled to 1; equation 1 is 1 = 0 in the tests, which closes the rest."""
    leaf = {"contradiction": 1}
    return nonzero(single(A), {"scale": v, "inner": inner, "then": leaf}, zero=leaf)


def test_scaling_needs_a_nonzero_variable_that_it_moves() -> None:
    product = [monomial(A, C), ["-1", []]]
    assert refute(scaling(A, [0, 0]), product, ONE) == 2
    moved = "tree.nonzero.scale: ['f', 0, 0, 0] is not moved"
    refused("tree.nonzero.scale: ['f', 1, 0, 0] is not known", scaling(C, [0, 0]), product, ONE)
    refused(moved, scaling(A, [0, 1]), product, ONE)
    refused(moved, scaling(A, [1, 0]), product, ONE)
    refused("tree.nonzero.inner[1]: an index is wanted", scaling(A, [0, -1]), product, ONE)


def test_scaling_needs_equations_and_units_that_are_homogeneous() -> None:
    # A = 2 satisfies both of these, but A = 1 does not.
    refused("tree.nonzero: equation 0 is not homogeneous", scaling(A, [0, 0]), [monomial(A), ["-2", []]], ONE)
    one_more = nonzero([monomial(A), ["-1", []]], scaling(A, [0, 0]), zero={"contradiction": 1})
    refused("tree.nonzero.nonzero: unit 0 is not homogeneous", one_more, [], ONE)
    # Weights count: A and D·A² are both moved, differently.
    mixed = [monomial(A), ["1", [[A, 2], [D, 1]]]]
    assert refute(scaling(A, [0, 0]), mixed, ONE) == 2
    refused("tree.nonzero: equation 0 is not homogeneous", scaling(A, [0, 0]), [*mixed, monomial(D)], ONE)


def test_after_scaling_the_variable_is_one() -> None:
    tree = nonzero(
        single(A),
        {"scale": A, "inner": [0, 0], "then": {"solve": [0, C], "then": {"contradiction": 2}}},
        zero={"contradiction": 1},
    )
    assert refute(tree, [monomial(A, C)], ONE, [monomial(B, C), ["-1", []]]) == 2


def test_a_sum_of_squares_with_a_nonzero_one_is_positive() -> None:
    p = [["-2", [[A, 2]]], ["-6", [[B, 2]]], ["-2", []]]
    squares = [["1", single(A)], ["3", single(B)], ["1", ONE]]
    assert refute({"positive": 0, "squares": squares}, p) == 1
    refused("tree: equation 0 is not a multiple", {"positive": 0, "squares": [*squares[:2], ["2", ONE]]}, p)
    refused(
        "tree.squares[0][0]: the coefficient of a square must be positive",
        {"positive": 0, "squares": [["-1", single(A)], ["1", ONE]]},
        [["-1", [[A, 2]]], ["1", []]],
    )
    # a² may be zero, whatever else is nonzero.
    refused(
        "tree.squares[1][0]: the coefficient of a square must be positive",
        {"positive": 0, "squares": [["1", single(A)], ["0", ONE]]},
        [["1", [[A, 2]]]],
    )
    homogeneous = [["1", [[A, 2]]], ["1", [[B, 2]]]]
    refused(
        "tree.squares: none of the squares is known to be nonzero",
        {"positive": 0, "squares": [*squares[:1], ["1", single(B)]]},
        homogeneous,
    )
    refused("tree.squares: none of the squares", {"positive": 0, "squares": []}, [])


def test_a_square_root_of_minus_one_is_refused_but_not_a_real_one() -> None:
    minus_one = [["1", [[A, 2]]], ["1", []]]
    two = [["1", [[A, 2]]], ["-2", []]]
    squares = [["1", single(A)], ["1", ONE]]
    assert refute({"positive": 0, "squares": squares}, minus_one) == 1
    refused("tree: equation 0 is not a multiple", {"positive": 0, "squares": squares}, two)


W: Variable = ("w", 0)


def solve(tree: Any, goal: Any) -> int:
    equations = (poly(goal),)
    goal = Goal(frozenset({W, ("w", 1)}), equations)
    return check_tree(Cases(tree, ROOT, (), NAMES.__contains__, goal))


def test_a_solution_may_divide_by_units_only() -> None:
    goal = [monomial(A, ["w", 0]), monomial(B, c="-1")]
    quotient = [[["w", 0], single(B), single(A)]]
    with pytest.raises(CertificateError, match=r"^tree\.solution\[0\]\[2\]: the denominator is not known"):
        solve({"solution": quotient}, goal)
    with pytest.raises(CertificateError, match=r"^tree\.zero\.then: the goal's equation 0 does not hold"):
        zero = {"solve": [0, A], "then": {"solution": []}}
        solve(nonzero(single(A), {"solution": quotient}, zero=zero), goal)
    # A·w = A·B can be continued everywhere.
    always = [monomial(A, ["w", 0]), monomial(A, B, c="-1")]
    zero = {"solve": [0, A], "then": {"solution": []}}
    by_parts = [[["w", 0], [monomial(A, B)], single(A)]]
    assert solve(nonzero(single(A), {"solution": by_parts}, zero=zero), always) == 2


def test_a_solution_is_in_terms_of_what_is_left() -> None:
    goal = [monomial(["w", 0]), monomial(A, c="-1")]

    def refused_solution(problem: str, tree: Any) -> None:
        with pytest.raises(CertificateError, match=problem):
            solve(tree, goal)

    assert solve({"solution": [[["w", 0], single(A), ONE]]}, goal) == 1
    refused_solution("no existential variable", {"solution": [[["z", 0], single(A), ONE]]})
    refused_solution("no universal variable", {"solution": [[["w", 0], single(["w", 1]), ONE]]})
    refused_solution("listed twice", {"solution": [[["w", 0], single(A), ONE]] * 2})
    refused_solution("not known to be nonzero", {"solution": [[["w", 0], single(A), []]]})
    refused_solution("for refutations only", {"scale": A, "inner": [0, 0], "then": {}})
    refused_solution("no universal variable", {"split": single(["w", 0]), "zero": {}, "nonzero": {}})
    refused(r"tree: a solution refutes nothing", {"solution": []}, ONE)


@pytest.mark.parametrize("node", [None, [], "x", {}, {"then": {}}, {"contradiction": 0, "extra": 1}, 3])
def test_a_node_that_is_none_is_refused(node: Any) -> None:
    with pytest.raises(CertificateError, match=r"^tree: "):
        refute(node, ONE)


def test_a_tree_of_ten_thousand_levels_is_checked() -> None:
    tree: Any = {"contradiction": 0}
    for _ in range(10_000):
        tree = {"split": single(A), "zero": {"contradiction": 0}, "nonzero": tree}
    assert refute(tree, ONE) == 10_001
    bad: Any = {"contradiction": 1}
    for _ in range(10_000):
        bad = {"split": ONE, "zero": {"contradiction": 0}, "nonzero": bad}
    with pytest.raises(CertificateError, match=r"levels") as caught:
        refute(bad, ONE)
    assert len(str(caught.value)) < 1000


def test_polynomials_that_outgrow_the_checker_are_reported_where_it_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qeclose.checker.polynomial._MAX_PRODUCTS", 10_000)
    power = [["1", [[A, 900]]], ["1", []]]
    spread = [monomial(A), monomial(B), monomial(C), monomial(D), ["1", []]]
    refused(
        "tree: the polynomials or numbers grow too large",
        {"solve": [1, A], "then": {"contradiction": 0}},
        power,
        spread,
    )
