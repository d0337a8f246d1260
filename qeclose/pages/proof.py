"""The proof in words and formulas: what is checked, and the cases folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qeclose.pages.formulas import equation, identifier, math, polynomial, variable
from qeclose.pages.markup import Child, Markup, element

__all__ = ["proof"]

_MOST_NODES = 400
_MOST_EQUATIONS = 60
_DEEPEST = 60


def proof(certificate: Mapping[str, Any]) -> list[Child]:
    """What a certificate says, as far as a person wants to read it; the checker reads all of it."""
    found = certificate.get("proof")
    if not isinstance(found, dict):
        return []
    names = _lines(certificate)
    match found.get("kind"):
        case "curve":
            return [
                element(
                    "p",
                    _READ_OFF,
                ),
                *_refutation(found["refutation"], found, names),
            ]
        case kind:
            return [element("p", f"The proof is of the kind “{kind}”."), *_blocks(found)]


def _lines(certificate: Mapping[str, Any]) -> Sequence[Sequence[int]] | None:
    """Which rows, terms and columns of the whole mask the proof's indices stand for, if it is about a part."""
    part = certificate.get("part_of")
    return None if part is None else part["lines"]


def _blocks(found: Mapping[str, Any]) -> list[Child]:
    blocks = found.get("blocks", [])
    items = [element("li", _block_text(block)) for block in blocks[:_MOST_EQUATIONS]]
    return [element("p", "What is left after the simplifications:"), element("ul", *items)] if items else []


def _block_text(block: Mapping[str, Any]) -> str:
    terms, kind = ", ".join(str(term + 1) for term in block["terms"]), block["proof"]["kind"]
    return f"terms {terms}: {_KINDS.get(kind, kind)}"


_READ_OFF = "The product of these factors is A plus terms with a power of t, at every position: multiply and read it off."
_BY_CASES = "hold. Case by case this leads to a contradiction (a column of X may be scaled, and that of Y by the inverse):"

_KINDS = {
    "normal-form": "the factors can be kept bounded and orthogonal (theorem N)",
    "full-space": "every matrix is a product there, by formulas that cover all cases",
    "variety": "every matrix that keeps some equations is a product there, by formulas that cover all cases",
    "restriction": "part of a larger mask of the classification that is well-posed",
    "engine": "an engine's word that every matrix is a product there",
}


def _refutation(
    refutation: Mapping[str, Any], curve: Mapping[str, Any], names: Sequence[Sequence[int]] | None
) -> list[Child]:
    match refutation["kind"]:
        case "tree":
            telling = _Telling(names)
            equations = [
                element("li", math(telling.equation(i, j, curve)))
                for i, j in refutation["positions"][:_MOST_EQUATIONS]
            ]
            return [
                element("p", "That A is no product itself: suppose it is. Then at these positions"),
                element("ol", *equations, class_="scroll"),
                element("p", _BY_CASES),
                element("details", element("summary", "the cases"), telling.node(refutation["tree"], 0)),
            ]
        case "padded" | "grouped":
            word = (
                "Some terms are taken out by a row and a column of their own (the padding theorem)."
                if refutation["kind"] == "padded"
                else "Consecutive factors are taken together; A is not even a product of factors with those larger supports."
            )
            return [
                element("p", word),
                element("p", "What is left is refuted by cases; the certificate holds them."),
            ]
        case kind:
            return [element("p", f"That A is no product itself rests on: {kind}.")]


class _Telling:
    """A tree of cases as nested, folded lists."""

    def __init__(self, names: Sequence[Sequence[int]] | None) -> None:
        self._names = names
        self._left = _MOST_NODES

    def variable(self, value: Any) -> Markup:
        match value:
            case ["f", int(level), int(i), int(k)] if self._names is not None:
                return variable(["f", level, self._names[level][i], self._names[level + 1][k]])
        return variable(value)

    def equation(self, i: int, j: int, curve: Mapping[str, Any]) -> Markup:
        value = next((text for a, b, text in curve["point"] if (a, b) == (i, j)), "0")
        row, column = (i, j) if self._names is None else (self._names[0][i], self._names[-1][j])
        letters = element("mrow", identifier("X"), element("msup", identifier("Y"), element("mo", "⊤")))
        product = letters if len(curve["factors"]) == 2 else element("mtext", "product")
        place = element("mrow", element("mn", row + 1), element("mo", ","), element("mn", column + 1))
        product = element("msub", element("mrow", element("mo", "("), product, element("mo", ")")), place)
        return equation(product, element("mtext", value))

    def node(self, node: Mapping[str, Any], depth: int) -> Markup:
        items: list[Child] = []
        while True:
            self._left -= 1
            if self._left < 0 or depth > _DEEPEST:
                items.append(element("li", "… further cases: the certificate has them"))
                return element("ul", *items)
            if "split" in node:
                p = polynomial(node["split"], self.variable)
                for key, sign in (("zero", "="), ("nonzero", "≠")):
                    case = math(p, element("mo", sign), element("mn", 0))
                    items.append(
                        element(
                            "li",
                            element(
                                "details", element("summary", "case ", case), self.node(node[key], depth + 1)
                            ),
                        )
                    )
                return element("ul", *items)
            items.append(element("li", self._step(node)))
            if "then" not in node:
                return element("ul", *items)
            node = node["then"]

    def _step(self, node: Mapping[str, Any]) -> Child:
        match node:
            case {"solve": [int(e), v]}:
                return [f"equation {e + 1} gives ", math(self.variable(v))]
            case {"scale": v}:
                return ["scale so that ", math(equation(self.variable(v), element("mn", 1)))]
            case {"contradiction": int(e)}:
                return f"equation {e + 1} now says that something nonzero is 0: contradiction"
            case {"contradiction": _}:
                return "something nonzero has become 0: contradiction"
            case {"positive": int(e)}:
                return f"equation {e + 1} now says that a sum of squares, one of them nonzero, is 0: contradiction"
            case {"forget": int(e)}:
                return f"equation {e + 1} is not needed any more"
            case _:
                return f"step: {', '.join(key for key in node if key != 'then')}"
