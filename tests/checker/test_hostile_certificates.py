"""Certificates made to crash the checker or to keep it busy: every one is refused in words, after a bounded amount of work."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from handmade import HANDMADE, LU_POSITIONS, certificate, lu, lu_tree, monomial, reduction, single, x, y
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import places, replaced

from qeclose.checker import budget, load_certificate, verify
from qeclose.checker.budget import TooLarge, limited, spend
from qeclose.checker.polynomial import is_unit, multiply, substitute
from qeclose.errors import CertificateError, InputError

HOSTILE = Path(__file__).parent / "hostile"
LONG = "9" * 4000


def hostile(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((HOSTILE / f"{name}.json").read_text())
    return value


def refused(cert: Any, problem: str = "") -> None:
    with pytest.raises(CertificateError, match=problem or None):
        verify(cert)


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the budget is enough to refuse these; what is missed by counting would show as minutes of work."""
    monkeypatch.setattr(budget, "BASE", 300_000)


def test_a_branch_in_which_a_unit_has_vanished_does_not_crash() -> None:
    refused(hostile("vanished_unit"), "does not hold")


@pytest.mark.parametrize("time", ["0", "-1", "-1/2"])
def test_a_time_that_is_not_positive_is_refused(time: str) -> None:
    refused(replaced(hostile("time_zero"), ("proof", "time"), time), "proof.time: a time is positive")


@pytest.mark.parametrize("time", [LONG, f"1/{LONG}", f"{LONG}/7"])
@pytest.mark.parametrize("exponent", [10**6, -(10**6), 5000])
def test_powers_of_a_time_are_bounded_before_they_are_computed(time: str, exponent: int) -> None:
    cert = hostile("huge_time")
    cert = replaced(cert, ("proof", "frontier", "factors", 0, 0, 2, 1, 0), exponent)
    refused(replaced(cert, ("proof", "time"), time))


def test_powers_of_parameters_are_bounded_before_they_are_computed() -> None:
    """One cluster of many columns: the parameter to the power of their number."""
    n = 300
    cert = hostile("time_zero")
    wide = {"factors": [cert["mask"]["factors"][0], ["1" * n, "1" * n]]}
    parameters = [f"{k}/{LONG}" for k in range(1, (2 * n + 1) * (n + 1) + 1)][:400]
    inputs = [["0"] * n for _ in parameters]
    cert = replaced(replaced(cert, ("mask",), wide), ("proof", "columns"), list(range(n)))
    cert = replaced(replaced(cert, ("proof", "parameters"), parameters), ("proof", "inputs"), inputs)
    refused(cert)


def nested(kind: str, depth: int, inner: Any) -> Any:
    for _ in range(depth):
        if kind == "padded":
            inner = {"kind": kind, "rows": [0, 1], "columns": [0, 1], "pads": [], "refutation": inner}
        else:
            inner = {"kind": kind, "sizes": [1, 1], "refutation": inner}
    return inner


def test_thousands_of_nested_padded_refutations_are_checked_without_recursion() -> None:
    assert verify(lu(nested("padded", 5000, lu_tree()["proof"]["refutation"]))).complete
    refused(lu(nested("padded", 5000, {"kind": "nothing"})), r"levels …\).*a refutation is of kind")


def test_thousands_of_nested_grouped_refutations_are_checked_without_recursion() -> None:
    ones = [["1"]] * 1500
    inner: Any = {"kind": "nothing"}
    for length in range(3, 1500):
        inner = {"kind": "grouped", "sizes": [2] + [1] * (length - 2), "refutation": inner}
    point = [[0, 0, "1"]]
    factors = [[[0, 0, [[0, "1"]]]] for _ in ones]
    proof = {"kind": "curve", "point": point, "factors": factors, "refutation": inner}
    refused(certificate("ill-posed", ones, proof))


def test_thousands_of_nested_reductions_are_checked_without_recursion() -> None:
    proof: Any = {"kind": "nothing"}
    for _ in range(5000):
        proof = reduction([], ([0], proof))
    refused(certificate("well-posed", [["1"], ["1"]], proof), "this kind of proof is unknown")


@pytest.mark.parametrize("slots", [1499, 300])
def test_curves_of_long_coefficients_are_refused_after_a_bounded_number_of_products(slots: int) -> None:
    series = [[e, f"{LONG}/{e + 7}{LONG[8:]}"] for e in range(slots)]
    cert = lu_tree()
    for place in ((0, 0), (1, 0)):
        cert = replaced(cert, ("proof", "factors", *place, 2), series)
    refused(cert, "proof.factors: .* too large")


def test_sums_of_fractions_without_a_common_denominator_are_refused_when_they_grow() -> None:
    coefficients = [Fraction(1, 10**400 + k) for k in range(1, 2000)]
    p = {((("f", 0, 0, 0), 1),): Fraction(1)}
    with limited(10**6), pytest.raises(TooLarge):
        total: Any = {}
        for c in coefficients:
            total = substitute({**p, (): c}, ("f", 0, 0, 0), total, {(): 1})


