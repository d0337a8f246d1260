"""Certificates (docs/certificates.md) moved along a relabelling of their mask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

from qeclose.errors import CertificateError
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.relabelling import Relabelling

__all__ = ["moved_proof", "relabel", "whole_proof"]

_OTHER_SIDE = {"row": "column", "column": "row"}
_OTHER_END = {"left": "right", "right": "left"}
_PARTNER = {"x": "y", "y": "x"}

_Mover = Callable[[Any], Any]
_Task = tuple[dict[str, Any], str, _Mover, Any]
"""A field of an object made before, that is still to be filled with a value, moved by the mover."""


def relabel(
    certificate: Mapping[str, Any], relabelling: Relabelling, moved: Support | None = None
) -> dict[str, Any]:
    """The certificate as one about the relabelled mask: accepted by the checker if and only if this one is.

    ``moved`` is that mask, for callers who have it. Raises ``CertificateError`` on whatever docs/certificates.md
    does not describe, for that could hold indices.
    """
    if "part_of" in certificate:
        return _relabelled_part(certificate, relabelling)
    try:
        if moved is None:
            mask = certificate["mask"]["factors"]
            factors = [Mask.from_lists([list(map(int, row)) for row in rows]) for rows in mask]
            missing = certificate["mask"].get("missing")
            moved = relabelling.support(Support.of_factors(factors, missing=missing))
        return {
            **certificate,
            **moved.question(),
            "proof": moved_proof(certificate["proof"], relabelling.layers, relabelling.reversed),
        }
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CertificateError(f"the certificate cannot be relabelled: {error!r}") from error


def _relabelled_part(certificate: Mapping[str, Any], relabelling: Relabelling) -> dict[str, Any]:
    """For a certificate about a part of the mask: the part's lines are taken along, and put in order again."""
    whole = certificate["part_of"]
    moved = [[new[i] for i in lines] for new, lines in zip(relabelling.layers, whole["lines"], strict=True)]
    lines = [sorted(layer) for layer in moved]
    places = tuple(tuple(map(ordered.index, layer)) for ordered, layer in zip(lines, moved, strict=True))
    rest = {key: value for key, value in certificate.items() if key != "part_of"}
    step = -1 if relabelling.reversed else 1
    return {
        **relabel(rest, Relabelling(places, relabelling.reversed)),
        "part_of": {"shape": whole["shape"][::step], "lines": lines[::step]},
    }


