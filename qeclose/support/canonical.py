"""R0: the canonical form of a support up to permutations of rows, columns and terms, and transposition.

A support of L factors is a graph with L + 1 layers of vertices (rows of A, the inner indices, columns of A) and
an edge for every position inside a factor, and one from a row to a column for every missing entry. Permuting within
the layers, or reversing the order of the factors and transposing each, changes neither whether E is closed nor
anything else of interest. A canonical labelling of the coloured graph (BLISS, through igraph) therefore gives one
representative of all these supports.

Twins, vertices of a layer with the same neighbours, are labelled as one vertex whose colour tells their number:
full and block low-rank masks have huge symmetry groups that say nothing but this.

Two factors with few terms need no graph: once the terms have an order, rows and columns are sorted. The least of what
the orders give is the form; only terms of the same degrees change places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from itertools import chain, groupby, permutations, product
from typing import NamedTuple, final

from qeclose.support.bits import bits
from qeclose.support.bounded import BoundedSupport
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.relabelling import Relabelling

__all__ = ["MAX_LABELLED", "CanonicalForm", "canonical_form", "digest"]

_FEW_TERMS = 4

MAX_LABELLED = 20_000
"""Edges of the graph without twins beyond which a support is taken as it is.

Random and triangular masks of that size take milliseconds, but the 20,480 edges of a butterfly of order 1024 take
0.3 s and the 98,304 of order 4096 already 13 s, and igraph knows no time limit.
"""


@final
@dataclass(frozen=True)
class CanonicalForm:
    """A support's canonical representative, and how to get there: ``support`` is ``forward`` of the one given.

    Two supports of at most ``MAX_LABELLED`` edges (twins counted once) have equal ``support`` exactly if they are
    equal up to R0. Larger ones are their own form: ``forward`` is the identity.
    """

    support: Support
    forward: Relabelling

    @cached_property
    def backward(self) -> Relabelling:
        """From the canonical support's rows, columns and terms to those of the support given."""
        return self.forward.inverse()

    @property
    def rows(self) -> tuple[int, ...]:
        """Where row i of the support given went: a row of the form or, if ``transposed``, a column."""
        return self.forward.layers[0]

    @property
    def columns(self) -> tuple[int, ...]:
        """Where column j went: a column of the form or, if ``transposed``, a row."""
        return self.forward.layers[-1]

    @property
    def terms(self) -> tuple[tuple[int, ...], ...]:
        """Where the inner indices went, one permutation an inner layer of the support given."""
        return self.forward.layers[1:-1]

    @property
    def transposed(self) -> bool:
        """Whether the canonical form is of the transposed product."""
        return self.forward.reversed


def canonical_form(support: Support) -> CanonicalForm:
    """The canonical form of ``support``, without name and source.

    >>> lower = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
    >>> upper = Support([[1, 1], [0, 1]], [[0, 1], [1, 1]])
    >>> canonical_form(lower).support == canonical_form(upper).support
    True
    """
    if len(support.factors) == 2 and support.inner[0] <= _FEW_TERMS and support.missing is None:
        return _tried(support)
    graph = _Quotient(support)
    if graph.n_edges > MAX_LABELLED:
        return CanonicalForm(_nameless(support), Relabelling.identity(_widths(support)))
    upright, flipped = _signature(support)
    # Most supports differ from their transposes at first sight, and are labelled only once.
    orientations = (False, True) if upright == flipped else (flipped < upright,)
    forms = [_labelled(support, graph, turned) for turned in orientations]
    if len(forms) == 1:
        return forms[0]
    return min(forms, key=lambda form: [mask.rows for mask in _masks(form.support)])


