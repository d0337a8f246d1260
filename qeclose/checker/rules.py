"""Which function checks which kind of proof of which claim, and where its theorem stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, final

from qeclose.checker.chain import check_chain_cases, check_merged, check_orthogonal
from qeclose.checker.claims import (
    BoundedIllPosed,
    BoundedWellPosed,
    Claim,
    Closed,
    ClosedChain,
    DataSetWithout,
    Frontier,
    IllPosed,
    Inside,
    NotIn,
    Obligation,
    Outside,
    Sentence,
    Step,
    TrainingIllPosed,
)
from qeclose.checker.curve import (
    check_asked,
    check_curve,
    check_grouped,
    check_padded,
    check_refuting_tree,
)
from qeclose.checker.dataset import check_dataset, check_frontier
from qeclose.checker.goals import check_asked_full_space, check_full_space, check_variety
from qeclose.checker.location import check_entry, check_factors, check_not_in_closed, check_rank
from qeclose.checker.minor import check_minor
from qeclose.checker.normal_form import check_normal_form
from qeclose.checker.questions import engine_names, plain_sentence
from qeclose.checker.reading import Path, fields
from qeclose.checker.reduction import check_reduction
from qeclose.checker.restriction import check_restriction
from qeclose.checker.union import check_union
from qeclose.checker.union_closed import check_bounds_rule, check_cover

__all__ = ["RULES", "Rule", "step"]


@final
class Rule(NamedTuple):
    """``check(proof, path, claim)`` raises ``CertificateError`` unless the proof is one, up to what its step leaves.

    ``page`` is the page of ``docs/`` with the theorem, and the section that has it.
    """

    check: Callable[[Any, Path, Any], Step]
    page: str


def _check_sentence(proof: Any, path: Path, claim: Sentence) -> Step:
    _, _, engines = fields(proof, path, "kind", "statement", "engines")
    names = engine_names(engines, path / "engines")
    question = plain_sentence(
        claim.factors, claim.missing, ill_posed=claim.ill_posed, path=str(path), recorded=names
    )
    found = "the claim rests on the word of an engine about the plain sentence"
    return Step((found,), questions=[question])


RULES: Final[dict[tuple[type[Claim], str], Rule]] = {
    (IllPosed, "curve"): Rule(check_curve, "certificates.md#ill-posed"),
    (Frontier, "curve"): Rule(check_curve, "certificates.md#where-one-matrix-lies"),
    (NotIn, "tree"): Rule(check_refuting_tree, "certificates.md#polynomials-variables-trees"),
    (NotIn, "engine"): Rule(check_asked, "certificates.md#ill-posed"),
    (NotIn, "minor"): Rule(check_minor, "certificates.md#ill-posed"),
    (NotIn, "grouped"): Rule(check_grouped, "certificates.md#ill-posed"),
    (NotIn, "padded"): Rule(check_padded, "certificates.md#ill-posed"),
    (Closed, "reduction"): Rule(check_reduction, "certificates.md#well-posed"),
    (Closed, "normal-form"): Rule(check_normal_form, "certificates.md#well-posed"),
    (Closed, "full-space"): Rule(check_full_space, "certificates.md#well-posed"),
    (Closed, "variety"): Rule(check_variety, "certificates.md#well-posed"),
    (Closed, "restriction"): Rule(check_restriction, "certificates.md#well-posed"),
    (Closed, "engine"): Rule(check_asked_full_space, "certificates.md#well-posed"),
    (ClosedChain, "orthogonal-chain"): Rule(check_orthogonal, "certificates.md#more-than-two-factors"),
    (ClosedChain, "merged"): Rule(check_merged, "certificates.md#more-than-two-factors"),
    (ClosedChain, "full-space"): Rule(check_chain_cases, "certificates.md#more-than-two-factors"),
    (ClosedChain, "variety"): Rule(check_chain_cases, "certificates.md#more-than-two-factors"),
    (Sentence, "engine"): Rule(_check_sentence, "certificates.md#well-posed"),
    (TrainingIllPosed, "relu-data-set"): Rule(check_frontier, "certificates.md#training-without-an-optimum"),
    (DataSetWithout, "relu-data-set"): Rule(check_dataset, "certificates.md#training-without-an-optimum"),
    (BoundedIllPosed, "union"): Rule(check_union, "certificates.md#cardinality-constraints"),
    (BoundedWellPosed, "bounds-rule"): Rule(check_bounds_rule, "certificates.md#cardinality-constraints"),
    (BoundedWellPosed, "cover"): Rule(check_cover, "certificates.md#cardinality-constraints"),
    (Inside, "factors"): Rule(check_factors, "certificates.md#where-one-matrix-lies"),
    (Outside, "entry"): Rule(check_entry, "certificates.md#where-one-matrix-lies"),
    (Outside, "rank"): Rule(check_rank, "certificates.md#where-one-matrix-lies"),
    (Outside, "closed"): Rule(check_not_in_closed, "certificates.md#where-one-matrix-lies"),
}


def step(obligation: Obligation) -> Step:
    """Check one proof up to what it leaves to be proved. Raises ``CertificateError``."""
    claim, proof, path, _ = obligation
    kind = proof.get("kind") if type(proof) is dict else None
    rule = RULES.get((type(claim), kind)) if type(kind) is str else None
    if rule is None:
        raise (path / "kind").error(claim.wanted)
    return rule.check(proof, path, claim)
