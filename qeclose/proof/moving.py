"""Proofs about a mask as proofs about a mask that contains it, or its transpose: the symmetries of E (docs/theory.md#r0)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, assert_never, final

from qeclose.proof.deep import Work, done, each
from qeclose.proof.ill_posed import (
    CurveProof,
    EngineRefutation,
    GroupedRefutation,
    MinorRefutation,
    PaddedRefutation,
    Position,
    Refutation,
    TreeRefutation,
)
from qeclose.proof.kinds import MaskProof
from qeclose.proof.trees import (
    ArrangeNode,
    ClearNode,
    Contradiction,
    DivideNode,
    ForgetNode,
    Polynomial,
    Positive,
    ScaleNode,
    Side,
    SolutionLeaf,
    SolveNode,
    SplitNode,
    Tree,
    Variable,
)
from qeclose.proof.well_posed import (
    AbsorbEqualStep,
    AbsorbMatchingStep,
    AskedRank,
    Block,
    Closed,
    Component,
    ConstantRank,
    EmptyTermStep,
    EngineProof,
    FullSpaceProof,
    Lines,
    MergedProof,
    Merging,
    NormalFormCase,
    NormalFormProof,
    OrthogonalChainProof,
    Part,
    Rank,
    ReductionProof,
    RestrictionProof,
    Span,
    SplitTermStep,
    Step,
    TwinCappingStep,
    VarietyProof,
)

__all__ = ["moved_closed", "moved_curve", "moved_proof"]

_OTHER_SIDE: dict[Side, Side] = {"row": "column", "column": "row"}
_OTHER_END: dict[str, Literal["left", "right"]] = {"left": "right", "right": "left"}
_PARTNER = {"x": "y", "y": "x"}

Layer = Mapping[int, int]


def moved_proof(proof: MaskProof, layers: Sequence[Sequence[int]], *, turned: bool) -> MaskProof:
    """A proof about a mask as one about a mask that contains it: vertex i of layer l is ``layers[l][i]`` there.

    ``turned`` says that the larger mask contains the transpose; the layers are still those of the mask of ``proof``. Raises
    ``LookupError`` or ``ValueError`` if the proof names what is not in the mask.
    """
    return done(_Move(_layers(layers), turned).proof(proof))


def moved_curve(proof: CurveProof, layers: Sequence[Sequence[int]], *, turned: bool) -> CurveProof:
    """The same for a curve, which stays one."""
    return done(_Move(_layers(layers), turned).curve(proof))


def moved_closed(proof: Closed, layers: Sequence[Sequence[int]], *, turned: bool) -> Closed:
    """The same for a proof that a mask of two factors is well-posed."""
    return done(_Move(_layers(layers), turned).closed(proof))


def _layers(layers: Iterable[Sequence[int]]) -> list[Layer]:
    return [dict(enumerate(layer)) for layer in layers]


def _transposed(rows: Sequence[str]) -> tuple[str, ...]:
    return tuple("".join(column) for column in zip(*rows, strict=True))


@final
class _Move:
    """One method a notion of docs/certificates.md; those whose parts may be nested to any depth are ``Work``."""

    def __init__(self, layers: Sequence[Layer], turned: bool) -> None:
        self.layers = layers
        self.turned = turned
        self.length = len(layers) - 1
        self.row, self.column = layers[0].__getitem__, layers[-1].__getitem__
        self.variables = _Variables(self)

    def among(self, layers: Sequence[Layer]) -> _Move:
        """The same for the chain that only some of the layers are left of."""
        return _Move(layers, self.turned)

    # Indices

    def id(self, term: int) -> int:
        # Terms made by a reduction have numbers of their own, beyond those of the mask.
        return self.layers[1].get(term, term)

    def ids(self, terms: Iterable[int]) -> tuple[int, ...]:
        return tuple(map(self.id, terms))

    def rows(self, indices: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(map(self.row, indices)))

    def columns(self, indices: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(map(self.column, indices)))

    def line(self, side: Side, line: int) -> int:
        return self.row(line) if side == "row" else self.column(line)

    def set_of_lines(self, side: Side, lines: Iterable[int]) -> tuple[int, ...]:
        return self.rows(lines) if side == "row" else self.columns(lines)

    def lines(self, lines: Lines) -> Lines:
        """Sets of rows and columns."""
        rows, columns = self.rows(lines.rows), self.columns(lines.columns)
        return Lines(columns, rows) if self.turned else Lines(rows, columns)

    def side(self, side: Side) -> Side:
        return _OTHER_SIDE[side] if self.turned else side

    def factor(self, level: int) -> int:
        return self.length - 1 - level if self.turned else level

    def inner_level(self, level: int) -> int:
        """The factor to the left of an inner index."""
        return self.length - 2 - level if self.turned else level

    def pair(self, left: int, right: int) -> tuple[int, int]:
        return (right, left) if self.turned else (left, right)

    def position(self, i: int, j: int) -> Position:
        return self.pair(self.row(i), self.column(j))

    def positions(self, positions: Iterable[Position]) -> tuple[Position, ...]:
        return tuple([self.position(i, j) for i, j in positions])

    # Polynomials and trees

    def variable(self, variable: Variable) -> Variable:
        match variable:
            case ("f" as name, int(level), int(i), int(j)):
                places = self.layers[level][i], self.layers[level + 1][j]
                return (name, self.factor(level), *self.pair(*places))
            case ("a" as name, int(i), int(j)):
                return (name, *self.position(i, j))
            case ("x" | "y" as name, int(term), int(index)):
                line = self.row(index) if name == "x" else self.column(index)
                return (_PARTNER[name] if self.turned else name, self.id(term), line)
            case _:
                raise ValueError(f"no variable: {variable!r}")

    def polynomial(self, polynomial: Polynomial) -> Polynomial:
        moved = self.variables
        return tuple(
            [(c, tuple([(moved[v], exponent) for v, exponent in powers])) for c, powers in polynomial]
        )

    def tree(self, node: Tree) -> Work[Tree]:
        match node:
            case SplitNode(p, zero, nonzero):
                return SplitNode(self.polynomial(p), (yield self.tree(zero)), (yield self.tree(nonzero)))
            case SolveNode(equation, variable, then):
                return SolveNode(equation, self.variables[variable], (yield self.tree(then)))
            case ForgetNode(equation, then):
                return ForgetNode(equation, (yield self.tree(then)))
            case ScaleNode(variable, (level, k), then):
                inner = self.inner_level(level), self.layers[level + 1][k]
                return ScaleNode(self.variables[variable], inner, (yield self.tree(then)))
            case ClearNode(side, line, by, at, then):
                lines = self.line(side, line), self.line(side, by), self.line(_OTHER_SIDE[side], at)
                return ClearNode(self.side(side), *lines, (yield self.tree(then)))
            case DivideNode(side, line, at, then):
                lines_ = self.line(side, line), self.line(_OTHER_SIDE[side], at)
                return DivideNode(self.side(side), *lines_, (yield self.tree(then)))
            case ArrangeNode(rows, columns, zero, nonzero):
                # The order of these lines counts.
                sides = tuple(map(self.row, rows)), tuple(map(self.column, columns))
                sides = sides[::-1] if self.turned else sides
                return ArrangeNode(*sides, (yield self.tree(zero)), (yield self.tree(nonzero)))
            case Contradiction():
                return node
            case Positive(equation, squares):
                return Positive(equation, tuple([(c, self.polynomial(p)) for c, p in squares]))
            case SolutionLeaf(values):
                moved = [(self.variables[w], self.polynomial(p), self.polynomial(q)) for w, p, q in values]
                return SolutionLeaf(tuple(moved))
            case _:
                assert_never(node)

    # Ill-posed

    def curve(self, proof: CurveProof) -> Work[CurveProof]:
        point = tuple([(*self.position(i, j), value) for i, j, value in proof.point])
        factors = tuple(
            [
                tuple([(*self.pair(rows[i], columns[j]), series) for i, j, series in factor])
                for rows, columns, factor in zip(self.layers, self.layers[1:], proof.factors, strict=False)
            ]
        )
        if len(factors) < len(proof.factors):
            raise ValueError("a curve of more factors than the mask")
        refutation: Refutation = yield self.refutation(proof.refutation)
        return CurveProof(point, factors[::-1] if self.turned else factors, refutation)

    def refutation(self, refutation: Refutation) -> Work[Refutation]:
        match refutation:
            case TreeRefutation(positions, tree):
                return TreeRefutation(self.positions(positions), (yield self.tree(tree)))
            case EngineRefutation(positions, engines):
                return EngineRefutation(self.positions(positions), engines)
            case MinorRefutation(positions):
                return MinorRefutation(self.positions(positions))
            case GroupedRefutation(sizes, rest):
                grouped = self.among([self.layers[end] for end in itertools.accumulate(sizes, initial=0)])
                sizes = sizes[::-1] if self.turned else sizes
                return GroupedRefutation(sizes, (yield grouped.refutation(rest)))
            case PaddedRefutation(rows, columns, pads, rest):
                lines = self.lines(Lines(rows, columns))
                taken_out = tuple([(self.id(k), *self.position(i, j)) for k, i, j in pads])
                return PaddedRefutation(*lines, taken_out, (yield self.refutation(rest)))
            case _:
                assert_never(refutation)

    # Well-posed

    def proof(self, proof: MaskProof) -> Work[MaskProof]:
        match proof:
            case CurveProof():
                return (yield from self.curve(proof))
            case OrthogonalChainProof(centre, first):
                end = _OTHER_END[first] if self.turned else first
                return OrthogonalChainProof(self.factor(centre), end)
            case MergedProof():
                return (yield from self.merged(proof))
            case _:
                return (yield from self.closed(proof))

    def closed(self, proof: Closed) -> Work[Closed]:
        match proof:
            case ReductionProof(steps, blocks):
                moved = yield from each(self.block(block) for block in blocks)
                return ReductionProof(tuple(map(self.step, steps)), tuple(moved))
            case NormalFormProof(side, order, cases):
                listed = tuple([self.normal_form_case(side, case) for case in cases])
                return NormalFormProof(self.side(side), self.ids(order), listed)
            case FullSpaceProof(tree):
                return FullSpaceProof((yield self.tree(tree)))
            case VarietyProof(equations, tree):
                return VarietyProof(tuple(map(self.polynomial, equations)), (yield self.tree(tree)))
            case RestrictionProof():
                return (yield from self.restriction(proof))
            case EngineProof():
                return proof
            case _:
                assert_never(proof)

    def block(self, block: Block) -> Work[Block]:
        return Block(self.ids(block.terms), (yield self.closed(block.proof)))

    def restriction(self, proof: RestrictionProof) -> Work[RestrictionProof]:
        terms = self.ids(proof.terms)
        rows = tuple([(self.row(i), there) for i, there in proof.rows])
        columns = tuple([(self.column(j), there) for j, there in proof.columns])
        if not self.turned:
            return RestrictionProof(proof.mask, terms, rows, columns, proof.proof)
        left, right = proof.mask
        # The larger mask keeps its own names; it is only transposed.
        same = self.among(_layers([range(len(left)), range(len(right)), range(len(right[0]))]))
        mask = _transposed(right), _transposed(left)
        return RestrictionProof(mask, terms, columns, rows, (yield same.closed(proof.proof)))

    def step(self, step: Step) -> Step:
        match step:
            case EmptyTermStep(term):
                return EmptyTermStep(self.id(term))
            case TwinCappingStep(side, keep, drop):
                kept, dropped = self.set_of_lines(side, keep), self.set_of_lines(side, drop)
                return TwinCappingStep(self.side(side), kept, dropped)
            case AbsorbEqualStep(terms, components):
                moved = [Component(self.lines(lines), self.lines(cover)) for lines, cover in components]
                return AbsorbEqualStep(self.ids(terms), tuple(moved))
            case AbsorbMatchingStep(side, terms, matching):
                across = _OTHER_SIDE[side]
                matched = [
                    (self.line(side, at), tuple([(self.line(across, i), self.id(k)) for i, k in pairs]))
                    for at, pairs in matching
                ]
                return AbsorbMatchingStep(self.side(side), self.ids(terms), tuple(matched))
            case SplitTermStep(term, parts):
                listed = tuple([Part(self.id(k), self.lines(lines)) for k, lines in parts])
                return SplitTermStep(self.id(term), listed)
            case _:
                assert_never(step)

    def normal_form_case(self, side: Side, case: NormalFormCase) -> NormalFormCase:
        columns = [(self.line(side, j), self.rank(_OTHER_SIDE[side], rank)) for j, rank in case.columns]
        return NormalFormCase(self.ids(case.dropped), tuple(columns))

    def rank(self, across: Side, rank: Rank) -> Rank:
        match rank:
            case ConstantRank(spans, independent):
                moved = [Span(self.set_of_lines(across, rows), self.ids(vectors)) for rows, vectors in spans]
                return ConstantRank(tuple(moved), self.ids(independent))
            case AskedRank():
                return rank
            case _:
                assert_never(rank)

    # More than two factors

    def merged(self, proof: MergedProof) -> Work[MergedProof]:
        layers = list(self.layers)
        merges = []
        for at, steps in proof.merges:
            chain, pair = self.among(layers), self.among(layers[at : at + 3])
            merges.append(Merging(chain.inner_level(at), tuple(map(pair.step, steps))))
            del layers[at + 1]
        return MergedProof(tuple(merges), (yield self.among(layers).proof(proof.proof)))


@final
class _Variables(dict[Variable, Variable]):
    """Where variables go; proofs name few of them, often."""

    def __init__(self, move: _Move) -> None:
        super().__init__()
        self._move = move

    def __missing__(self, variable: Variable) -> Variable:
        moved = self[variable] = self._move.variable(variable)
        return moved
