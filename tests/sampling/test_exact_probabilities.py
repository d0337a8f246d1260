"""Exact probabilities against enumeration, against samples, and as the command prints them."""

from __future__ import annotations

import itertools
import json
import random
from fractions import Fraction

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import qeclose
from qeclose.cli.app import app
from qeclose.errors import UsageError
from qeclose.sampling.estimate import interval
from qeclose.sampling.exact import exact, polynomial
from qeclose.support.families import random_support

SMALL = [(1, 1, 1), (2, 1, 1), (2, 2, 1), (1, 2, 2), (2, 2, 2), (3, 2, 2)]


def ill_posed(support: qeclose.Support) -> bool:
    verdict = qeclose.check(support, method="certify", table=False).verdict
    assert verdict != "undecided"
    return verdict == "ill-posed"


def grids(rows: int, columns: int) -> list[list[list[int]]]:
    flat = itertools.product((0, 1), repeat=rows * columns)
    return [[list(bits[i * columns : (i + 1) * columns]) for i in range(rows)] for bits in flat]


@pytest.mark.slow
@pytest.mark.parametrize(("m", "n", "r"), SMALL)
def test_the_probability_is_that_of_all_masks_counted_one_by_one(m: int, n: int, r: int) -> None:
    """Every mask is decided without the table, and weighed with p^inside (1 − p)^outside."""
    p = Fraction(2, 5)
    total = Fraction(0)
    # Two factors of 3×2 and 2×2: 1,024 masks; ``known`` decides each pair of line multisets once.
    known: dict[tuple[object, ...], bool] = {}
    for left, right in itertools.product(grids(m, r), grids(n, r)):
        key = (tuple(sorted(map(tuple, left))), tuple(sorted(map(tuple, right))))
        if key not in known:
            known[key] = ill_posed(qeclose.Support(left, right))
        if known[key]:
            inside = sum(map(sum, (*left, *right)))
            total += p**inside * (1 - p) ** (r * (m + n) - inside)
    assert exact(m, n, r, p).ill_posed == total


def test_the_values_of_the_theory_page() -> None:
    expected = {(2, 2, 2): (0.0029, 0.0312, 0.0847), (3, 3, 3): (0.0434, 0.2689, 0.3947)}
    for shape, values in expected.items():
        found = [exact(*shape, Fraction(p)).ill_posed_float for p in ("0.3", "0.5", "0.7")]
        assert [round(value, 4) for value in found] == list(values)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.fractions(0, 1, max_denominator=12))
@settings(max_examples=20, deadline=None)
def test_the_polynomial_has_the_values_of_the_fractions(m: int, n: int, r: int, p: Fraction) -> None:
    coefficients = [int(c) for c in polynomial(m, n, r).coeffs()]
    assert exact(m, n, r, p).ill_posed == sum(c * p**power for power, c in enumerate(coefficients))
    assert len(coefficients) <= r * (m + n) + 1


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 2), st.fractions(0, 1, max_denominator=9))
@settings(max_examples=20, deadline=None)
def test_rows_and_columns_may_be_exchanged(m: int, n: int, r: int, p: Fraction) -> None:
    assert exact(m, n, r, p) == exact(n, m, r, p)


def test_powers_of_the_step_agree_with_the_fractions() -> None:
    from qeclose.sampling import exact as module

    for m, n, r, p in ((7, 5, 3, Fraction(1, 3)), (20, 9, 2, Fraction(9, 10)), (4, 4, 1, Fraction(1, 2))):
        assert module._as_float(m, n, r, float(p)) == pytest.approx(
            exact(m, n, r, p).ill_posed_float, rel=1e-9
        )


@pytest.mark.slow
def test_a_million_lines_have_a_probability() -> None:
    found = exact(10**6, 10**6, 3, Fraction(1, 1000))
    assert found.ill_posed is None
    assert 0.5 < found.ill_posed_float < 1
    assert exact(10**6, 10**6, 3, Fraction(1, 2)).ill_posed_float == pytest.approx(1)


def test_full_and_empty_masks_are_closed_for_sure() -> None:
    for r, p in itertools.product((1, 2, 3), (0, 1)):
        assert exact(5, 4, r, Fraction(p)).ill_posed == 0


def test_rank_four_is_refused() -> None:
    with pytest.raises(UsageError, match="ends at rank 3"):
        exact(2, 2, 4, Fraction(1, 2))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("m", "n", "r", "p"),
    [
        (2, 2, 2, "0.7"), (3, 3, 2, "0.5"), (4, 6, 2, "0.4"), (3, 3, 3, "0.3"), (3, 3, 3, "0.5"),
        (3, 3, 3, "0.7"), (4, 4, 3, "0.5"), (5, 3, 3, "0.6"), (6, 6, 3, "0.2"), (8, 4, 3, "0.85"),
    ],
)  # fmt: skip
def test_ten_thousand_samples_agree(m: int, n: int, r: int, p: str) -> None:
    """The exact value lies in the interval of 10,000 samples, widened as ten comparisons need it."""
    rng = random.Random(7)
    known: dict[object, bool] = {}
    count = 0
    for _ in range(10_000):
        support = random_support(m, n, r, float(p), rng.getrandbits(40))
        key = (tuple(sorted(support.I.rows)), tuple(sorted(support.J.rows)))
        if key not in known:
            known[key] = qeclose.check(support, method="certify").verdict == "ill-posed"
        count += known[key]
    fraction, low, high = interval(count, 10_000)
    # 95 % is 1.96 standard deviations; ten comparisons at once hold with the same confidence at 2.81.
    chance = exact(m, n, r, Fraction(p)).ill_posed_float
    assert fraction - 1.44 * (fraction - low) <= chance <= fraction + 1.44 * (high - fraction)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sample", "--exact", *arguments], prog_name="qeclose")


SHAPE = ("--rows", "2", "--cols", "2", "--rank", "2")


def test_the_command_prints_one_object_a_density() -> None:
    result = run(*SHAPE, "--density", "2/5,0.5", "--format", "json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert second == {
        "density": "1/2",
        "well_posed": "31/32",
        "ill_posed": "1/32",
        "ill_posed_float": 0.03125,
    }
    assert Fraction(first["ill_posed"]) + Fraction(first["well_posed"]) == 1


def test_the_command_prints_a_table_and_the_polynomial() -> None:
    result = run(*SHAPE, "--density", "0.3:0.7:3", "--polynomial")
    assert "8*p^8" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == ["3/10", "1/2", "7/10"]


def test_exact_and_sampled_stand_beside_each_other(tmp_path) -> None:
    picture = tmp_path / "curve.svg"
    result = run(
        *SHAPE, "--density", "0.3:0.7:3", "--count", "20", "--plot", str(picture), "-q", "--jobs", "1"
    )
    assert result.exit_code == 0
    assert "95% intervals" in result.stdout
    assert "ill-posed, exact" in picture.read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--rows", "2", "--cols", "2", "--rank", "4", "--density", "0.5"), "ends at rank 3"),
        ((*SHAPE, "--density", "1.5"), "from 0 to 1"),
        ((*SHAPE, "--density", "a"), "P,Q"),
        ((*SHAPE, "--density", "0.5", "--jsonl", "x"), "--count"),
    ],
)
def test_what_has_no_exact_answer_is_a_usage_error(arguments: tuple[str, ...], problem: str) -> None:
    result = CliRunner().invoke(app, ["sample", "--exact", *arguments], prog_name="qeclose")
    assert result.exit_code != 0
    assert problem in (result.output + str(result.exception))