def unit_of_high_degree() -> dict[str, Any]:
    """A split at (a + 1)³⁰⁰(1 + b), where a + 1 is known to be nonzero: 300 divisions, and then no answer."""
    a, b = x(0, 0), y(0, 0)
    row = [1]
    for _ in range(300):
        row = [1, *(one + two for one, two in zip(row, row[1:], strict=False)), 1]
    power = [[str(c), [[a, e]] if e else []] for e, c in enumerate(row)]
    both = [[str(c), [*([[a, e]] if e else []), [b, 1]]] for e, c in enumerate(row)]
    node: Any = {"split": [*power, *both], "zero": {"contradiction": 0}, "nonzero": {"contradiction": 0}}
    # a = −1 makes y₀₀ = 0, and then 0 = 1 at (1, 0).
    refuted = {"solve": [3, a], "then": {"solve": [0, b], "then": {"contradiction": 2}}}
    tree = {"split": [monomial(a), ["1", []]], "zero": refuted, "nonzero": node}
    return lu({"kind": "tree", "positions": LU_POSITIONS, "tree": tree})


def test_divisions_that_take_long_are_refused() -> None:
    refused(unit_of_high_degree(), "too much work")


def test_repeated_nodes_over_a_large_state_are_refused() -> None:
    """Every node is short, but each goes through an equation of 2,000 terms."""
    n = 2000
    tree: Any = {"contradiction": 0}
    for _ in range(20_000):
        tree = {"scale": x(0, 0), "inner": [0, 0], "then": tree}
    tree = {"split": single(x(0, 0)), "zero": {"contradiction": 0}, "nonzero": tree}
    proof = {
        "kind": "curve",
        "point": [],
        "factors": [[], []],
        "refutation": {"kind": "tree", "positions": [[0, 0]], "tree": tree},
    }
    refused(certificate("ill-posed", [["1" * n], ["1"] * n], proof))


def test_the_budget_grows_with_the_certificate_and_holds_inside_it_alone() -> None:
    small, large = budget.allowed(lu_tree()), budget.allowed([lu_tree()] * 10)
    assert large - budget.BASE > 5 * (small - budget.BASE)
    with limited(5):
        spend(5)
        with pytest.raises(TooLarge):
            spend(1)
    spend(10**12)


def test_values_that_are_too_many_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_VALUES", 50)
    refused(lu_tree(), "too large")


def test_long_monomials_count() -> None:
    p = {tuple((("f", 0, 0, k), 1) for k in range(20_000)): 1}
    q = {((("f", 1, k, 0), 1),): 1 for k in range(1000)}
    with limited(10**6), pytest.raises(TooLarge):
        multiply(p, q)
    with limited(1000), pytest.raises(TooLarge):
        is_unit(p, [q])


@pytest.mark.parametrize(
    "text",
    [
        '{"format": ' + "9" * 5000 + "}",
        '{"a": 1, "b": 2, "a": 3}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a": "\ud800',
        "",
        "\ufeff{}",
    ],
)
def test_text_that_is_no_strict_json_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        load_certificate(text, "file")


@pytest.mark.parametrize(
    "text", ['{"a": 1e999}', '{"\\ud800": "\\udfff"}', '["\\ud800"]', '"\\ud800"', "1e5"]
)
def test_strange_json_values_are_rejected_in_words_that_can_be_printed(text: str) -> None:
    with pytest.raises((CertificateError, InputError)) as caught:
        verify(load_certificate(text, "file"))
    str(caught.value).encode()


def test_messages_are_short_however_long_the_names_are() -> None:
    cert = replaced(lu_tree(), ("proof", "refutation", "tree", "split"), [["1", [[["v" * 10**6, 0], 1]]]])
    with pytest.raises(CertificateError) as caught:
        verify(cert)
    assert len(str(caught.value)) < 1000


LEAVES = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        3,
        10**6,
        2**53,
        2**53 + 1,
        10**30,
        10**400,
        0.5,
        float("inf"),
        float("nan"),
    ),
    *(
        "",
        "0",
        "1",
        "-1",
        "1/0",
        "0/1",
        "1/3",
        LONG,
        f"1/{LONG}",
        "x",
        "row",
        "column",
        "unit",
        "\ud800",
        "01" * 50,
    ),
    *([], {}, [[]], [{}], [[[]]], [0], [0, 0], ["a", 0, 0], ["f", 0, 0, 0], ["1", []], [["1", []]]),
    *({"contradiction": "unit"}, {"contradiction": 0}, {"solution": []}, {"kind": "tree"}, {"kind": "curve"}),
]
BASES = [
    *(make() for make in HANDMADE.values()),
    *(hostile(name) for name in ("vanished_unit", "time_zero")),
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(BASES), st.randoms(use_true_random=False))
def test_arbitrary_changes_are_verified_or_rejected_and_nothing_else(base: Any, rng: random.Random) -> None:
    cert = base
    for _ in range(rng.randint(1, 4)):
        listed = list(places(cert))
        place, _ = rng.choice(listed)
        new = rng.choice(LEAVES) if rng.random() < 0.5 else rng.choice(listed)[1]
        if rng.random() < 0.3:
            new = [new] * rng.choice([1, 2, 3, 100])
        cert = replaced(cert, place, new)
    try:
        verify(cert)
    except CertificateError as error:
        str(error).encode()


json_values = st.recursive(
    st.sampled_from(LEAVES) | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["kind", "proof", "mask", "claim"]), inner)
    ),
)


@settings(max_examples=50, deadline=None)
@given(json_values)
def test_any_json_value_is_rejected_in_words(value: Any) -> None:
    refused(value)
    refused({**lu_tree(), "proof": value})
