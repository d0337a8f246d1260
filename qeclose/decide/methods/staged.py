"""Elimination first: a quantifier-free description φ of E, then whether φ describes a closed set."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, final

from qeclose.decide.closure import line_leaves, relaxation_exceeds
from qeclose.decide.effort import DESCRIPTIONS
from qeclose.decide.linear_description import linear_description
from qeclose.decide.method import Finding, Question, too_large
from qeclose.engine.protocol import Ability, Run
from qeclose.formula.cases import ticking
from qeclose.formula.language import TRUE, And, ForAll, Truth

if TYPE_CHECKING:
    import sympy

    from qeclose.decide.linear_description import LinearDescription
    from qeclose.decide.panel import Panel
    from qeclose.formula.language import Formula
    from qeclose.support.mask import Mask
    from qeclose.support.model import Support

__all__ = [
    "Staged",
    "closure_of_description",
    "coordinates",
    "missed_point",
    "random_member",
    "simplified",
]


@final
class Staged:
    """Eliminate the factors from A ∈ E, then decide closure from the description φ(A).

    In this order, each step far smaller than the sentence:

    1. φ by linear algebra, our own work (``linear_description``), simplified. Where that fails, engines that cannot
       eliminate are asked whether the complement of E is empty: then E is all of R^{m×n}, which is closed.
    2. φ without strict inequalities and ≠ describes a closed set.
    3. A segment inside E whose end is outside E proves that E is not closed (``closure.line_leaves``).
    4. If the relaxation of φ, a closed set that contains E, is E itself, then E is closed
       (``closure.relaxation_exceeds``).
    5. The definition: ∃A (A ∈ cl φ ∧ ¬φ(A)).
    6. The same with the φ of every engine that eliminates, unless there was an answer.

    A description that misses a random product of factors is wrong: it is reported and not used.
    """

    name = "staged"
    one_question = False
    abilities = frozenset(Ability)

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._described: dict[Question, LinearDescription | None] = {}

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """Describe E without quantifiers and decide whether that set is closed."""
        from qeclose.formula.operations import is_positive_weak

        if too_large(question.support, panel):
            return None
        found = self._description(question, panel)
        if found is not None and is_positive_weak(found.simple):
            return self._closed_by_shape(found, question, panel)
        finding = None if found is None else closure_of_description(found.simple, (), panel)
        return finding or self._by_elimination(question, panel)

    def _description(self, question: Question, panel: Panel) -> LinearDescription | None:
        if question not in self._described:
            found = linear_description(question, panel.deadline.left())
            if found is not None and missed_point(found.simple, question, self._seed) is not None:
                raise AssertionError("the description of E by linear algebra misses a product of factors")
            self._described[question] = found
        return self._described[question]

    def _closed_by_shape(self, found: LinearDescription, question: Question, panel: Panel) -> Finding | None:
        """Closed by the shape of the simplified description. The simplification is exact, so no engine is needed.

        Still one is asked, whether both descriptions agree or else as if there were none: an answer to the contrary
        would show an error, here or there, and an engine that was named should have had its say.
        """
        from qeclose.formula.operations import negate, simplify_truth

        match _solvable(simplify_truth(And((found.simple, negate(found.raw)))), panel):
            case (True, runs):
                panel.distrust(
                    runs[0], "it finds a matrix that tells E's description from its simplification"
                )
                return None
            case (False, runs) if runs:
                return Finding(True, closed_by_shape(found.simple), runs)
        other = self._by_elimination(question, panel)
        if other is None and panel.worth_waiting:
            return None
        if other is None:
            return Finding(True, f"{closed_by_shape(found.simple)}; no engine was needed", ())
        if not other.closed:
            panel.distrust(other.runs[-1], "it contradicts the description of E by linear algebra")
            return None
        return other

    def _by_elimination(self, question: Question, panel: Panel) -> Finding | None:
        from qeclose.formula.builders import AtomShape, membership

        element = membership(question.support, shape=AtomShape.EQUATIONS, positions=question.positions)
        described = self._described[question]
        if described is None or described.simple == TRUE:
            full = panel.decide(ForAll(_point(question), element), without=Ability.ELIMINATE)
            if full is not None and full.value:
                return Finding(True, "every matrix is a product of such factors", (full.run,))
        for outcome in panel.eliminate(element):
            phi = outcome.value
            if phi is None:
                continue
            missed = missed_point(phi, question, self._seed)
            if missed is not None:
                panel.distrust(outcome.run, f"its description of E misses the product {missed}")
                continue
            finding = closure_of_description(simplified(phi, panel), (outcome.run,), panel)
            if finding is not None:
                return finding
        if not panel.has(Ability.ELIMINATE) and described is None and not panel.failures:
            panel.note_limit("neither linear algebra nor an engine asked describes E in the time there is")
        return None


def simplified(phi: Formula, panel: Panel) -> Formula:
    """An engine's description, made simpler as far as the deadline allows."""
    from qeclose.formula.simplify import simplify_description

    seconds = DESCRIPTIONS.simplifying_share * panel.deadline.left()
    return simplify_description(phi, ticking(DESCRIPTIONS.simplifying_steps, seconds))


