"""Proofs that a mask is well-posed (docs/certificates.md, "Well-posed", "More than two factors")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, final

from qeclose.proof.ill_posed import Engine
from qeclose.proof.trees import Polynomial, Side, Tree
from qeclose.support.mask import Mask

__all__ = [
    "AbsorbEqualStep",
    "AbsorbMatchingStep",
    "AskedRank",
    "Block",
    "Closed",
    "ClosedChain",
    "Component",
    "ConstantRank",
    "Drawn",
    "EmptyTermStep",
    "EngineProof",
    "FullSpaceProof",
    "Lines",
    "MergedProof",
    "Merging",
    "NormalFormCase",
    "NormalFormProof",
    "OrthogonalChainProof",
    "Part",
    "Rank",
    "ReductionProof",
    "RestrictionProof",
    "Span",
    "SplitTermStep",
    "Step",
    "TwinCappingStep",
    "VarietyProof",
    "drawn",
    "left_by_reductions",
]

Drawn = tuple[tuple[str, ...], ...]
"""The masks of some factors, each as rows of digits."""


def drawn(masks: Iterable[Mask]) -> Drawn:
    """The masks as proofs have them."""
    return tuple([tuple(mask.to_strings()) for mask in masks])


class Lines(NamedTuple):
    """Some rows and some columns."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]


# The steps of a reduction


@final
@dataclass(frozen=True, slots=True)
class EmptyTermStep:
    """R1, R6: the term holds no position outside W."""

    rule: ClassVar = "empty-term"
    term: int


@final
@dataclass(frozen=True, slots=True)
class TwinCappingStep:
    """R3: of lines that meet the same terms as many are kept as there are terms."""

    rule: ClassVar = "twin-capping"
    side: Side
    keep: tuple[int, ...]
    drop: tuple[int, ...]


class Component(NamedTuple):
    """A part of the common rectangle of some terms, and lines that cover its positions outside W."""

    lines: Lines
    cover: Lines


@final
@dataclass(frozen=True, slots=True)
class AbsorbEqualStep:
    """R4a: terms with one rectangle make anything in it, column by column or row by row of the covers."""

    rule: ClassVar = "absorb-equal"
    terms: tuple[int, ...]
    components: tuple[Component, ...]


@final
@dataclass(frozen=True, slots=True)
class AbsorbMatchingStep:
    """R4b: for each line (j, ((i, term), …)) the lines i that it crosses are matched to terms."""

    rule: ClassVar = "absorb-matching"
    side: Side
    terms: tuple[int, ...]
    matching: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


class Part(NamedTuple):
    """A part of a term, a term of its own from there on."""

    id: int
    lines: Lines


@final
@dataclass(frozen=True, slots=True)
class SplitTermStep:
    """R5, R6: the parts hold all positions of the term outside W."""

    rule: ClassVar = "split-term"
    term: int
    parts: tuple[Part, ...]


Step = EmptyTermStep | TwinCappingStep | AbsorbEqualStep | AbsorbMatchingStep | SplitTermStep


# Two factors


class Block(NamedTuple):
    """Some of the terms that a reduction leaves, and the proof of theirs."""

    terms: tuple[int, ...]
    proof: Closed


@final
@dataclass(frozen=True, slots=True, eq=False)
class ReductionProof:
    """Steps that keep the question, and a proof for each block of what they leave."""

    kind: ClassVar = "reduction"
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...]


class Span(NamedTuple):
    """Vectors that span these rows."""

    rows: tuple[int, ...]
    vectors: tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class ConstantRank:
    """Spans, one after the other, and vectors that are independent on what they leave."""

    spans: tuple[Span, ...]
    independent: tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class AskedRank:
    """The word of engines that the vectors are independent, or span the rows."""

    statement: str
    engines: tuple[Engine, ...]


Rank = ConstantRank | AskedRank


class NormalFormCase(NamedTuple):
    """The terms that are forced to be dropped, and why the rank at each column is constant then."""

    dropped: tuple[int, ...]
    columns: tuple[tuple[int, Rank], ...]


@final
@dataclass(frozen=True, slots=True)
class NormalFormProof:
    """Theorem N: factors stay bounded if the columns of X are orthogonalised in this order."""

    kind: ClassVar = "normal-form"
    side: Side
    order: tuple[int, ...]
    cases: tuple[NormalFormCase, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class FullSpaceProof:
    """Every matrix is a product, by cases. Also of more than two factors."""

    kind: ClassVar = "full-space"
    tree: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class VarietyProof:
    """Every matrix that keeps these equations is a product, by cases. Also of more than two factors."""

    kind: ClassVar = "variety"
    equations: tuple[Polynomial, ...]
    tree: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class RestrictionProof:
    """Part of a larger mask that ``proof`` is about; ``rows`` and ``columns`` pair lines here with lines there."""

    kind: ClassVar = "restriction"
    mask: Drawn
    terms: tuple[int, ...]
    rows: tuple[tuple[int, int], ...]
    columns: tuple[tuple[int, int], ...]
    proof: Closed


@final
@dataclass(frozen=True, slots=True)
class EngineProof:
    """The word of engines that a sentence holds: "full-space", or at the top "sentence"."""

    kind: ClassVar = "engine"
    statement: str
    engines: tuple[Engine, ...]


Closed = ReductionProof | NormalFormProof | FullSpaceProof | VarietyProof | RestrictionProof | EngineProof


def left_by_reductions(proof: Closed) -> Iterator[Closed]:
    """The proofs of the blocks that reductions, one in another, leave; the proof itself if it is no reduction."""
    pending = [proof]
    while pending:
        part = pending.pop()
        if isinstance(part, ReductionProof):
            pending.extend(block.proof for block in reversed(part.blocks))
        else:
            yield part


# More than two factors


@final
@dataclass(frozen=True, slots=True)
class OrthogonalChainProof:
    """All factors but one can be made orthogonal towards that one."""

    kind: ClassVar = "orthogonal-chain"
    centre: int
    first: Literal["left", "right"]


class Merging(NamedTuple):
    """Factors ``at`` and the next are replaced by one; the steps leave no term of the two."""

    at: int
    steps: tuple[Step, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class MergedProof:
    """The chain that these merges leave has a closed set E."""

    kind: ClassVar = "merged"
    merges: tuple[Merging, ...]
    proof: Closed | ClosedChain


ClosedChain = OrthogonalChainProof | MergedProof | FullSpaceProof | VarietyProof
