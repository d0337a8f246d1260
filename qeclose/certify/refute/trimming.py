"""Trees cut down to the equations that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from qeclose.proof.deep import Work, done
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
)

__all__ = ["equations_used", "renumbered"]


def equations_used(tree: Tree) -> set[int]:
    """The equations a tree solves or contradicts, those of its case distinctions included."""
    used: set[int] = set()
    pending = [tree]
    while pending:
        node = pending.pop()
        match node:
            case SplitNode() | ArrangeNode():
                pending += [node.zero, node.nonzero]
            case SolveNode():
                used.add(node.equation)
                pending.append(node.then)
            case ForgetNode() | ScaleNode() | ClearNode() | DivideNode():
                pending.append(node.then)
            case Contradiction():
                used |= set() if node.equation == "unit" else {node.equation}
            case Positive():
                used.add(node.equation)
            case SolutionLeaf():
                pass
            case _:
                assert_never(node)
    return used


def renumbered(tree: Tree, place: Callable[[int], int]) -> Tree:
    """The tree with the number of every equation replaced."""
    return done(_renumbered(tree, place))


def _renumbered(node: Tree, place: Callable[[int], int]) -> Work[Tree]:
    match node:
        case SplitNode(p, zero, nonzero):
            return SplitNode(p, (yield _renumbered(zero, place)), (yield _renumbered(nonzero, place)))
        case SolveNode(equation, variable, then):
            return SolveNode(place(equation), variable, (yield _renumbered(then, place)))
        case ForgetNode(equation, then):
            return ForgetNode(place(equation), (yield _renumbered(then, place)))
        case ScaleNode(variable, inner, then):
            return ScaleNode(variable, inner, (yield _renumbered(then, place)))
        case ClearNode(side, line, by, at, then):
            return ClearNode(side, line, by, at, (yield _renumbered(then, place)))
        case DivideNode(side, line, at, then):
            return DivideNode(side, line, at, (yield _renumbered(then, place)))
        case ArrangeNode(rows, columns, zero, nonzero):
            below = (yield _renumbered(zero, place)), (yield _renumbered(nonzero, place))
            return ArrangeNode(rows, columns, *below)
        case Contradiction(equation):
            return node if equation == "unit" else Contradiction(place(equation))
        case Positive(equation, squares):
            return Positive(place(equation), squares)
        case SolutionLeaf():
            return node
        case _:
            assert_never(node)
