"""``check`` with engines that follow a script."""

from __future__ import annotations

import time

import pytest
from stand_ins import ScriptedEngine

import qeclose
from qeclose.decide.verdict import Status
from qeclose.engine.protocol import Ability
from qeclose.errors import EngineCrashed, EngineNotFound, OutOfMemory, UsageError
from qeclose.formula.language import FALSE, TRUE, Atom, Or, Relation
from qeclose.formula.operations import free_variables
from qeclose.formula.polynomials import natural_order

LU = qeclose.Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu")
RANK_ONE = qeclose.Support([[1], [1]], [[1], [1]], name="rank-one")
ONE = qeclose.Support([[1]], [[1]], name="one")


@pytest.fixture
def installed(monkeypatch):
    """Say which engines are installed."""

    def install(*engines: ScriptedEngine) -> None:
        named = {engine.name: engine for engine in engines}

        def find(name, paths):
            if name not in named:
                raise EngineNotFound(name, "is not installed")
            return named[name]

        monkeypatch.setattr("qeclose.engine.registry.installed_engines", lambda paths: list(engines))
        monkeypatch.setattr("qeclose.engine.registry.find_engine", find)

    return install


@pytest.fixture
def no_linear_algebra(monkeypatch):
    """Leave the description of E to the engines, as where linear algebra does not go all the way."""
    monkeypatch.setattr("qeclose.decide.methods.staged.linear_description", lambda question, seconds: None)


def decider(name: str, answer: object, **details) -> ScriptedEngine:
    return ScriptedEngine(name, {Ability.DECIDE: answer}, **details)


def describer(name: str, description: object, decision: object = None) -> ScriptedEngine:
    return ScriptedEngine(name, {Ability.ELIMINATE: description, Ability.DECIDE: decision})


def lu_description(formula):
    """a ≠ 0 or b = 0 or c = 0, in the names of the free variables of the question."""
    a, b, c, _ = natural_order(free_variables(formula))
    return Or((Atom(a, Relation.NE), Atom(b, Relation.EQ), Atom(c, Relation.EQ)))


@pytest.mark.parametrize(("truth", "verdict", "status"), [(True, "ill-posed", 1), (False, "well-posed", 0)])
def test_the_truth_of_the_sentence_is_the_verdict(installed, truth, verdict, status):
    installed(decider("z3", truth))
    found = qeclose.check(LU, method="sentence")
    assert (found.verdict, found.method, found.status) == (verdict, "sentence", status)
    assert [run.engine for run in found.engines] == ["z3"]


def test_a_description_by_weak_atoms_needs_no_second_question(installed, no_linear_algebra):
    engine = describer("qepcad", TRUE)
    installed(engine)
    found = qeclose.check(ONE, method="staged")
    assert (found.verdict, found.method) == ("well-posed", "staged")
    assert len(engine.asked) == 1


def test_staged_asks_for_the_closure_of_the_description(installed, no_linear_algebra):
    engine = describer("qepcad", lu_description, decision=True)
    installed(engine)
    found = qeclose.check(LU, method="staged")
    assert (found.verdict, found.method) == ("ill-posed", "staged")
    assert [ability for ability, _, _ in engine.asked] == [Ability.ELIMINATE, Ability.DECIDE]
    assert found.why == "a segment inside E ends in a matrix outside E"


def test_a_description_equal_to_its_relaxation_is_closed(installed, no_linear_algebra):
    def two_half_lines(formula):
        (a,) = free_variables(formula)
        return Or((Atom(a, Relation.GT), Atom(a, Relation.LE)))

    engine = describer("qepcad", two_half_lines, decision=False)
    installed(engine)
    assert qeclose.check(ONE, method="staged").verdict == "well-posed"


def test_where_lines_and_relaxation_tell_nothing_the_definition_is_asked(installed, no_linear_algebra):
    answers = iter([False, True, True])
    engine = describer("qepcad", lu_description, decision=lambda question: next(answers))
    installed(engine)
    found = qeclose.check(LU, method="staged")
    assert (found.verdict, found.why) == ("ill-posed", "some matrix outside E is a limit of matrices in E")
    assert "eps" in str(engine.asked[-1][1])


def test_a_description_that_misses_a_product_is_a_failure_of_the_engine(installed, no_linear_algebra):
    installed(describer("qepcad", FALSE))
    found = qeclose.check(ONE, method="staged")
    assert (found.verdict, found.status) == ("undecided", Status.ENGINE_FAILURE)
    assert "misses the product" in found.failures[0]


def test_a_wrong_description_does_not_keep_the_next_engine_from_answering(installed, no_linear_algebra):
    installed(describer("redlog", FALSE), describer("qepcad", TRUE))
    found = qeclose.check(ONE, method="staged")
    assert found.verdict == "well-posed"
    assert found.engines[0].engine == "qepcad"
    assert "misses the product" in found.warnings[0]


def test_a_solver_that_finds_the_complement_empty_says_well_posed(installed, no_linear_algebra):
    installed(decider("z3", True))
    found = qeclose.check(ONE, method="staged")
    assert (found.verdict, found.why) == ("well-posed", "every matrix is a product of such factors")


def test_staged_needs_no_engine_that_eliminates(installed):
    engine = ScriptedEngine("yices", {Ability.SATISFY: True})
    installed(engine)
    found = qeclose.check(LU, method="staged")
    assert found.verdict == "ill-posed"
    assert "a segment inside E ends in a matrix outside E" in found.reason
    assert [ability for ability, _, _ in engine.asked] == [Ability.SATISFY]


