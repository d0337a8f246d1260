"""Engines that answer the opposite of the truth, each under its own name and with its own abilities, by every method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stand_ins import ScriptedEngine

from qeclose.decide.strategy import check
from qeclose.engine import registry
from qeclose.engine.protocol import Ability, Limits
from qeclose.engine.registry import ENGINE_NAMES
from qeclose.errors import EngineNotFound
from qeclose.formula.language import Exists, Formula
from qeclose.formula.operations import is_quantifier_free, negate, prenex_parts
from qeclose.support import Support

ILL = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu-2")
WELL = Support([[1], [1]], [[1], [1]], name="full-2x2-r1")
MASKS = {ILL: "ill-posed", WELL: "well-posed"}
ABILITIES = {
    "qepcad": frozenset(Ability),
    "redlog": frozenset({Ability.DECIDE, Ability.ELIMINATE}),
    "z3": frozenset({Ability.DECIDE, Ability.SATISFY}),
    "cvc5": frozenset({Ability.DECIDE, Ability.SATISFY}),
    "yices": frozenset({Ability.DECIDE, Ability.SATISFY}),
}
LIMITS = Limits(60, 2000)
FindEngine = registry.find_engine


def truth(support: Support, formula: Formula) -> bool | None:
    """What a program that knows the answer says to a question about the mask; None: nothing."""
    prefix, matrix = prenex_parts(formula)
    if len(prefix) > 1:  # only the sentence "some matrix is in the frontier", and that E is everything
        whole = prefix[0][0] == "forall"
        return False if whole else MASKS[support] == "ill-posed"
    if is_quantifier_free(formula) or isinstance(formula, Exists):
        return bool(FindEngine("z3").satisfy(matrix, LIMITS).value)
    return None


def engine(name: str, support: Support, *, lies: bool) -> ScriptedEngine:
    def answer(formula: Formula) -> bool | None:
        value = truth(support, formula)
        return value if value is None else value is not lies

    def description(formula: Formula) -> Formula:
        from qeclose.formula.linear import eliminate_linear

        found = eliminate_linear(formula, lambda: None)
        assert found is not None
        return negate(found) if lies else found

    answers: dict[Ability, Callable[[Formula], Any]] = dict.fromkeys(ABILITIES[name], answer)
    if Ability.ELIMINATE in answers:
        answers[Ability.ELIMINATE] = description
    return ScriptedEngine(name, answers)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, ScriptedEngine]:
    """The engines there are, which a test fills in; the real Z3 knows the truth about existential questions."""
    try:
        FindEngine("z3")
    except EngineNotFound as error:
        pytest.skip(str(error))
    engines: dict[str, ScriptedEngine] = {}
    monkeypatch.setattr(registry, "installed_engines", lambda paths=None: list(engines.values()))
    monkeypatch.setattr(registry, "find_engine", lambda name, paths=None: engines[name])
    return engines


def able(name: str, method: str) -> bool:
    """Yices decides no sentence with alternating quantifiers."""
    return (name, method) != ("yices", "sentence")


LIARS = [
    (name, method)
    for name in ENGINE_NAMES
    for method in ("sentence", "staged", "existential")
    if able(name, method)
]


@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
@pytest.mark.parametrize(("name", "method"), LIARS)
def test_honest_engines_are_believed(
    installed: dict[str, ScriptedEngine], name: str, method: str, support: Support
) -> None:
    installed[name] = engine(name, support, lies=False)
    verdict = check(support, method=method, engines=[name], timeout=60)
    assert (verdict.verdict, verdict.failures) == (MASKS[support], ())


@pytest.mark.slow
@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
@pytest.mark.parametrize(("name", "method"), LIARS)
def test_a_liar_beside_an_honest_engine_is_caught(
    installed: dict[str, ScriptedEngine], name: str, method: str, support: Support
) -> None:
    other = "qepcad" if name != "qepcad" else "z3"
    installed[name] = engine(name, support, lies=True)
    installed[other] = engine(other, support, lies=False)
    verdict = check(support, method=method, engines=[name, other], timeout=60)
    assert verdict.verdict == "undecided"
    assert verdict.failures
    assert any(name in line for line in verdict.failures)


@pytest.mark.slow
@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_a_liar_alone_is_caught_where_there_is_a_proof(
    installed: dict[str, ScriptedEngine], name: str, support: Support
) -> None:
    """Existential questions have refutations and normal forms of our own beside them."""
    installed[name] = engine(name, support, lies=True)
    verdict = check(support, method="existential", engines=[name], timeout=60)
    assert verdict.verdict == "undecided"
    assert any("refuted" in line for line in verdict.failures)


@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
@pytest.mark.parametrize("name", ["qepcad", "redlog"])
def test_a_false_description_of_e_is_caught_without_a_second_engine(
    installed: dict[str, ScriptedEngine], monkeypatch: pytest.MonkeyPatch, name: str, support: Support
) -> None:
    from qeclose.decide.methods import staged

    monkeypatch.setattr(staged, "linear_description", lambda question, seconds: None)
    installed[name] = engine(name, support, lies=True)
    verdict = check(support, method="staged", engines=[name], timeout=60)
    assert verdict.verdict == "undecided"
    assert any("misses the product" in line for line in verdict.failures)


@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_a_liar_among_installed_engines_costs_no_truth_in_auto(
    installed: dict[str, ScriptedEngine], name: str, support: Support
) -> None:
    """Theorems come first, and their certificates need no engine."""
    installed[name] = engine(name, support, lies=True)
    verdict = check(support, timeout=60)
    assert (verdict.verdict, verdict.method) == (MASKS[support], "certify")
