"""Proofs to JSON: the only writer. Its fields and their order are those of docs/certificates.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from qeclose.proof.bounds import (
    BoundsRuleProof,
    Cases,
    ClosedMember,
    CoverProof,
    EntryCase,
    RefutedCase,
    UnionProof,
    VanishingMember,
)
from qeclose.proof.deep import Work, done, each
from qeclose.proof.ill_posed import (
    CurveProof,
    Engine,
    EngineRefutation,
    GroupedRefutation,
    MinorRefutation,
    PaddedRefutation,
    Refutation,
    TreeRefutation,
)
from qeclose.proof.kinds import BoundedProof, LocationProof, Proof
from qeclose.proof.location import EntryProof, FactorsProof, NotInClosedProof, RankProof
from qeclose.proof.training import DataSetProof
from qeclose.proof.trees import (
    ArrangeNode,
    ClearNode,
    Contradiction,
    DivideNode,
    ForgetNode,
    Polynomial,
    Positive,
    ScaleNode,
    SolutionLeaf,
    SolveNode,
    SplitNode,
    Tree,
)
from qeclose.proof.well_posed import (
    AbsorbEqualStep,
    AbsorbMatchingStep,
    AskedRank,
    Closed,
    ConstantRank,
    Drawn,
    EmptyTermStep,
    EngineProof,
    FullSpaceProof,
    Lines,
    MergedProof,
    NormalFormProof,
    OrthogonalChainProof,
    Rank,
    ReductionProof,
    RestrictionProof,
    SplitTermStep,
    Step,
    TwinCappingStep,
    VarietyProof,
)

__all__ = ["polynomial_to_json", "refutation_to_json", "step_to_json", "to_json", "tree_to_json"]

Json = dict[str, Any]


def to_json(proof: Proof) -> Json:
    """The proof as docs/certificates.md describes it."""
    return done(_proof(proof))


def refutation_to_json(refutation: Refutation) -> Json:
    """The refutation likewise."""
    return done(_refutation(refutation))


def tree_to_json(tree: Tree) -> Json:
    """The tree likewise."""
    return done(_tree(tree))


def _proof(proof: Proof) -> Work[Json]:
    match proof:
        case CurveProof():
            return (yield from _curve(proof))
        case (
            ReductionProof()
            | NormalFormProof()
            | FullSpaceProof()
            | VarietyProof()
            | RestrictionProof()
            | EngineProof()
        ):
            return (yield from _closed(proof))
        case OrthogonalChainProof() | MergedProof():
            return (yield from _chain(proof))
        case DataSetProof():
            return (yield from _data_set(proof))
        case UnionProof() | BoundsRuleProof() | CoverProof():
            return (yield from _bounded(proof))
        case FactorsProof() | EntryProof() | RankProof() | NotInClosedProof():
            return (yield from _location(proof))
        case _:
            assert_never(proof)


# Polynomials, variables, trees


def polynomial_to_json(polynomial: Polynomial) -> list[Any]:
    """The polynomial as docs/certificates.md describes it."""
    return [[c, [[list(v), exponent] for v, exponent in powers]] for c, powers in polynomial]


def _polynomials(listed: Iterable[Polynomial]) -> list[Any]:
    return [polynomial_to_json(p) for p in listed]


def _tree(node: Tree) -> Work[Json]:
    match node:
        case SplitNode():
            p = polynomial_to_json(node.polynomial)
            return {"split": p, "zero": (yield _tree(node.zero)), "nonzero": (yield _tree(node.nonzero))}
        case SolveNode():
            return {"solve": [node.equation, list(node.variable)], "then": (yield _tree(node.then))}
        case ForgetNode():
            return {"forget": node.equation, "then": (yield _tree(node.then))}
        case ScaleNode():
            inner = list(node.inner)
            return {"scale": list(node.variable), "inner": inner, "then": (yield _tree(node.then))}
        case ClearNode():
            where = {"side": node.side, "line": node.line, "by": node.by, "at": node.at}
            return {"clear": where, "then": (yield _tree(node.then))}
        case DivideNode():
            where = {"side": node.side, "line": node.line, "at": node.at}
            return {"divide": where, "then": (yield _tree(node.then))}
        case ArrangeNode():
            return {
                "arrange": _lines(Lines(node.rows, node.columns)),
                "zero": (yield _tree(node.zero)),
                "nonzero": (yield _tree(node.nonzero)),
            }
        case Contradiction():
            return {"contradiction": node.equation}
        case Positive():
            squares = [[c, polynomial_to_json(p)] for c, p in node.squares]
            return {"positive": node.equation, "squares": squares}
        case SolutionLeaf():
            values = [[list(w), polynomial_to_json(p), polynomial_to_json(q)] for w, p, q in node.values]
            return {"solution": values}
        case _:
            assert_never(node)


# Ill-posed


def _curve(proof: CurveProof) -> Work[Json]:
    return {
        "kind": proof.kind,
        "point": _listed(proof.point),
        "factors": [[[i, j, _listed(series)] for i, j, series in factor] for factor in proof.factors],
        "refutation": (yield _refutation(proof.refutation)),
    }


def _refutation(refutation: Refutation) -> Work[Json]:
    match refutation:
        case TreeRefutation(positions, tree):
            return {
                "kind": refutation.kind,
                "positions": _listed(positions),
                "tree": (yield _tree(tree)),
            }
        case EngineRefutation(positions, engines):
            return {
                "kind": refutation.kind,
                "positions": _listed(positions),
                "engines": _engines(engines),
            }
        case MinorRefutation(positions):
            return {"kind": refutation.kind, "positions": _listed(positions)}
        case GroupedRefutation(sizes, rest):
            return {"kind": refutation.kind, "sizes": list(sizes), "refutation": (yield _refutation(rest))}
        case PaddedRefutation(rows, columns, pads, rest):
            return {
                "kind": refutation.kind,
                "rows": list(rows),
                "columns": list(columns),
                "pads": _listed(pads),
                "refutation": (yield _refutation(rest)),
            }
        case _:
            assert_never(refutation)


# Well-posed


def _closed(proof: Closed) -> Work[Json]:
    match proof:
        case ReductionProof(steps, blocks):
            proofs = yield from each(_closed(block.proof) for block in blocks)
            listed = [
                {"terms": list(block.terms), "proof": inner}
                for block, inner in zip(blocks, proofs, strict=True)
            ]
            return {"kind": proof.kind, "steps": _steps(steps), "blocks": listed}
        case NormalFormProof(side, order, cases):
            told = [
                {"dropped": list(case.dropped), "columns": [[j, _rank(rank)] for j, rank in case.columns]}
                for case in cases
            ]
            return {"kind": proof.kind, "side": side, "order": list(order), "cases": told}
        case FullSpaceProof(tree):
            return {"kind": proof.kind, "tree": (yield _tree(tree))}
        case VarietyProof(equations, tree):
            return {
                "kind": proof.kind,
                "equations": _polynomials(equations),
                "tree": (yield _tree(tree)),
            }
        case RestrictionProof(mask, terms, rows, columns, inner):
            return {
                "kind": proof.kind,
                "mask": {"factors": _masks(mask)},
                "terms": list(terms),
                "rows": _listed(rows),
                "columns": _listed(columns),
                "proof": (yield _closed(inner)),
            }
        case EngineProof(statement, engines):
            return {"kind": proof.kind, "statement": statement, "engines": _engines(engines)}
        case _:
            assert_never(proof)


def _steps(steps: Iterable[Step]) -> list[Json]:
    return [step_to_json(step) for step in steps]


def step_to_json(step: Step) -> Json:
    """The step of a reduction as docs/certificates.md describes it."""
    match step:
        case EmptyTermStep(term):
            return {"rule": step.rule, "term": term}
        case TwinCappingStep(side, keep, drop):
            return {"rule": step.rule, "side": side, "keep": list(keep), "drop": list(drop)}
        case AbsorbEqualStep(terms, components):
            listed = [{**_lines(lines), "cover": _lines(cover)} for lines, cover in components]
            return {"rule": step.rule, "terms": list(terms), "components": listed}
        case AbsorbMatchingStep(side, terms, matching):
            matched = [[j, _listed(pairs)] for j, pairs in matching]
            return {"rule": step.rule, "side": side, "terms": list(terms), "matching": matched}
        case SplitTermStep(term, parts):
            return {
                "rule": step.rule,
                "term": term,
                "parts": [{"id": k, **_lines(part)} for k, part in parts],
            }
        case _:
            assert_never(step)


def _rank(rank: Rank) -> Json:
    match rank:
        case ConstantRank(spans, independent):
            listed = [{"rows": list(rows), "vectors": list(vectors)} for rows, vectors in spans]
            return {"spans": listed, "independent": list(independent)}
        case AskedRank(statement, engines):
            return {"statement": statement, "engines": _engines(engines)}
        case _:
            assert_never(rank)


# More than two factors


def _chain(proof: OrthogonalChainProof | MergedProof) -> Work[Json]:
    match proof:
        case OrthogonalChainProof(centre, first):
            return {"kind": proof.kind, "centre": centre, "first": first}
        case MergedProof(merges, rest):
            listed = [{"at": at, "steps": _steps(steps)} for at, steps in merges]
            return {"kind": proof.kind, "merges": listed, "proof": (yield _proof(rest))}
        case _:
            assert_never(proof)


# Training without an optimum


def _data_set(proof: DataSetProof) -> Work[Json]:
    weights = proof.weights
    return {
        "kind": proof.kind,
        "biases": {"hidden": proof.biases.hidden, "output": proof.biases.output},
        "frontier": (yield _curve(proof.frontier)),
        "rows": list(proof.rows),
        "columns": list(proof.columns),
        "parameters": list(proof.parameters),
        "inputs": _listed(proof.inputs),
        "targets": _listed(proof.targets),
        "time": proof.time,
        "weights": {
            "W1": _listed(weights.W1),
            "b1": list(weights.b1),
            "W2": _listed(weights.W2),
            "b2": list(weights.b2),
        },
        "loss": proof.loss,
    }


# Cardinality constraints


def _bounded(proof: BoundedProof) -> Work[Json]:
    match proof:
        case UnionProof(member, curve, cases):
            return {
                "kind": proof.kind,
                "member": _masks(member),
                "curve": (yield _curve(curve)),
                "cases": (yield _cases(cases)),
            }
        case BoundsRuleProof(rule, factor):
            return {"kind": proof.kind, "rule": rule, "factor": factor}
        case CoverProof(parts):
            return {"kind": proof.kind, "parts": (yield from each(map(_member, parts)))}
        case _:
            assert_never(proof)


def _cases(cases: Cases) -> Work[Json]:
    match cases:
        case RefutedCase(refutation):
            return {"refutation": (yield _refutation(refutation))}
        case EntryCase(entry, inside, outside):
            return {"entry": list(entry), "in": (yield _cases(inside)), "out": (yield _cases(outside))}
        case _:
            assert_never(cases)


def _member(member: ClosedMember | VanishingMember) -> Work[Json]:
    match member:
        case ClosedMember(factors, proof):
            return {"factors": _masks(factors), "proof": (yield _proof(proof))}
        case VanishingMember(factors, vanishing, tree):
            equations = _polynomials(vanishing)
            return {"factors": _masks(factors), "vanishing": equations, "tree": (yield _tree(tree))}
        case _:
            assert_never(member)


# Where one matrix lies


def _location(proof: LocationProof) -> Work[Json]:
    match proof:
        case FactorsProof(factors):
            return {"kind": proof.kind, "factors": [_listed(factor) for factor in factors]}
        case EntryProof(row, column):
            return {"kind": proof.kind, "row": row, "column": column}
        case RankProof(rows, columns):
            return {"kind": proof.kind, "rows": list(rows), "columns": list(columns)}
        case NotInClosedProof(well_posed, refutation):
            return {
                "kind": proof.kind,
                "well_posed": (yield _closed(well_posed)),
                "refutation": (yield _refutation(refutation)),
            }
        case _:
            assert_never(proof)


# Values


def _listed(entries: Iterable[Iterable[Any]]) -> list[Any]:
    return [list(entry) for entry in entries]


def _masks(factors: Drawn) -> list[Any]:
    return _listed(factors)


def _lines(lines: Lines) -> Json:
    return {"rows": list(lines.rows), "columns": list(lines.columns)}


def _engines(engines: Iterable[Engine]) -> list[Any]:
    return [{"name": engine.name, "version": engine.version} for engine in engines]