def test_a_set_closed_by_the_shape_of_its_description_needs_no_answer(installed):
    installed(ScriptedEngine("yices", {Ability.SATISFY: None}))
    found = qeclose.check(RANK_ONE, method="staged")
    assert (found.verdict, found.engines) == ("well-posed", ())
    assert "no engine was needed" in found.reason


def test_an_engine_that_denies_a_simplification_is_not_passed_over(installed):
    installed(ScriptedEngine("yices", {Ability.SATISFY: True}))
    found = qeclose.check(RANK_ONE, method="staged")
    assert (found.verdict, found.status) == ("undecided", Status.ENGINE_FAILURE)
    assert "tells E's description from its simplification" in found.failures[0]


def test_unknown_everywhere_is_undecided(installed):
    installed(decider("z3", None), decider("cvc5", None))
    found = qeclose.check(LU, method="sentence")
    assert (found.verdict, found.status) == ("undecided", Status.UNDECIDED)
    assert "z3: answered unknown" in found.reason


@pytest.mark.slow
def test_out_of_memory_is_undecided(installed):
    installed(decider("z3", OutOfMemory("z3", "stopped")))
    assert qeclose.check(LU, engines=["z3"]).status is Status.UNDECIDED


def test_the_timeout_bounds_the_whole_check(installed):
    installed(*(decider(name, True, needs_seconds=60) for name in ("z3", "cvc5", "redlog")))
    start = time.monotonic()
    found = qeclose.check(LU, presolve=False, timeout=0.5)
    assert found.status is Status.UNDECIDED
    assert time.monotonic() - start < 2


def test_no_engine_at_all_is_an_engine_failure(installed):
    installed()
    found = qeclose.check(LU, method="sentence")
    assert found.status is Status.ENGINE_FAILURE
    assert "no engine is installed" in found.reason


def test_an_engine_that_is_not_installed_is_an_engine_failure(installed):
    installed()
    assert qeclose.check(LU, engines=["z3"]).status is Status.ENGINE_FAILURE


def test_all_engines_crashing_is_an_engine_failure(installed):
    installed(decider("z3", EngineCrashed("z3", "ended by SIGSEGV")))
    assert qeclose.check(LU, method="sentence").status is Status.ENGINE_FAILURE


def test_one_crash_among_engines_that_run_out_is_a_warning(installed):
    installed(decider("z3", EngineCrashed("z3", "ended by SIGSEGV")), decider("cvc5", None))
    found = qeclose.check(LU, method="sentence")
    assert found.status is Status.UNDECIDED
    assert found.warnings == ("z3: ended by SIGSEGV",)


def test_engines_that_agree_give_one_verdict_with_all_their_runs(installed):
    installed(decider("z3", True), decider("cvc5", True))
    found = qeclose.check(LU, engines=["z3", "cvc5"], method="sentence")
    assert found.verdict == "ill-posed"
    assert [run.engine for run in found.engines] == ["z3", "cvc5"]


def test_engines_that_disagree_are_a_failure_with_both_answers(installed):
    installed(decider("z3", True), decider("cvc5", False))
    found = qeclose.check(LU, engines=["z3", "cvc5"], method="sentence")
    assert (found.verdict, found.status) == ("undecided", Status.ENGINE_FAILURE)
    assert found.failures == ("the engines disagree (z3: ill-posed; cvc5: well-posed)",)
    assert len(found.engines) == 2


def test_a_verdict_stands_only_if_every_engine_named_gave_it(installed):
    installed(decider("z3", True), decider("cvc5", None))
    found = qeclose.check(LU, engines=["z3", "cvc5"], method="sentence")
    assert found.status is Status.UNDECIDED
    assert "z3: ill-posed; cvc5: undecided" in found.reason


def test_a_named_engine_that_crashes_is_a_failure_even_if_the_other_answers(installed):
    installed(decider("z3", True), decider("cvc5", EngineCrashed("cvc5", "ended by SIGSEGV")))
    found = qeclose.check(LU, engines=["z3", "cvc5"], method="sentence")
    assert (found.verdict, found.status) == ("undecided", Status.ENGINE_FAILURE)


def test_an_engine_that_has_no_means_for_the_method_is_a_usage_error(installed):
    installed(ScriptedEngine("yices", {Ability.SATISFY: False}))
    with pytest.raises(UsageError, match="yices can do nothing for the method sentence"):
        qeclose.check(LU, engines=["yices"], method="sentence")


@pytest.mark.parametrize(
    "options",
    [
        {"method": "guess"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"memory_mb": 0},
    ],
)
def test_nonsensical_options_are_usage_errors(options):
    with pytest.raises(UsageError):
        qeclose.check(LU, **options)


@pytest.mark.slow
def test_a_mask_too_large_for_any_engine_is_undecided_at_once(installed):
    engine = decider("z3", True)
    installed(engine)
    side = [[1] * 40] * 40
    found = qeclose.check(qeclose.Support(side, side), presolve=False)
    assert found.status is Status.UNDECIDED
    assert "4800 variables" in found.reason
    assert not engine.asked


def test_more_than_two_factors_are_asked_about_likewise(installed):
    engine = decider("z3", True)
    installed(engine)
    chain = qeclose.Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1], [1]]])
    assert qeclose.check(chain, method="sentence").verdict == "ill-posed"


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 1, 0], 1), ([1, 4, 3], 4), ([4, 2, 1], 2)],
)
def test_the_worst_status_follows_the_contracts_order(statuses, worst):
    assert Status.worst([Status(status) for status in statuses]) == worst
