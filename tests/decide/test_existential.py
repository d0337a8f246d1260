"""Questions without alternating quantifiers: what they prove, and who is caught lying."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from stand_ins import ScriptedEngine

from qeclose.checker import Answer, Question, verify
from qeclose.decide.methods import existential
from qeclose.decide.strategy import check
from qeclose.decide.verdict import engine_words
from qeclose.engine import registry
from qeclose.engine.protocol import Ability
from qeclose.engine.registry import ENGINE_NAMES, find_engine
from qeclose.errors import CertificateError, EngineNotFound
from qeclose.support import Support

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu-2")
FULL = Support([[1, 1], [1, 1]], [[1, 1], [1, 1]], name="full-2x2-r2")
FULL_3 = Support([[1, 1]] * 3, [[1, 1]] * 3, name="full-3x3-r2")
LU_3 = Support([[1, 0, 0], [1, 1, 0], [1, 1, 1]], [[1, 0, 0], [1, 1, 0], [1, 1, 1]], name="lu-3")
CHAIN = Support.of_factors([[[1]], [[1]], [[1]]])


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedEngine]:
    """The installed engines, which a test fills in."""
    installed: list[ScriptedEngine] = []

    def find(name: str, paths: Any = None) -> ScriptedEngine:
        for engine in installed:
            if engine.name == name:
                return engine
        raise EngineNotFound(name, "not installed")

    monkeypatch.setattr(registry, "installed_engines", lambda paths=None: list(installed))
    monkeypatch.setattr(registry, "find_engine", find)
    return installed


def solver(name: str, satisfiable: Any) -> ScriptedEngine:
    return ScriptedEngine(name, {Ability.SATISFY: satisfiable})


@pytest.fixture
def no_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if neither a refutation nor theorem N could be proved without an engine."""
    from qeclose.certify.compact import pair
    from qeclose.certify.refute import confirm

    monkeypatch.setattr(confirm, "confirm", lambda candidate, problem, origin: None)
    monkeypatch.setattr(pair, "prove_normal_form", lambda problem: None)


def test_an_honest_solver_proves_both_answers_and_proofs_of_our_own_replace_its_word(
    engines: list[ScriptedEngine],
) -> None:
    engines.append(solver("z3", False))
    for support, answer in ((LU, "ill-posed"), (FULL, "well-posed")):
        verdict = check(support, method="existential")
        assert verdict.verdict == answer
        assert verify(dict(verdict.certificate or {}), support).words == ()
        assert {run.question for run in verdict.engines} <= {"membership", "rank"}
        assert verdict.engines


@pytest.mark.usefixtures("no_proofs")
def test_without_a_proof_of_our_own_the_certificate_names_the_engine_and_its_questions_can_be_asked_again(
    engines: list[ScriptedEngine],
) -> None:
    engines.append(solver("z3", False))
    for support, answer in ((LU, "ill-posed"), (FULL, "well-posed")):
        verdict = check(support, method="existential")
        assert verdict.verdict == answer
        assert "on the word of z3" in str(verdict.reason)
        certificate = json.loads(json.dumps(verdict.certificate))
        unasked = verify(certificate, support)
        assert unasked.words
        assert not unasked.complete
        assert {name for word in unasked.words for name in word.recorded} == {"z3"}
        asked: list[Question] = []

        def agree(question: Question, asked: list[Question] = asked) -> list[Answer]:
            asked.append(question)
            return [Answer("cvc5", "1.0", True)]

        assert verify(certificate, support, ask=agree).complete
        assert all(question.expected is False for question in asked)
        with pytest.raises(CertificateError, match="says otherwise"):
            verify(certificate, support, ask=lambda question: [Answer("cvc5", "1.0", False)])


@pytest.mark.usefixtures("no_proofs")
def test_two_engines_give_their_word_if_two_are_at_hand(engines: list[ScriptedEngine]) -> None:
    engines += [solver("z3", False), solver("cvc5", False)]
    verdict = check(LU, method="existential")
    (word,) = verify(dict(verdict.certificate or {}), LU).words
    assert set(word.recorded) == {"z3", "cvc5"}


