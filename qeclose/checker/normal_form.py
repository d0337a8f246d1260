"""Well-posed by theorem N: with one factor normalised, the other one sees vectors of constant rank.

The theorem is proved in ``docs/certificates.md``. For each column j (of the transposed problem if the side is
"row") the vectors x_k of the terms that contain j, restricted to the rows U asked there, must have the same
rank for every X in the normal form: unit vectors, orthogonal where the order and ⊑ say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

from qeclose.checker.budget import Rational, spend
from qeclose.checker.claims import Closed, Step
from qeclose.checker.polynomial import Monomial, Polynomial, Variable
from qeclose.checker.problem import Problem, bits, read_side
from qeclose.checker.questions import Question, System, engine_names, unsatisfiable
from qeclose.checker.reading import (
    Path,
    distinct,
    entries,
    fields,
    identifiers,
    index,
    lines,
    members,
    tuples,
)

__all__ = ["Frame", "check_normal_form", "rank_system"]


def check_normal_form(proof: Any, path: Path, claim: Closed) -> Step:
    """The ranks are constant, by the evidence in every case and column. Raises ``CertificateError``."""
    problem = claim.problem
    _, side_name, order, cases = fields(proof, path, "kind", "side", "order", "cases")
    side = read_side(side_name, path / "side")
    ids = identifiers(order, path / "order", problem.terms)
    if len(ids) < len(problem.terms):
        missing = min(problem.terms.keys() - set(ids))
        raise (path / "order").error(f"term {missing} is missing")
    frame = Frame(problem, side, {id_: place for place, id_ in enumerate(ids)})
    listed: list[frozenset[int]] = []
    spans = 0
    for where, case in members(cases, path / "cases"):
        dropped, columns = fields(case, where, "dropped", "columns")
        listed.append(frozenset(identifiers(dropped, where / "dropped", problem.terms)))
        spans += _check_columns(columns, where / "columns", frame, listed[-1])
    distinct([tuple(sorted(case)) for case in listed], path / "cases")
    # Vectors that are orthonormal stay so when some of them are dropped.
    if listed != [frozenset()] or spans:
        _check_cases(listed, path / "cases", frame, ids)
    found = f"{path}: normal form (theorem N), {len(listed)} case(s) of {len(frame.asked)} line(s)"
    return Step((found,), questions=tuple(frame.questions.values()))


@final
@dataclass(slots=True)
class Frame:
    """The problem as theorem N sees it.

    ``x`` and ``y`` are the supports I_k and J_k, of a transposed problem those exchanged; ``asked[j]`` is U = R_j where
    that is not empty.
    """

    problem: Problem
    side: int
    place: dict[int, int]
    x: dict[int, int] = field(init=False)
    y: dict[int, int] = field(init=False)
    asked: dict[int, int] = field(init=False)
    containing: dict[int, list[int]] = field(init=False)
    # Twin columns show the same evidence over and over; this is what has been found orthonormal.
    orthonormal: set[tuple[tuple[int, ...], int]] = field(init=False, default_factory=set)
    questions: dict[tuple[object, ...], Question] = field(init=False, default_factory=dict)
    """What is left to engines, each question once."""
    _below: dict[tuple[int, int], bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        terms = self.problem.terms
        self.x = {id_: terms[id_][1 - self.side] for id_ in self.place}
        self.y = {id_: terms[id_][self.side] for id_ in self.place}
        self.containing = {}
        covered: dict[int, int] = {}
        for id_, span in self.y.items():
            spend(1 + (span.bit_count() >> 3))
            for j in bits(span):
                self.containing.setdefault(j, []).append(id_)
                covered[j] = covered.get(j, 0) | self.x[id_]
        free = self.problem.free[self.side]
        asked = {j: rows & ~free.get(j, 0) for j, rows in covered.items()}
        self.asked = {j: rows for j, rows in asked.items() if rows}

    def orthogonalised(self, k: int, l: int) -> bool:
        """Whether x_l is made orthogonal to x_k: k comes before l, and k ⊑ l.

        k ⊑ l says that x_l − c x_k with y_k + c y_l is the same outside W, supports kept: I_k ⊆ I_l, and at
        every j in J_l but not in J_k, where y_k + c y_l must be cut off, all of I_k is free.
        """
        if self.place[k] >= self.place[l] or self.x[k] & ~self.x[l]:
            return False
        if (k, l) not in self._below:
            free = self.problem.free[self.side]
            rest = self.y[l] & ~self.y[k]
            spend(1 + (rest.bit_count() >> 3))
            self._below[k, l] = all(not self.x[k] & ~free.get(j, 0) for j in bits(rest))
        return self._below[k, l]

    def orthogonal(self, k: int, l: int) -> bool:
        """Whether x_k ⟂ x_l in every X of the normal form."""
        if not self.x[k] & self.x[l]:
            return True
        return self.orthogonalised(k, l) or self.orthogonalised(l, k)


def _check_columns(value: Any, path: Path, frame: Frame, dropped: frozenset[int]) -> int:
    """Check that every column asked for has constant rank in this case; count the spans used."""
    seen: list[int] = []
    spans = 0
    for where, (number, evidence) in tuples(value, path, 2):
        j = index(number, where / 0, frame.problem.shape[frame.side])
        if j not in frame.containing:
            raise (where / 0).error(f"line {j} meets no term")
        seen.append(j)
        spans += _check_column(evidence, where / 1, frame, j, dropped)
    distinct(seen, path)
    if missing := frame.asked.keys() - set(seen):
        raise path.error(f"line {min(missing)} is missing")
    return spans


def _check_column(value: Any, path: Path, frame: Frame, j: int, dropped: frozenset[int]) -> int:
    """The rank at column j is the number of rows spanned plus the number of independent vectors left.

    On an engine's word it is the number of vectors ("independent") or of rows ("spanning"). Count the spans used; that
    word counts as one, for it says nothing of fewer vectors.
    """
    if type(value) is dict and "statement" in value:
        return _ask_column(value, path, frame, j, dropped)
    spans, independent = fields(value, path, "spans", "independent")
    rows = frame.asked.get(j, 0)
    # A vector without a row in U is zero there, whatever X is.
    spend(1 + len(frame.containing[j]))
    vectors = {id_ for id_ in frame.containing[j] if id_ not in dropped and frame.x[id_] & rows}
    for where, span in members(spans, path / "spans"):
        spanned, by = fields(span, where, "rows", "vectors")
        inside = lines(spanned, where / "rows", frame.problem.shape[1 - frame.side])
        if not inside or inside & ~rows:
            raise (where / "rows").error("the rows must be some of those that are left")
        ids = identifiers(by, where / "vectors", vectors)
        _check_independent(ids, where / "vectors", frame, inside)
        if len(ids) != inside.bit_count():
            raise where.error(f"{inside.bit_count()} rows are not spanned by {len(ids)} vectors")
        rows &= ~inside
        spend(len(vectors))
        vectors = {id_ for id_ in vectors if frame.x[id_] & rows}
    where = path / "independent"
    ids = identifiers(independent, where, vectors)
    if left := vectors - set(ids):
        raise where.error(f"term {min(left)} is missing")
    _check_independent(ids, where, frame, rows)
    return len(entries(spans, path / "spans"))


def _ask_column(value: dict[str, Any], path: Path, frame: Frame, j: int, dropped: frozenset[int]) -> int:
    """Leave to an engine that the vectors at column j are independent, or span its rows, for every X in S_D."""
    statement, engines = fields(value, path, "statement", "engines")
    if statement not in ("independent", "spanning"):
        raise (path / "statement").error('an engine says "independent" or "spanning"')
    recorded = engine_names(engines, path / "engines")
    rows = frame.asked.get(j, 0)
    spend(1 + len(frame.containing[j]))
    vectors = sorted(id_ for id_ in frame.containing[j] if id_ not in dropped and frame.x[id_] & rows)
    key = (statement, tuple(vectors), rows, recorded)
    if key not in frame.questions:
        system = rank_system(frame, statement, vectors, rows)
        frame.questions[key] = unsatisfiable(system.equations, str(path), recorded, system.choices)
    return 1


def rank_system(frame: Frame, statement: str, vectors: list[int], rows: int) -> System:
    """What holds if the vectors are dependent ("independent"), or do not span the rows ("spanning"), for some X in S_D."""
    equations = _orthogonalities(frame, vectors)
    combined = [("c", k) for k in vectors] if statement == "independent" else [("z", i) for i in bits(rows)]
    some = [[_is_one(("x", k, i)) for i in bits(frame.x[k])] for k in vectors]
    some.append([_is_one(v) for v in combined])
    if statement == "independent":
        equations += [
            _inner([(("c", k), ("x", k, i)) for k in vectors if frame.x[k] >> i & 1]) for i in bits(rows)
        ]
        equations += [_projected(frame, vectors, k) for k in vectors if not frame.x[k] & ~rows]
    else:
        equations += [_inner([(("x", k, i), ("z", i)) for i in bits(frame.x[k] & rows)]) for k in vectors]
    return System(tuple(e for e in equations if e), tuple(map(tuple, some)))


def _orthogonalities(frame: Frame, vectors: list[int]) -> list[Polynomial]:
    """That columns of X are orthogonal where the normal form has them so."""
    equations = []
    for l in vectors:
        for k in vectors:
            spend(1)
            if frame.orthogonalised(k, l):
                common = bits(frame.x[k] & frame.x[l])
                equations.append(_inner([(("x", k, i), ("x", l, i)) for i in common]))
    return equations


def _projected(frame: Frame, vectors: list[int], k: int) -> Polynomial:
    """The inner product of Σ_l c_l x_l = 0 with x_k, a consequence that saves engines the search for it."""
    total: dict[Monomial, Rational] = {}
    for l in vectors:
        if l != k and (frame.orthogonalised(k, l) or frame.orthogonalised(l, k)):
            continue
        common = frame.x[k] & frame.x[l]
        spend(1 + common.bit_count())
        for i in bits(common):
            square = [(("x", k, i), 2)] if l == k else [(("x", k, i), 1), (("x", l, i), 1)]
            total[tuple(sorted([(("c", l), 1), *square]))] = 1
    return total


def _is_one(v: Variable) -> Polynomial:
    """v − 1, for a vector that is not 0 may be scaled so that some entry is 1; neither ranks nor right angles change."""
    return {((v, 1),): 1, (): -1}


def _inner(pairs: list[tuple[Variable, Variable]]) -> Polynomial:
    """Σ v w over pairs of different variables."""
    spend(1 + len(pairs))
    return {tuple(sorted(((v, 1), (w, 1)))): 1 for v, w in pairs}


def _check_independent(ids: list[int], path: Path, frame: Frame, rows: int) -> None:
    """That the vectors have their whole supports in the rows, and are pairwise orthogonal.

    Then nothing of them is cut off in these rows, and they are orthonormal there.
    """
    if (tuple(ids), rows) in frame.orthonormal:
        return
    for number, l in enumerate(ids):
        spend(1 + (number >> 2))
        if frame.x[l] & ~rows or not frame.x[l]:
            raise (path / number).error(f"the vector of term {l} reaches out of the rows it is looked at in")
        for k in ids[:number]:
            if not frame.orthogonal(k, l):
                raise (path / number).error(f"the vectors of the terms {k} and {l} need not be orthogonal")
    frame.orthonormal.add((tuple(ids), rows))


def _check_cases(listed: list[frozenset[int]], path: Path, frame: Frame, order: list[int]) -> None:
    """That the cases are all D that can be forced.

    x_l is 0 and cannot be replaced by a unit vector only if the kept vectors it is made orthogonal to span
    R^{I_l}. Whether that can be depends on earlier terms alone, so each branch below ends in a D that counts.
    """
    missing = set(listed)
    pending: list[tuple[int, frozenset[int]]] = [(0, frozenset())]
    while pending:
        place, dropped = pending.pop()
        spend(1 + place + len(dropped))
        if place == len(order):
            if dropped not in missing:
                raise path.error(f"the case in which the terms {sorted(dropped)} are dropped is missing")
            missing.remove(dropped)
            continue
        l = order[place]
        pending.append((place + 1, dropped))
        needed = frame.x[l].bit_count()
        kept = sum(k not in dropped and frame.orthogonalised(k, l) for k in order[:place])
        if kept >= needed:
            pending.append((place + 1, dropped | {l}))
    if missing:
        raise path.error(f"the terms {sorted(min(missing, key=sorted))} are never dropped together")