def whole_proof(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """The proof of an accepted certificate, with the lines numbered as in the user's mask."""
    proof: dict[str, Any] = certificate["proof"]
    if "part_of" not in certificate:
        return proof
    return moved_proof(proof, [tuple(lines) for lines in certificate["part_of"]["lines"]], turned=False)


def moved_proof(proof: Mapping[str, Any], layers: Sequence[tuple[int, ...]], turned: bool) -> dict[str, Any]:
    """A proof about a mask as one about a mask that contains it: vertex i of layer l is ``layers[l][i]`` there.

    ``turned`` says that the larger mask contains the transpose; the layers are still those of the mask of ``proof``.
    """
    moved: dict[str, Any] = {}
    pending: list[_Task] = []
    _Move(layers, turned, pending).later(moved, "proof", _Move.proof, proof)
    while pending:
        target, key, mover, value = pending.pop()
        target[key] = mover(value)
    return moved["proof"]  # type: ignore[no-any-return]


def _same(value: Any) -> Any:
    return value


def _each(mover: _Mover) -> _Mover:
    return lambda values: [mover(value) for value in values]


def _transposed(rows: Sequence[str]) -> list[str]:
    return ["".join(column) for column in zip(*rows, strict=True)]


@final
@dataclass(frozen=True, slots=True)
class _Deferred:
    """A mover of what may be nested to any depth: trees, refutations and proofs in each other."""

    mover: _Mover


@final
class _Move:
    """One method a notion of docs/certificates.md.

    What may be nested to any depth is not moved by recursion: it is put on the list of what is ``pending``.
    """

    def __init__(self, layers: Sequence[tuple[int, ...]], turned: bool, pending: list[_Task]) -> None:
        self.layers = layers
        self.turned = turned
        self.pending = pending
        self.length = len(layers) - 1
        self.row, self.column = layers[0].__getitem__, layers[-1].__getitem__

    def among(self, layers: Sequence[tuple[int, ...]]) -> _Move:
        """The same for the chain that only some of the layers are left of."""
        return _Move(layers, self.turned, self.pending)

    def later(self, target: dict[str, Any], key: str, mover: Callable[[_Move, Any], Any], value: Any) -> None:
        """Put a field of ``target`` on the list; what stands there until then keeps its place."""
        target[key] = None
        self.pending.append((target, key, partial(mover, self), value))

    def fields(self, holder: Mapping[str, Any], **movers: _Mover | _Deferred) -> dict[str, Any]:
        """Each field moved by its own mover; an unknown field is a ``KeyError``."""
        moved: dict[str, Any] = {}
        for key, value in holder.items():
            mover = movers[key]
            if isinstance(mover, _Deferred):
                moved[key] = None
                self.pending.append((moved, key, mover.mover, value))
            else:
                moved[key] = mover(value)
        return moved

    # Indices

    def id(self, term: int) -> int:
        # Terms made by a reduction have numbers of their own, beyond those of the mask.
        inner = self.layers[1]
        return inner[term] if term < len(inner) else term

    def ids(self, terms: Sequence[int]) -> list[int]:
        return [self.id(term) for term in terms]

    def rows(self, indices: Sequence[int]) -> list[int]:
        return sorted(map(self.row, indices))

    def columns(self, indices: Sequence[int]) -> list[int]:
        return sorted(map(self.column, indices))

    def lines(self, side: str) -> tuple[_Mover, _Mover]:
        """The movers of one line and of a set of lines of that side."""
        return (self.row, self.rows) if side == "row" else (self.column, self.columns)

    def side(self, side: str) -> str:
        return _OTHER_SIDE[side] if self.turned else side

    def end(self, end: str) -> str:
        return _OTHER_END[end] if self.turned else end

    def factor(self, level: int) -> int:
        return self.length - 1 - level if self.turned else level

    def pair(self, left: Any, right: Any) -> list[Any]:
        return [right, left] if self.turned else [left, right]

    def position(self, position: Sequence[int]) -> list[int]:
        i, j = position
        return self.pair(self.row(i), self.column(j))

    def entry(self, level: int, i: int, j: int) -> list[int]:
        """A factor and a position in it."""
        return [self.factor(level), *self.pair(self.layers[level][i], self.layers[level + 1][j])]

    def rectangle(self, holder: Mapping[str, Any], **movers: _Mover | _Deferred) -> dict[str, Any]:
        moved = self.fields(holder, rows=self.rows, columns=self.columns, **movers)
        if self.turned:
            moved["rows"], moved["columns"] = moved["columns"], moved["rows"]
        return moved

    # Polynomials and trees

    def variable(self, variable: Sequence[Any]) -> list[Any]:
        match variable:
            case ["f" as name, level, i, j]:
                return [name, *self.entry(level, i, j)]
            case ["a", i, j]:
                return ["a", *self.position([i, j])]
            case ["x" | "y" as name, term, index]:
                line = self.row(index) if name == "x" else self.column(index)
                return [_PARTNER[name] if self.turned else name, self.id(term), line]
            case _:
                raise ValueError(f"no variable: {variable!r}")

    def polynomial(self, polynomial: Sequence[Any]) -> list[Any]:
        return [
            [coefficient, [[self.variable(variable), exponent] for variable, exponent in powers]]
            for coefficient, powers in polynomial
        ]

    def tree(self, node: Mapping[str, Any]) -> dict[str, Any]:
        return self.fields(
            node,
            split=self.polynomial,
            zero=_Deferred(self.tree),
            nonzero=_Deferred(self.tree),
            then=_Deferred(self.tree),
            solve=lambda solve: [solve[0], self.variable(solve[1])],
            scale=self.variable,
            inner=lambda inner: [self.inner_level(inner[0]), self.layers[inner[0] + 1][inner[1]]],
            forget=_same,
            clear=self.crossing,
            divide=self.crossing,
            arrange=self.block_of_lines,
            contradiction=_same,
            positive=_same,
            squares=_each(lambda square: [square[0], self.polynomial(square[1])]),
            solution=_each(
                lambda value: [self.variable(value[0]), self.polynomial(value[1]), self.polynomial(value[2])]
            ),
        )

    def crossing(self, move: Mapping[str, Any]) -> dict[str, Any]:
        line, _ = self.lines(move["side"])
        across, _ = self.lines(_OTHER_SIDE[move["side"]])
        return self.fields(move, side=self.side, line=line, by=line, at=across)

    def block_of_lines(self, lines: Mapping[str, Any]) -> dict[str, Any]:
        """Rows and columns whose order matters."""
        moved = self.fields(lines, rows=_each(self.row), columns=_each(self.column))
        return {"rows": moved["columns"], "columns": moved["rows"]} if self.turned else moved

    def inner_level(self, level: int) -> int:
        """The factor to the left of an inner index."""
        return self.length - 2 - level if self.turned else level

    # Proofs

    def proof(self, proof: Mapping[str, Any]) -> dict[str, Any]:
        match proof["kind"]:
            case "curve":
                return self.curve(proof)
            case "reduction":
                return self.fields(proof, kind=_same, steps=_each(self.step), blocks=_each(self.block))
            case "normal-form":
                return self.normal_form(proof)
            case "full-space":
                return self.fields(proof, kind=_same, tree=_Deferred(self.tree))
            case "variety":
                return self.fields(
                    proof, kind=_same, equations=_each(self.polynomial), tree=_Deferred(self.tree)
                )
            case "engine":
                return self.fields(proof, kind=_same, statement=_same, engines=_same)
            case "restriction":
                return self.restriction(proof)
            case "orthogonal-chain":
                return self.fields(proof, kind=_same, centre=self.factor, first=self.end)
            case "merged":
                return self.merged(proof)
            case kind:
                raise ValueError(f"unknown kind of proof {kind!r}")

    def restriction(self, proof: Mapping[str, Any]) -> dict[str, Any]:
        def lines(mover: _Mover) -> _Mover:
            return _each(lambda place: [mover(place[0]), place[1]])

        moved = self.fields(
            proof,
            kind=_same,
            mask=_same,
            terms=self.ids,
            rows=lines(self.row),
            columns=lines(self.column),
            proof=_same,
        )
        if not self.turned:
            return moved
        left, right = proof["mask"]["factors"]
        # The larger mask keeps its own names; it is only transposed.
        layers = [tuple(range(width)) for width in (len(left), len(right), len(right[0]))]
        moved["mask"] = {"factors": [_transposed(right), _transposed(left)]}
        moved["rows"], moved["columns"] = moved["columns"], moved["rows"]
        self.among(layers).later(moved, "proof", _Move.proof, proof["proof"])
        return moved

    def curve(self, proof: Mapping[str, Any]) -> dict[str, Any]:
        factors = [
            [[*self.entry(level, i, j)[1:], laurent] for i, j, laurent in factor]
            for level, factor in enumerate(proof["factors"])
        ]
        return self.fields(
            proof,
            kind=_same,
            point=_each(lambda entry: [*self.position(entry[:2]), *entry[2:]]),
            factors=lambda _: factors[::-1] if self.turned else factors,
            refutation=_Deferred(self.refutation),
        )

    def refutation(self, refutation: Mapping[str, Any]) -> dict[str, Any]:
        if refutation["kind"] == "grouped":
            sizes = refutation["sizes"]
            ends = itertools.accumulate(sizes, initial=0)
            grouped = self.among([self.layers[end] for end in ends])
            moved = self.fields(refutation, kind=_same, sizes=list, refutation=_Deferred(grouped.refutation))
            moved["sizes"] = sizes[::-1] if self.turned else sizes
            return moved
        if refutation["kind"] == "padded":
            pads = _each(lambda pad: [self.id(pad[0]), *self.position(pad[1:])])
            return self.rectangle(refutation, kind=_same, pads=pads, refutation=_Deferred(self.refutation))
        return self.fields(
            refutation,
            kind=_same,
            positions=_each(self.position),
            tree=_Deferred(self.tree),
            engines=_same,
        )

    def merged(self, proof: Mapping[str, Any]) -> dict[str, Any]:
        layers = list(self.layers)
        merges = []
        for merge in proof["merges"]:
            at = merge["at"]
            chain, pair = self.among(layers), self.among(layers[at : at + 3])
            merges.append(self.fields(merge, at=chain.inner_level, steps=_each(pair.step)))
            del layers[at + 1]
        return self.fields(
            proof, kind=_same, merges=lambda _: merges, proof=_Deferred(self.among(layers).proof)
        )

    def step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        match step["rule"]:
            case "empty-term":
                return self.fields(step, rule=_same, term=self.id)
            case "twin-capping":
                _, lines = self.lines(step["side"])
                return self.fields(step, rule=_same, side=self.side, keep=lines, drop=lines)
            case "absorb-equal":
                components = _each(lambda part: self.rectangle(part, cover=self.rectangle))
                return self.fields(step, rule=_same, terms=self.ids, components=components)
            case "absorb-matching":
                return self.matching(step)
            case "split-term":
                parts = _each(lambda part: self.rectangle(part, id=self.id))
                return self.fields(step, rule=_same, term=self.id, parts=parts)
            case rule:
                raise ValueError(f"unknown rule {rule!r}")

    def matching(self, step: Mapping[str, Any]) -> dict[str, Any]:
        line, _ = self.lines(step["side"])
        across, _ = self.lines(_OTHER_SIDE[step["side"]])
        matched = _each(lambda at: [line(at[0]), [[across(index), self.id(term)] for index, term in at[1]]])
        return self.fields(step, rule=_same, side=self.side, terms=self.ids, matching=matched)

    def block(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return self.fields(block, terms=self.ids, proof=_Deferred(self.proof))

    def normal_form(self, proof: Mapping[str, Any]) -> dict[str, Any]:
        line, _ = self.lines(proof["side"])
        _, across = self.lines(_OTHER_SIDE[proof["side"]])

        def evidence(found: Mapping[str, Any]) -> dict[str, Any]:
            spans = _each(lambda span: self.fields(span, rows=across, vectors=self.ids))
            return self.fields(found, spans=spans, independent=self.ids)

        columns = _each(lambda column: [line(column[0]), evidence(column[1])])
        cases = _each(lambda case: self.fields(case, dropped=self.ids, columns=columns))
        return self.fields(proof, kind=_same, side=self.side, order=self.ids, cases=cases)