def _tried(support: Support) -> CanonicalForm:
    """The form of two factors, by trying the orders of the terms.

    Rows of I and of J are sets of terms. An order of the terms takes each set to an integer, and the form has those in
    increasing order.
    """
    left, right = support.factors
    sides = left.rows, right.columns
    degrees = [column.bit_count() for column in left.columns], [row.bit_count() for row in right.rows]
    looks = [
        (len(sides[a]), len(sides[b]), tuple(zip(degrees[a], degrees[b], strict=True)))
        for a, b in ((0, 1), (1, 0))
    ]
    signatures = [(m, n, sorted(terms)) for m, n, terms in looks]
    # Most supports differ from their transposes at first sight.
    orientations = (0, 1) if signatures[0] == signatures[1] else (int(signatures[1] < signatures[0]),)
    _, turned, order = min(
        (
            tuple(sorted(map(order.sets.__getitem__, sides[side])) for side in (turned, 1 - turned)),
            turned,
            order,
        )
        for turned in orientations
        for order in _orders(looks[turned][2])
    )
    moved = [[order.sets[terms] for terms in side] for side in sides]
    forward = Relabelling((_sorting(moved[0]), order.places, _sorting(moved[1])), bool(turned))
    first, second = (Mask(tuple(sorted(moved[side])), len(order.places)) for side in (turned, 1 - turned))
    return CanonicalForm(Support.of_factors((first, second.transpose())), forward)


class _Order(NamedTuple):
    """New places for terms, and what becomes of every set of them."""

    places: tuple[int, ...]
    sets: tuple[int, ...]


@lru_cache(maxsize=1024)
def _orders(degrees: tuple[tuple[int, int], ...]) -> list[_Order]:
    """The orders in which the degrees of the terms increase."""
    terms = sorted(range(len(degrees)), key=degrees.__getitem__)
    alike = [list(group) for _, group in groupby(terms, key=degrees.__getitem__)]
    return [_order(tuple(chain(*groups))) for groups in product(*map(permutations, alike))]


def _order(terms: tuple[int, ...]) -> _Order:
    places = _inverse(terms)
    sets = (sum(1 << places[term] for term in bits(old)) for old in range(1 << len(terms)))
    return _Order(places, tuple(sets))


def _sorting(values: Sequence[int]) -> tuple[int, ...]:
    """The place of each value when they are sorted; equal ones stay in order."""
    return _inverse(sorted(range(len(values)), key=values.__getitem__))


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def digest(support: Support | BoundedSupport) -> str:
    """A SHA-256, in hexadecimal, of the masks of ``support`` and its bounds; its name and source take no part.

    >>> digest(Support([[1, 1]], [[1, 0]])) == digest(Support([[1, 1]], [[0, 1]]))
    False
    """
    hashed = sha256()
    for factor in support.factors:
        _hash(factor, hashed.update)
    if not isinstance(support, BoundedSupport) and support.missing is not None:
        hashed.update(b"missing\n")
        _hash(support.missing, hashed.update)
    if isinstance(support, BoundedSupport):
        hashed.update(repr([bounds.to_json() for bounds in (support.left, support.right)]).encode())
    return hashed.hexdigest()


def _hash(mask: Mask, update: Callable[[bytes], object]) -> None:
    m, n = mask.shape
    width = (n + 7) // 8
    update(b"%d %d\n" % (m, n))
    update(b"".join(row.to_bytes(width, "little") for row in mask.rows))


def _masks(support: Support) -> tuple[Mask, ...]:
    """The factors, and W if there is one."""
    return support.factors if support.missing is None else (*support.factors, support.missing)


def _widths(support: Support) -> tuple[int, ...]:
    """The number of vertices of each layer."""
    return (support.shape[0], *support.inner, support.shape[1])


def _signature(support: Support) -> tuple[list[list[int]], list[list[int]]]:
    """What the labelling cannot change, for the support and for its transpose: the degrees, layer by layer."""
    factors, missing = support.factors, _masks(support)[len(support.factors) :]
    ahead = [sorted(row.bit_count() for row in mask.rows) for mask in (*factors, *missing)]
    behind = [
        sorted(column.bit_count() for column in mask.columns) for mask in (*reversed(factors), *missing)
    ]
    return ahead, behind


def _nameless(support: Support) -> Support:
    return support.labelled(name="", source="")