@pytest.mark.slow
@pytest.mark.usefixtures("no_proofs")
def test_an_engine_that_says_the_opposite_of_another_is_caught(engines: list[ScriptedEngine]) -> None:
    engines += [solver("z3", False), solver("cvc5", True)]
    for support in (LU, FULL):
        verdict = check(support, method="existential", timeout=5)
        assert verdict.verdict == "undecided"
        assert any("contradict each other" in line for line in verdict.failures + verdict.warnings)


def test_an_engine_that_says_the_opposite_of_a_proof_is_caught(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", True))
    for support in (LU, FULL):
        verdict = check(support, method="existential", engines=["z3"], timeout=5)
        assert verdict.verdict == "undecided"
        assert any("refuted" in line for line in verdict.failures)


def test_an_engine_that_denies_everything_makes_no_closed_set_ill_posed(
    engines: list[ScriptedEngine],
) -> None:
    # Its "unsat" about a matrix of E would be a wrong verdict: matrices with factors are never asked about.
    engines.append(solver("z3", False))
    for support in (FULL, FULL_3, Support([[1], [1]], [[1], [1]])):
        assert check(support, method="existential").verdict == "well-posed"


@pytest.mark.slow
def test_an_engine_that_knows_nothing_leaves_it_undecided(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", None))
    verdict = check(LU, method="existential", timeout=5)
    assert verdict.verdict == "undecided"
    assert not verdict.failures


def test_chains_of_more_factors_are_not_asked_about(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", False))
    verdict = check(CHAIN, method="existential", timeout=5)
    assert verdict.verdict == "undecided"
    assert "two factors" in str(verdict.reason)
    assert engines[0].asked == []


def test_presolve_comes_before_the_questions_if_wished(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", False))
    verdict = check(LU_3, method="existential", presolve=True)
    assert verdict.verdict == "ill-posed"
    assert verify(dict(verdict.certificate or {}), LU_3).complete


@pytest.fixture
def no_normal_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if theorem N had nothing to ask, so that only limits are looked for."""
    from qeclose.certify.compact import pair

    monkeypatch.setattr(pair, "forms_to_ask", lambda problem: ())


@pytest.mark.usefixtures("no_normal_forms")
@pytest.mark.parametrize("seed", range(4))
def test_curves_that_the_first_round_misses_are_found_in_a_later_one(
    engines: list[ScriptedEngine], seed: int
) -> None:
    # Behind presolve lu-2 is one term and one free entry, where a random curve seldom has a limit outside E.
    engines.append(solver("z3", False))
    verdict = check(LU, method="existential", engines=["z3"], presolve=True, seed=seed)
    assert verdict.verdict == "ill-posed"
    assert verify(dict(verdict.certificate or {}), LU).complete


@pytest.mark.usefixtures("no_normal_forms")
def test_the_search_for_curves_ends_where_there_are_none(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", False))
    verdict = check(FULL, method="existential", engines=["z3"], timeout=600)
    assert (verdict.verdict, verdict.failures) == ("undecided", ())
    assert engines[0].asked == []


@pytest.fixture
def no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if our own arithmetic found no curve that leaves E."""
    from qeclose.certify.frontier import pair_curves

    monkeypatch.setattr(pair_curves, "candidates", lambda *arguments, **details: iter(()))


@pytest.mark.slow
@pytest.mark.usefixtures("no_curves")
@pytest.mark.parametrize("name", ["z3", "cvc5", "yices"])
def test_a_solver_finds_the_curve_where_our_own_arithmetic_does_not(name: str) -> None:
    try:
        registry.find_engine(name)
    except EngineNotFound as error:
        pytest.skip(str(error))
    for presolve in (False, True):
        verdict = check(LU, method="existential", engines=[name], presolve=presolve, timeout=120)
        assert verdict.verdict == "ill-posed", verdict.reason
        assert verify(dict(verdict.certificate or {}), LU).complete


@pytest.mark.usefixtures("no_curves", "no_normal_forms")
def test_an_engine_that_invents_a_curve_proves_nothing(engines: list[ScriptedEngine]) -> None:
    from fractions import Fraction

    from qeclose.formula.operations import variables

    def invented(system: Any) -> Any:
        # The unknowns of a curve have underscores; membership in E is denied.
        names = variables(system)
        return {name: Fraction(1) for name in names} if "_" in str(names[0]) else False

    engines.append(solver("z3", invented))
    verdict = check(LU, method="existential", engines=["z3"], timeout=60)
    assert verdict.verdict == "undecided"
    assert any("does not end at the matrix" in line for line in verdict.failures)


def test_a_curve_system_says_what_the_limit_of_a_curve_is() -> None:
    """lu-2 by hand: x = (1, t), y = (t, 1) divided by t ends at the matrix of ones off the diagonal."""
    from fractions import Fraction

    from qeclose.formula.curve_system import curve_system
    from qeclose.formula.operations import evaluate

    products = {(0, 0): (0,), (0, 1): (0,), (1, 0): (0,)}
    system = curve_system(products, {(0, 1): 1, (1, 0): 1}, 1)
    values = dict.fromkeys((*system.x.values(), *system.y.values()), Fraction(0))
    for of, entry in (
        (system.x, (0, 0, 1)),
        (system.x, (1, 0, 0)),
        (system.y, (0, 0, 1)),
        (system.y, (1, 0, 0)),
    ):
        values[of[entry]] = Fraction(1)
    assert evaluate(system.formula, values)
    values[system.y[0, 0, 0]] = Fraction(1)  # the products have a pole now
    assert not evaluate(system.formula, values)


def test_small_points_are_matrices_that_have_no_factors() -> None:
    import time

    from qeclose.certify.frontier.small_points import small_points
    from qeclose.problem import Problem

    deadline = time.monotonic() + 600
    assert next(small_points(Problem.of(LU), 0, deadline=deadline)) == {(0, 1): 1, (1, 0): 1}
    assert list(small_points(Problem.of(FULL), 0, deadline=deadline)) == []
    assert list(small_points(Problem.of(LU), 0, deadline=time.monotonic() - 1)) == []


def test_an_engine_is_asked_about_the_mask_as_it_is_where_presolve_leaves_nothing(
    engines: list[ScriptedEngine],
) -> None:
    engines.append(solver("z3", False))
    verdict = check(FULL_3, engines=["z3"])
    assert (verdict.verdict, [run.engine for run in verdict.engines]) == ("well-posed", ["z3"])
    assert len(engines[0].asked) == 1
    assert verify(dict(verdict.certificate or {}), FULL_3).complete


@pytest.mark.parametrize("answer", [True, None], ids=["denies it", "knows nothing"])
def test_what_presolve_has_shown_stands_without_an_engine(
    engines: list[ScriptedEngine], answer: bool | None
) -> None:
    engines.append(solver("z3", answer))
    verdict = check(FULL_3, method="existential", presolve=True)
    assert (verdict.verdict, verdict.engines) == ("well-posed", ())
    assert "nothing to ask" in str(verdict.reason)
    assert bool(verdict.warnings) is (answer is True)  # that the engine contradicts a proof is told


@pytest.mark.parametrize("r", [1, 2])
def test_the_form_that_engines_are_asked_about_is_one_that_the_checker_reads(r: int) -> None:
    """For all masks 2×2, those with empty terms and lines too."""
    from qeclose.certify.certificate import closedness_proof
    from qeclose.certify.compact.pair import forms_to_ask
    from qeclose.presolve import Reduction
    from qeclose.problem import Problem
    from qeclose.proof.certificate import sign

    sides = list(itertools.product(itertools.product((0, 1), repeat=r), repeat=2))
    for support in (Support(I, J) for I in sides for J in sides):
        problem = Problem.of(support)
        whole = Reduction(problem, (), problem, finished=False)
        for form in forms_to_ask(problem):
            proof = closedness_proof(whole, {id(block): form for block in whole.blocks()})
            certificate = sign(support, "well-posed", proof)
            for word in engine_words(certificate["proof"]):
                word["engines"] = [{"name": "any", "version": "1"}]
            assert (
                verify(certificate, support, ask=lambda _: [Answer("any", "1", True)]).claim == "well-posed"
            )


def mutations(value: Any) -> list[tuple[str, Any]]:
    """The certificate with one part about engines changed."""
    found: list[tuple[str, Any]] = []

    def walk(node: Any, root: Any) -> None:
        if isinstance(node, dict):
            for key in list(node):
                old = node[key]
                if key == "engines":
                    for name, new in (("none", []), ("twice", old + old), ("nameless", [{"name": ""}])):
                        node[key] = new
                        found.append((f"engines {name}", copy.deepcopy(root)))
                    node[key] = old
                if key == "statement":
                    node[key] = "probable"
                    found.append(("statement", copy.deepcopy(root)))
                    node[key] = old
                if key == "positions":
                    node[key] = [*old, [99, 0]]
                    found.append(("positions", copy.deepcopy(root)))
                    node[key] = old
                if key == "cases" and len(old) == 1:
                    node[key] = []
                    found.append(("no case", copy.deepcopy(root)))
                    node[key] = old
                if key == "columns" and old and isinstance(old[0], list):
                    node[key] = old[1:]
                    found.append(("a column less", copy.deepcopy(root)))
                    node[key] = old
                walk(node[key], root)
        elif isinstance(node, list):
            for item in node:
                walk(item, root)

    walk(value, value)
    return found


@pytest.mark.usefixtures("no_proofs")
def test_changed_certificates_are_rejected(engines: list[ScriptedEngine]) -> None:
    engines.append(solver("z3", False))
    for support in (LU, FULL):
        certificate = json.loads(json.dumps(check(support, method="existential").certificate))
        changed = mutations(certificate)
        assert len(changed) >= 4
        for what, other in changed:
            with pytest.raises(CertificateError):
                verify(other, support)
                pytest.fail(what)


@pytest.mark.usefixtures("no_proofs")
def test_a_claim_that_vectors_span_what_they_do_not_is_an_honest_question(
    engines: list[ScriptedEngine],
) -> None:
    """Changed to a false statement, the question changes with it, and a real solver denies it."""
    engines.append(solver("z3", False))
    certificate = json.loads(json.dumps(check(FULL_3, method="existential").certificate))
    for case in certificate["proof"]["cases"]:
        for _, evidence in case["columns"]:
            evidence["statement"] = "spanning"
    try:
        real = find_engine("z3")
    except EngineNotFound as error:
        pytest.skip(str(error))
    from qeclose.attest import asker
    from qeclose.engine.protocol import Limits

    engines[:] = [real]
    with pytest.raises(CertificateError, match="says otherwise"):
        verify(certificate, FULL_3, ask=asker((), Limits(60, 2000)))


@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_every_engine_alone_decides_the_published_examples(name: str) -> None:
    try:
        registry.find_engine(name)
    except EngineNotFound as error:
        pytest.skip(str(error))
    for support, answer in (
        (LU, "ill-posed"),
        (FULL, "well-posed"),
        (LU_3, "ill-posed"),
        (FULL_3, "well-posed"),
    ):
        verdict = check(support, method="existential", engines=[name], timeout=120)
        assert verdict.verdict == answer, verdict.reason
        assert [run.engine for run in verdict.engines] == [name]


def test_parts_come_smaller_first_and_the_mask_itself_last() -> None:
    from qeclose.problem import Problem

    parts = list(existential._parts(Problem.of(LU_3), 50))
    sizes = [sum(1 for _ in part.positions()) for part in parts]
    assert sizes[0] < sizes[-1] == 9
    assert len(parts) > 2
