"""Proofs from JSON: the only reader beside the checker, which reads for itself and asks more.

It asks for the shape that docs/certificates.md describes, every field and no other, and for nothing that a shape does not say:
whether indices are in range, what is in order and whether anything is proved.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from qeclose.errors import CertificateError
from qeclose.proof import bounds, location, training
from qeclose.proof import ill_posed as ill
from qeclose.proof import trees as t
from qeclose.proof import well_posed as well
from qeclose.proof.deep import Work, done, each
from qeclose.proof.kinds import MaskProof, Proof

__all__ = ["closed_from_json", "curve_from_json", "from_json", "mask_proof_from_json"]

T = TypeVar("T")


def from_json(value: Any) -> Proof:
    """The proof that this JSON value is. Raises ``CertificateError`` if it has not the shape of one."""
    return _read(_proof(value))


def mask_proof_from_json(value: Any) -> MaskProof:
    """The same of a proof about one mask. Raises ``CertificateError`` for others."""
    return _read(_mask_proof(value))


def curve_from_json(value: Any) -> ill.CurveProof:
    """The same of a curve."""
    return _read(_curve(value))


def closed_from_json(value: Any) -> well.Closed:
    """The same of a proof that a mask of two factors is well-posed."""
    return _read(_closed(value))


def _read(work: Work[T]) -> T:
    try:
        return done(work)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CertificateError(f"this is no proof: {error!r}") from error


def _mask_proof(value: Any) -> Work[MaskProof]:
    match _kind(value):
        case "curve":
            return (yield from _curve(value))
        case _:
            return (yield from _chain(value))


def _proof(value: Any) -> Work[Proof]:
    match _kind(value):
        case "relu-data-set":
            return (yield from _data_set(value))
        case "union":
            _, member, curve, cases = _fields(value, "kind", "member", "curve", "cases")
            return bounds.UnionProof(_masks(member), (yield _curve(curve)), (yield _cases(cases)))
        case "bounds-rule":
            _, rule, factor = _fields(value, "kind", "rule", "factor")
            return bounds.BoundsRuleProof(_text(rule), _index(factor))
        case "cover":
            _, listed = _fields(value, "kind", "parts")
            parts = yield from each(map(_member, _list(listed)))
            return bounds.CoverProof(tuple(parts))
        case "factors":
            _, factors = _fields(value, "kind", "factors")
            return location.FactorsProof(tuple([_entries(factor) for factor in _list(factors)]))
        case "entry":
            _, row, column = _fields(value, "kind", "row", "column")
            return location.EntryProof(_index(row), _index(column))
        case "rank":
            _, rows, columns = _fields(value, "kind", "rows", "columns")
            return location.RankProof(_indices(rows), _indices(columns))
        case "closed":
            _, closed, refutation = _fields(value, "kind", "well_posed", "refutation")
            return location.NotInClosedProof((yield _closed(closed)), (yield _refutation(refutation)))
        case _:
            return (yield from _mask_proof(value))


# Polynomials, variables, trees

_WIDTH = {"f": 4, "a": 3, "x": 3, "y": 3}
_NODES = {
    frozenset(names): names[0]
    for names in (
        ("split", "zero", "nonzero"),
        ("solve", "then"),
        ("forget", "then"),
        ("scale", "inner", "then"),
        ("clear", "then"),
        ("divide", "then"),
        ("arrange", "zero", "nonzero"),
        ("contradiction",),
        ("positive", "squares"),
        ("solution",),
    )
}


def _variable(value: Any) -> t.Variable:
    if _WIDTH.get(_list(value)[0]) != len(value) or set(map(type, value[1:])) != {int}:
        raise ValueError("no variable")
    return tuple(value)


def _polynomial(value: Any) -> t.Polynomial:
    return tuple(
        [
            (_text(coefficient), tuple([(_variable(v), _index(exponent)) for v, exponent in _list(powers)]))
            for coefficient, powers in _list(value)
        ]
    )


def _tree(value: Any) -> Work[t.Tree]:
    match _NODES[frozenset(_object(value))]:
        case "split":
            p = _polynomial(value["split"])
            return t.SplitNode(p, (yield _tree(value["zero"])), (yield _tree(value["nonzero"])))
        case "solve":
            number, v = _list(value["solve"])
            return t.SolveNode(_index(number), _variable(v), (yield _tree(value["then"])))
        case "forget":
            return t.ForgetNode(_index(value["forget"]), (yield _tree(value["then"])))
        case "scale":
            v, inner = _variable(value["scale"]), _pair(value["inner"])
            return t.ScaleNode(v, inner, (yield _tree(value["then"])))
        case "clear":
            side, line, by, at = _fields(value["clear"], "side", "line", "by", "at")
            lines = _index(line), _index(by), _index(at)
            return t.ClearNode(_side(side), *lines, (yield _tree(value["then"])))
        case "divide":
            side, line, at = _fields(value["divide"], "side", "line", "at")
            return t.DivideNode(_side(side), _index(line), _index(at), (yield _tree(value["then"])))
        case "arrange":
            rows, columns = _lines(value["arrange"])
            return t.ArrangeNode(rows, columns, (yield _tree(value["zero"])), (yield _tree(value["nonzero"])))
        case "contradiction":
            number = value["contradiction"]
            return t.Contradiction("unit" if number == "unit" else _index(number))
        case "positive":
            squares = [(_text(c), _polynomial(p)) for c, p in _list(value["squares"])]
            return t.Positive(_index(value["positive"]), tuple(squares))
        case _:
            listed = _list(value["solution"])
            return t.SolutionLeaf(
                tuple([(_variable(w), _polynomial(p), _polynomial(q)) for w, p, q in listed])
            )


# Ill-posed


def _curve(value: Any) -> Work[ill.CurveProof]:
    kind, point, factors, refutation = _fields(value, "kind", "point", "factors", "refutation")
    _known(kind, "curve")
    read = [
        tuple([(_index(i), _index(j), _laurent(series)) for i, j, series in _list(factor)])
        for factor in _list(factors)
    ]
    return ill.CurveProof(_entries(point), tuple(read), (yield _refutation(refutation)))


def _laurent(value: Any) -> ill.Laurent:
    return tuple([(_index(exponent), _text(coefficient)) for exponent, coefficient in _list(value)])


def _refutation(value: Any) -> Work[ill.Refutation]:
    match _kind(value):
        case "tree":
            _, positions, tree = _fields(value, "kind", "positions", "tree")
            return ill.TreeRefutation(_pairs(positions), (yield _tree(tree)))
        case "engine":
            _, positions, engines = _fields(value, "kind", "positions", "engines")
            return ill.EngineRefutation(_pairs(positions), _engines(engines))
        case "minor":
            _, positions = _fields(value, "kind", "positions")
            return ill.MinorRefutation(_pairs(positions))
        case "grouped":
            _, sizes, refutation = _fields(value, "kind", "sizes", "refutation")
            return ill.GroupedRefutation(_indices(sizes), (yield _refutation(refutation)))
        case "padded":
            _, rows, columns, pads, rest = _fields(value, "kind", "rows", "columns", "pads", "refutation")
            taken = [(_index(k), _index(i), _index(j)) for k, i, j in _list(pads)]
            lines = _indices(rows), _indices(columns)
            return ill.PaddedRefutation(*lines, tuple(taken), (yield _refutation(rest)))
        case kind:
            raise ValueError(f"no kind of refutation: {kind!r}")


# Well-posed


def _closed(value: Any) -> Work[well.Closed]:
    match _kind(value):
        case "reduction":
            _, steps, listed = _fields(value, "kind", "steps", "blocks")
            blocks = []
            for block in _list(listed):
                terms, proof = _fields(block, "terms", "proof")
                blocks.append(well.Block(_indices(terms), (yield _closed(proof))))
            return well.ReductionProof(_steps(steps), tuple(blocks))
        case "normal-form":
            _, side, order, cases = _fields(value, "kind", "side", "order", "cases")
            return well.NormalFormProof(_side(side), _indices(order), tuple(map(_case, _list(cases))))
        case "full-space":
            _, tree = _fields(value, "kind", "tree")
            return well.FullSpaceProof((yield _tree(tree)))
        case "variety":
            _, equations, tree = _fields(value, "kind", "equations", "tree")
            return well.VarietyProof(tuple(map(_polynomial, _list(equations))), (yield _tree(tree)))
        case "restriction":
            names = ("kind", "mask", "terms", "rows", "columns", "proof")
            _, mask, terms, rows, columns, proof = _fields(value, *names)
            (factors,) = _fields(mask, "factors")
            places = _indices(terms), _pairs(rows), _pairs(columns)
            return well.RestrictionProof(_masks(factors), *places, (yield _closed(proof)))
        case "engine":
            _, statement, engines = _fields(value, "kind", "statement", "engines")
            return well.EngineProof(_text(statement), _engines(engines))
        case kind:
            raise ValueError(f"no kind of proof: {kind!r}")


def _step(value: Any) -> well.Step:
    match _object(value).get("rule"):
        case "empty-term":
            _, term = _fields(value, "rule", "term")
            return well.EmptyTermStep(_index(term))
        case "twin-capping":
            _, side, keep, drop = _fields(value, "rule", "side", "keep", "drop")
            return well.TwinCappingStep(_side(side), _indices(keep), _indices(drop))
        case "absorb-equal":
            _, terms, components = _fields(value, "rule", "terms", "components")
            return well.AbsorbEqualStep(_indices(terms), tuple(map(_component, _list(components))))
        case "absorb-matching":
            _, side, terms, matching = _fields(value, "rule", "side", "terms", "matching")
            matched = [(_index(j), _pairs(pairs)) for j, pairs in _list(matching)]
            return well.AbsorbMatchingStep(_side(side), _indices(terms), tuple(matched))
        case "split-term":
            _, term, parts = _fields(value, "rule", "term", "parts")
            return well.SplitTermStep(_index(term), tuple(map(_part, _list(parts))))
        case rule:
            raise ValueError(f"no rule: {rule!r}")


def _steps(value: Any) -> tuple[well.Step, ...]:
    return tuple(map(_step, _list(value)))


def _component(value: Any) -> well.Component:
    rows, columns, cover = _fields(value, "rows", "columns", "cover")
    return well.Component(well.Lines(_indices(rows), _indices(columns)), _lines(cover))


def _part(value: Any) -> well.Part:
    id_, rows, columns = _fields(value, "id", "rows", "columns")
    return well.Part(_index(id_), well.Lines(_indices(rows), _indices(columns)))


def _case(value: Any) -> well.NormalFormCase:
    dropped, columns = _fields(value, "dropped", "columns")
    ranks = [(_index(j), _rank(evidence)) for j, evidence in _list(columns)]
    return well.NormalFormCase(_indices(dropped), tuple(ranks))


def _rank(value: Any) -> well.Rank:
    if "statement" in _object(value):
        statement, engines = _fields(value, "statement", "engines")
        return well.AskedRank(_text(statement), _engines(engines))
    listed, independent = _fields(value, "spans", "independent")
    spans = []
    for span in _list(listed):
        rows, vectors = _fields(span, "rows", "vectors")
        spans.append(well.Span(_indices(rows), _indices(vectors)))
    return well.ConstantRank(tuple(spans), _indices(independent))


# More than two factors


def _chain(value: Any) -> Work[well.Closed | well.ClosedChain]:
    match _kind(value):
        case "orthogonal-chain":
            _, centre, first = _fields(value, "kind", "centre", "first")
            end: Literal["left", "right"] = "left" if first == "left" else _known(first, "right")
            return well.OrthogonalChainProof(_index(centre), end)
        case "merged":
            _, listed, proof = _fields(value, "kind", "merges", "proof")
            merges = []
            for merging in _list(listed):
                at, steps = _fields(merging, "at", "steps")
                merges.append(well.Merging(_index(at), _steps(steps)))
            return well.MergedProof(tuple(merges), (yield _chain(proof)))
        case _:
            return (yield from _closed(value))


# Training without an optimum


def _data_set(value: Any) -> Work[training.DataSetProof]:
    names = ("kind", "biases", "frontier", "rows", "columns", "parameters", "inputs", "targets")
    _, biases, frontier, rows, columns, parameters, inputs, targets, time, weights, loss = _fields(
        value, *names, "time", "weights", "loss"
    )
    hidden, output = _fields(biases, "hidden", "output")
    W1, b1, W2, b2 = _fields(weights, "W1", "b1", "W2", "b2")
    return training.DataSetProof(
        training.DrawnBiases(_text(hidden), _text(output)),
        (yield _curve(frontier)),
        _indices(rows),
        _indices(columns),
        _texts(parameters),
        _numbers(inputs),
        _numbers(targets),
        _text(time),
        training.NumbersOfWeights(_numbers(W1), _texts(b1), _numbers(W2), _texts(b2)),
        _text(loss),
    )


# Cardinality constraints


def _cases(value: Any) -> Work[bounds.Cases]:
    if "refutation" in _object(value):
        (refutation,) = _fields(value, "refutation")
        return bounds.RefutedCase((yield _refutation(refutation)))
    entry, inside, outside = _fields(value, "entry", "in", "out")
    l, i, k = _indices(entry)
    return bounds.EntryCase((l, i, k), (yield _cases(inside)), (yield _cases(outside)))


def _member(value: Any) -> Work[bounds.ClosedMember | bounds.VanishingMember]:
    if "proof" in _object(value):
        factors, proof = _fields(value, "factors", "proof")
        return bounds.ClosedMember(_masks(factors), (yield _closed(proof)))
    factors, vanishing, tree = _fields(value, "factors", "vanishing", "tree")
    equations = tuple(map(_polynomial, _list(vanishing)))
    return bounds.VanishingMember(_masks(factors), equations, (yield _tree(tree)))


# Values


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError("an object is wanted")
    return value


def _fields(value: Any, *names: str) -> tuple[Any, ...]:
    """The values of an object that has exactly these fields."""
    found = tuple(map(_object(value).__getitem__, names))
    if len(value) > len(names):
        raise ValueError(f"unknown fields: {sorted(value.keys() - set(names))}")
    return found


def _kind(value: Any) -> Any:
    return _object(value).get("kind")


def _known(value: T, wanted: Any) -> Any:
    if value != wanted:
        raise ValueError(f"{wanted!r} is wanted, not {value!r}")
    return wanted


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError("a list is wanted")
    return value


def _index(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"an integer is wanted, not {value!r}")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"a string is wanted, not {value!r}")
    return value


def _side(value: Any) -> t.Side:
    return "row" if value == "row" else _known(value, "column")


def _indices(value: Any) -> tuple[int, ...]:
    if not set(map(type, _list(value))) <= {int}:
        raise TypeError("integers are wanted")
    return tuple(value)


def _pair(value: Any) -> tuple[int, int]:
    i, j = _indices(value)
    return i, j


def _pairs(value: Any) -> tuple[tuple[int, int], ...]:
    return tuple(map(_pair, _list(value)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _numbers(value: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(map(_texts, _list(value)))


def _masks(value: Any) -> well.Drawn:
    return _numbers(value)


def _lines(value: Any) -> well.Lines:
    rows, columns = _fields(value, "rows", "columns")
    return well.Lines(_indices(rows), _indices(columns))


def _entries(value: Any) -> tuple[tuple[int, int, str], ...]:
    return tuple([(_index(i), _index(j), _text(entry)) for i, j, entry in _list(value)])


def _engines(value: Any) -> tuple[ill.Engine, ...]:
    return tuple([ill.Engine(*map(_text, _fields(engine, "name", "version"))) for engine in _list(value)])