@final
class _Quotient:
    """The layered graph of a support with twins merged into one vertex each.

    ``classes[l]`` lists the classes of layer l, each with its members in increasing order; ``edges`` joins the
    vertices of the quotient, which are numbered layer after layer.
    """

    def __init__(self, support: Support) -> None:
        factors = support.factors
        nothing = (0,) * max(_widths(support))
        ahead = [*(factor.rows for factor in factors), nothing]
        behind = [nothing, *(factor.columns for factor in factors)]
        across = [nothing] * len(ahead)
        if support.missing is not None:
            across[0], across[-1] = support.missing.rows, support.missing.columns
        self.classes = [
            _twins(zip(*sides, strict=False), width)
            for *sides, width in zip(behind, ahead, across, _widths(support), strict=True)
        ]
        representatives = [
            {members[0]: number for number, members in enumerate(layer)} for layer in self.classes
        ]
        self.offsets = [0]
        for layer in self.classes:
            self.offsets.append(self.offsets[-1] + len(layer))
        self.edges: list[tuple[int, int]] = []
        for level, factor in enumerate(factors):
            self._join(factor, level, level + 1, representatives)
        if support.missing is not None:
            self._join(support.missing, 0, len(factors), representatives)

    def _join(self, mask: Mask, level: int, other: int, representatives: Sequence[dict[int, int]]) -> None:
        """An edge for every position of the mask, from a class of one layer to one of the other."""
        left, right = representatives[level], representatives[other]
        only = sum(1 << member for member in right)
        start, next_start = self.offsets[level], self.offsets[other]
        self.edges += [
            (start + number, next_start + right[j])
            for i, number in left.items()
            for j in bits(mask.rows[i] & only)
        ]

    @property
    def n_edges(self) -> int:
        return len(self.edges)


def _twins(neighbours: Iterable[tuple[int, ...]], width: int) -> list[list[int]]:
    classes: dict[tuple[int, ...], list[int]] = {}
    for vertex, seen in zip(range(width), neighbours, strict=False):
        classes.setdefault(seen, []).append(vertex)
    return list(classes.values())


def _labelled(support: Support, graph: _Quotient, turned: bool) -> CanonicalForm:
    """The canonical labelling that puts the layers in their order or, if ``turned``, in the reverse one."""
    import igraph

    layers = list(reversed(range(len(graph.classes)))) if turned else list(range(len(graph.classes)))
    kinds = [(layers[level], len(members)) for level, layer in enumerate(graph.classes) for members in layer]
    colours = {kind: colour for colour, kind in enumerate(sorted(set(kinds)))}
    quotient = igraph.Graph(n=len(kinds), edges=graph.edges)
    labels = quotient.canonical_permutation(color=[colours[kind] for kind in kinds])
    if _answers_inversely():
        labels = sorted(range(len(labels)), key=labels.__getitem__)
    forward = Relabelling(
        tuple(
            _ranks(layer, labels[start : start + len(layer)])
            for layer, start in zip(graph.classes, graph.offsets, strict=False)
        ),
        turned,
    )
    return CanonicalForm(forward.support(_nameless(support)), forward)


@cache
def _answers_inversely() -> bool:
    """Whether igraph's permutations say which vertex comes to a place, not to which place a vertex comes.

    They changed with igraph 1.0.
    """
    import igraph

    graph = igraph.Graph(n=3, edges=[])
    graph.vs["number"] = range(3)
    moved: list[int] = graph.permute_vertices([1, 2, 0]).vs["number"]
    return moved == [1, 2, 0]


def _ranks(classes: Sequence[Sequence[int]], labels: Sequence[int]) -> tuple[int, ...]:
    """New numbers for the vertices of a layer: classes by label, twins side by side."""
    ranks = [0] * sum(map(len, classes))
    position = 0
    for _, members in sorted(zip(labels, classes, strict=True)):
        for member in members:
            ranks[member] = position
            position += 1
    return tuple(ranks)
