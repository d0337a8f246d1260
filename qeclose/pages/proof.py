"""The proof in words and formulas: what is checked, and the cases folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from qeclose.pages.formulas import equation, identifier, math, polynomial, variable
from qeclose.pages.markup import Child, Markup, element
from qeclose.proof import Proof, from_json
from qeclose.proof.ill_posed import (
    CurveProof,
    EngineRefutation,
    GroupedRefutation,
    MinorRefutation,
    PaddedRefutation,
    Refutation,
    TreeRefutation,
)
from qeclose.proof.trees import (
    ArrangeNode,
    ClearNode,
    Contradiction,
    DivideNode,
    ForgetNode,
    Positive,
    ScaleNode,
    SolutionLeaf,
    SolveNode,
    SplitNode,
    Tree,
    Variable,
)
from qeclose.proof.well_posed import (
    Block,
    Closed,
    EngineProof,
    FullSpaceProof,
    NormalFormProof,
    ReductionProof,
    RestrictionProof,
    VarietyProof,
)

__all__ = ["proof"]

_MOST_NODES = 400
_MOST_EQUATIONS = 60
_DEEPEST = 60


def proof(certificate: Mapping[str, Any]) -> list[Child]:
    """What an accepted certificate says, as far as a person wants to read it; the checker reads all of it."""
    found = from_json(certificate["proof"])
    match found:
        case CurveProof():
            return [element("p", _READ_OFF), *_refutation(found.refutation, found, _lines(certificate))]
        case ReductionProof():
            return [_of_kind(found), *_blocks(found.blocks)]
        case _:
            return [_of_kind(found)]


def _of_kind(found: Proof) -> Child:
    return element("p", f"The proof is of the kind “{found.kind}”.")


def _lines(certificate: Mapping[str, Any]) -> Sequence[Sequence[int]] | None:
    """Which rows, terms and columns of the whole mask the proof's indices stand for, if it is about a part."""
    part = certificate.get("part_of")
    return None if part is None else part["lines"]


def _blocks(blocks: Sequence[Block]) -> list[Child]:
    items = [element("li", _block_text(block)) for block in blocks[:_MOST_EQUATIONS]]
    return [element("p", "What is left after the simplifications:"), element("ul", *items)] if items else []


def _block_text(block: Block) -> str:
    return f"terms {', '.join(str(term + 1) for term in block.terms)}: {_why(block.proof)}"


def _why(found: Closed) -> str:
    match found:
        case NormalFormProof():
            return "the factors can be kept bounded and orthogonal (theorem N)"
        case FullSpaceProof():
            return "every matrix is a product there, by formulas that cover all cases"
        case VarietyProof():
            return (
                "every matrix that keeps some equations is a product there, by formulas that cover all cases"
            )
        case RestrictionProof():
            return "part of a larger mask of the classification that is well-posed"
        case EngineProof():
            return "an engine's word that every matrix is a product there"
        case ReductionProof():
            return "simplified further, without loss"
        case _:
            assert_never(found)


_READ_OFF = "The product of these factors is A plus terms with a power of t, at every position: multiply and read it off."
_PADDED = "Some terms are taken out by a row and a column of their own (the padding theorem)."
_GROUPED = (
    "Consecutive factors are taken together; A is not even a product of factors with those larger supports."
)
_LEFT = "What is left is refuted by cases; the certificate holds them."
_BY_CASES = "hold. Case by case this leads to a contradiction (a column of X may be scaled, and that of Y by the inverse):"


def _refutation(
    refutation: Refutation, curve: CurveProof, names: Sequence[Sequence[int]] | None
) -> list[Child]:
    match refutation:
        case TreeRefutation(positions, tree):
            telling = _Telling(names)
            equations = [
                element("li", math(telling.equation(i, j, curve))) for i, j in positions[:_MOST_EQUATIONS]
            ]
            return [
                element("p", "That A is no product itself: suppose it is. Then at these positions"),
                element("ol", *equations, class_="scroll"),
                element("p", _BY_CASES),
                element("details", element("summary", "the cases"), telling.node(tree, 0)),
            ]
        case PaddedRefutation():
            return [element("p", _PADDED), element("p", _LEFT)]
        case GroupedRefutation():
            return [element("p", _GROUPED), element("p", _LEFT)]
        case EngineRefutation() | MinorRefutation():
            return [element("p", f"That A is no product itself rests on: {refutation.kind}.")]
        case _:
            assert_never(refutation)


_Step = (
    SolveNode
    | ScaleNode
    | ForgetNode
    | ClearNode
    | DivideNode
    | ArrangeNode
    | Contradiction
    | Positive
    | SolutionLeaf
)


class _Telling:
    """A tree of cases as nested, folded lists."""

    def __init__(self, names: Sequence[Sequence[int]] | None) -> None:
        self._names = names
        self._left = _MOST_NODES

    def variable(self, value: Variable) -> Markup:
        match value:
            case ("f", int(level), int(i), int(k)) if self._names is not None:
                return variable(("f", level, self._names[level][i], self._names[level + 1][k]))
        return variable(value)

    def equation(self, i: int, j: int, curve: CurveProof) -> Markup:
        value = next((text for a, b, text in curve.point if (a, b) == (i, j)), "0")
        row, column = (i, j) if self._names is None else (self._names[0][i], self._names[-1][j])
        letters = element("mrow", identifier("X"), element("msup", identifier("Y"), element("mo", "⊤")))
        product = letters if len(curve.factors) == 2 else element("mtext", "product")
        place = element("mrow", element("mn", row + 1), element("mo", ","), element("mn", column + 1))
        product = element("msub", element("mrow", element("mo", "("), product, element("mo", ")")), place)
        return equation(product, element("mtext", value))

    def node(self, node: Tree, depth: int) -> Markup:
        items: list[Child] = []
        while True:
            self._left -= 1
            if self._left < 0 or depth > _DEEPEST:
                items.append(element("li", "… further cases: the certificate has them"))
                return element("ul", *items)
            if isinstance(node, SplitNode):
                p = polynomial(node.polynomial, self.variable)
                for below, sign in ((node.zero, "="), (node.nonzero, "≠")):
                    summary = element("summary", "case ", math(p, element("mo", sign), element("mn", 0)))
                    items.append(element("li", element("details", summary, self.node(below, depth + 1))))
                return element("ul", *items)
            step, following = self._step(node)
            items.append(element("li", step))
            if following is None:
                return element("ul", *items)
            node = following

    def _step(self, node: _Step) -> tuple[Child, Tree | None]:
        """What a node that distinguishes no cases does, and what comes after it."""
        match node:
            case SolveNode(e, v, then):
                return [f"equation {e + 1} gives ", math(self.variable(v))], then
            case ScaleNode(v, _, then):
                return ["scale so that ", math(equation(self.variable(v), element("mn", 1)))], then
            case ForgetNode(e, then):
                return f"equation {e + 1} is not needed any more", then
            case ClearNode():
                return "step: clear", node.then
            case DivideNode():
                return "step: divide", node.then
            case ArrangeNode():
                return "step: arrange, zero, nonzero", None
            case Contradiction(int(e)):
                return f"equation {e + 1} now says that something nonzero is 0: contradiction", None
            case Contradiction():
                return "something nonzero has become 0: contradiction", None
            case Positive(e, _):
                squares = "a sum of squares, one of them nonzero, is 0"
                return f"equation {e + 1} now says that {squares}: contradiction", None
            case SolutionLeaf():
                return "step: solution", None
            case _:
                assert_never(node)