def closed_by_shape(phi: Formula) -> str:
    """Why a set described by equations and weak inequalities alone is closed."""
    if phi == TRUE:
        return "every matrix is a product of such factors"
    return "E is described by equations and weak inequalities alone"


def _point(question: Question) -> tuple[sympy.Symbol, ...]:
    """The variables of A, row by row."""
    from qeclose.formula.builders import entries

    return tuple(entries(question.support, positions=question.positions).values())


def coordinates(phi: Formula) -> tuple[sympy.Symbol, ...]:
    """The entries of A that ``phi`` speaks of: the closure of a cylinder is that of its base, times the rest."""
    from qeclose.formula.operations import free_variables
    from qeclose.formula.polynomials import natural_order

    return natural_order(free_variables(phi))


def random_member(support: Support, rng: Random) -> list[list[Fraction]]:
    """A product of random factors with the given supports and small integer entries, many of them 0."""
    product: list[list[Fraction]] | None = None
    for mask in support.factors:
        factor = _random_factor(mask, rng)
        if product is None:
            product = factor
        else:
            product = [
                [
                    sum((x * row[j] for x, row in zip(left, factor, strict=True)), Fraction(0))
                    for j in range(mask.n_cols)
                ]
                for left in product
            ]
    assert product is not None  # a support has at least two factors
    return product


def _random_factor(mask: Mask, rng: Random) -> list[list[Fraction]]:
    return [
        [Fraction(rng.choice(DESCRIPTIONS.sample_values) if inside else 0) for inside in row]
        for row in mask.to_lists()
    ]


def missed_point(phi: Formula, question: Question, seed: int) -> str | None:
    """A random element of E at which ``phi`` is false, as text; None if none was found."""
    from qeclose.formula.builders import entries
    from qeclose.formula.operations import evaluate

    rng = Random(seed)
    variables = entries(question.support, positions=question.positions)
    for _ in range(DESCRIPTIONS.samples):
        member = random_member(question.support, rng)
        if not evaluate(phi, {variable: member[i][j] for (i, j), variable in variables.items()}):
            return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in member) + "]"
    return None


def closure_of_description(phi: Formula, elimination: tuple[Run, ...], panel: Panel) -> Finding | None:
    """What ``phi``, a description of E that rests on the runs ``elimination``, says about the closure of E."""
    from qeclose.formula.operations import is_positive_weak, simplify_truth

    phi = simplify_truth(phi)
    if is_positive_weak(phi):
        return Finding(True, closed_by_shape(phi), elimination)
    return (
        _by_line(phi, elimination, panel)
        or _by_relaxation(phi, elimination, panel)
        or _by_definition(phi, elimination, panel)
    )


def _by_line(phi: Formula, elimination: tuple[Run, ...], panel: Panel) -> Finding | None:
    match _solvable(line_leaves(phi), panel):
        case (True, runs):
            reason = "a segment inside E ends in a matrix outside E"
            return Finding(False, reason, (*elimination, *runs))
        case _:
            return None


def _by_relaxation(phi: Formula, elimination: tuple[Run, ...], panel: Panel) -> Finding | None:
    match _solvable(relaxation_exceeds(phi), panel):
        case (False, runs):
            reason = "E equals a closed set: its description without strictness"
            return Finding(True, reason, (*elimination, *runs))
        case _:
            return None


def _solvable(system: Formula, panel: Panel) -> tuple[bool, tuple[Run, ...]] | None:
    """Whether the system has a solution, and the run that says so; no run if it is plain to see."""
    if isinstance(system, Truth):
        return system.value, ()
    outcome = panel.exists(system)
    if outcome is None or outcome.value is None:
        return None
    return outcome.value, (outcome.run,)


def _by_definition(phi: Formula, elimination: tuple[Run, ...], panel: Panel) -> Finding | None:
    from qeclose.formula.builders import frontier_sentence_of

    outcome = panel.decide(frontier_sentence_of(phi, coordinates(phi)))
    if outcome is None:
        return None
    runs = (*elimination, outcome.run)
    if outcome.value:
        return Finding(False, "some matrix outside E is a limit of matrices in E", runs)
    return Finding(True, "no matrix outside E is a limit of matrices in E", runs)
