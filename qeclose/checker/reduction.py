"""Well-posed by reduction: steps that keep "closed" in both directions, then independent blocks.

Each step is checked against the current problem alone. The theorems R1 and R3–R7 are those of
``docs/certificates.md``; the reason for each stands with its check.
"""

from __future__ import annotations

from typing import Any, final

from qeclose.checker.budget import spend
from qeclose.checker.claims import Closed, Obligation, Step
from qeclose.checker.masks import transposed
from qeclose.checker.problem import COLUMN, ROW, Problem, Rectangle, bits, read_side
from qeclose.checker.reading import (
    Path,
    distinct,
    entries,
    fields,
    identifier,
    identifiers,
    index,
    lines,
    members,
    tuples,
)

__all__ = ["check_reduction"]


def check_reduction(proof: Any, path: Path, claim: Closed) -> Step:
    """The steps keep E closed or not; that the blocks they leave are closed is left to be proved.

    Raises ``CertificateError``.
    """
    _, steps, blocks = fields(proof, path, "kind", "steps", "blocks")
    work = _Work(claim.problem)
    rules = {
        "empty-term": _empty_term,
        "twin-capping": _twin_capping,
        "absorb-equal": _absorb_equal,
        "absorb-matching": _absorb_matching,
        "split-term": _split_term,
    }
    counts = dict.fromkeys(rules, 0)
    for where, step in members(steps, path / "steps"):
        rule = step.get("rule") if type(step) is dict else None
        if type(rule) is not str or rule not in rules:
            raise (where / "rule").error(f"a rule is one of {', '.join(rules)}")
        rules[rule](step, where, work)
        counts[rule] += 1
    left = _blocks(blocks, path / "blocks", work)
    used = ", ".join(f"{rule} ({count})" for rule, count in counts.items() if count) or "no step"
    return Step((f"{path}: reduction by {used}, then {len(left)} block(s)",), left)


@final
class _Work:
    """The problem in its present state, with an index of the terms that meet each line.

    Every term has a slot of its own, and a line's entry in the index is a set of slots. Dropped terms stay in the index and are
    left out when it is asked, so that dropping a term takes no time for each of its lines.
    """

    def __init__(self, problem: Problem) -> None:
        self.shape = problem.shape
        self.terms: dict[int, Rectangle] = dict(problem.terms)
        self.free: tuple[dict[int, int], dict[int, int]] = dict(problem.free[ROW]), dict(problem.free[COLUMN])
        self.used: set[int] = set(problem.terms)
        self._at = list(problem.terms)
        self._slot = {id_: slot for slot, id_ in enumerate(self._at)}
        self._alive = (1 << len(self._at)) - 1
        spans = list(problem.terms.values())
        self._index = tuple(
            _crossing([span[side] for span in spans], self.shape[side]) for side in (ROW, COLUMN)
        )

    def add(self, id_: int, rectangle: Rectangle) -> None:
        slot = len(self._at)
        self._at.append(id_)
        self.terms[id_], self._slot[id_] = rectangle, slot
        self._alive |= 1 << slot
        for met, span in zip(self._index, rectangle, strict=True):
            spend(span.bit_count() * (1 + (slot >> 14)) >> 2)
            for line in bits(span):
                met[line] |= 1 << slot

    def drop(self, id_: int) -> None:
        del self.terms[id_]
        self._alive ^= 1 << self._slot.pop(id_)

    def meets(self, side: int, line: int) -> int:
        """The slots of the terms that meet the line."""
        return self._index[side][line] & self._alive

    def ids(self, slots: int) -> list[int]:
        return [self._at[slot] for slot in bits(slots)]

    def remove_lines(self, side: int, gone: int) -> None:
        """Take the lines out of every term; all of them meet the same terms."""
        first = next(bits(gone))
        for id_ in self.ids(self.meets(side, first)):
            rows, columns = self.terms[id_]
            self.terms[id_] = (rows & ~gone, columns) if side == ROW else (rows, columns & ~gone)
        for line in bits(gone):
            self._index[side][line] = 0

    def fill(self, ids: list[int]) -> None:
        """Make the terms' rectangles free and drop the terms."""
        for rows, columns in self.rectangles(ids):
            spend(rows.bit_count() + columns.bit_count() >> 2)
            for i in bits(rows):
                self.free[ROW][i] = self.free[ROW].get(i, 0) | columns
            for j in bits(columns):
                self.free[COLUMN][j] = self.free[COLUMN].get(j, 0) | rows
        for id_ in ids:
            self.drop(id_)

    def rectangles(self, ids: list[int]) -> set[Rectangle]:
        """The rectangles of these terms, each once."""
        return {self.terms[id_] for id_ in ids}

    def asked_in(self, rectangle: Rectangle) -> dict[int, int]:
        """The positions of a rectangle that are not free, by rows; rows without any are left out."""
        rows, columns = rectangle
        spend(1 + (rows.bit_count() * (1 + (self.shape[COLUMN] >> 14)) >> 2))
        asked = {i: columns & ~self.free[ROW].get(i, 0) for i in bits(rows)}
        return {i: row for i, row in asked.items() if row}


def _crossing(spans: list[int], lines: int) -> list[int]:
    """For each line, the numbers of the spans it is in, as a bitset."""
    spend(len(spans) * lines >> 10)
    if not spans:
        return [0] * lines
    # The last digit of a span is line 0, and the first span comes last.
    columns = transposed([format(span, f"0{lines}b") for span in reversed(spans)])
    return [int(column, 2) for column in reversed(columns)]


def _empty_term(step: Any, path: Path, work: _Work) -> None:
    """R1, R6: a term with no position outside W adds nothing outside W."""
    _, term = fields(step, path, "rule", "term")
    id_ = identifier(term, path / "term", work.terms)
    if asked := work.asked_in(work.terms[id_]):
        i, columns = next(iter(asked.items()))
        raise path.error(f"term {id_} is not empty: it holds {[i, next(bits(columns))]}, which is not free")
    work.drop(id_)


def _twin_capping(step: Any, path: Path, work: _Work) -> None:
    """R3: rotations among lines that meet the same |S| terms, and have the same free positions there, keep E.

    They turn all but |S| of the lines to zero, and pass to the limit.
    """
    _, side_name, keep, drop = fields(step, path, "rule", "side", "keep", "drop")
    side = read_side(side_name, path / "side")
    kept, dropped = (
        lines(listed, path / name, work.shape[side]) for name, listed in (("keep", keep), ("drop", drop))
    )
    if kept & dropped or not dropped:
        raise (path / "drop").error("some line is to be dropped, and none of those that are kept")
    first = next(bits(dropped))
    terms = work.meets(side, first)
    reach = 0
    for id_ in work.ids(terms):
        reach |= work.terms[id_][1 - side]
    free = work.free[side].get(first, 0) & reach
    spend(1 + (work.shape[1 - side] + len(work.terms) >> 14) * (kept | dropped).bit_count())
    for line in bits(kept | dropped):
        if work.meets(side, line) != terms:
            raise path.error(f"the lines {first} and {line} do not meet the same terms")
        if work.free[side].get(line, 0) & reach != free:
            raise path.error(f"the lines {first} and {line} do not have the same free positions")
    if kept.bit_count() < terms.bit_count():
        raise (path / "keep").error(
            f"{kept.bit_count()} lines are kept, but they meet {terms.bit_count()} terms"
        )
    work.remove_lines(side, dropped)


def _absorb_equal(step: Any, path: Path, work: _Work) -> None:
    """R4a: k terms with the same rectangle fill what k lines in each component cover.

    Term number s writes the s-th cover line of every component at once: components share no line, and what
    it writes at the crossing of two of them is free.
    """
    _, terms, components = fields(step, path, "rule", "terms", "components")
    ids = _some_ids(terms, path / "terms", work)
    rectangle = work.terms[ids[0]]
    for id_ in ids:
        if work.terms[id_] != rectangle:
            raise (path / "terms").error(f"the terms {ids[0]} and {id_} have different rectangles")
    asked = work.asked_in(rectangle)
    seen = [0, 0]
    for where, component in members(components, path / "components"):
        rows, columns, cover = fields(component, where, "rows", "columns", "cover")
        part = _part(rows, columns, where, work, rectangle, seen)
        _check_cover(cover, where / "cover", work, part, asked, len(ids))
    if asked:
        i, columns = next(iter(asked.items()))
        raise (path / "components").error(f"{[i, next(bits(columns))]} is not free and in no component")
    work.fill(ids)


def _check_cover(
    value: Any, path: Path, work: _Work, part: Rectangle, asked: dict[int, int], size: int
) -> None:
    """That the cover has at most ``size`` lines and covers what is asked in the rows of this component.

    Those rows are then removed from ``asked``.
    """
    listed = fields(value, path, "rows", "columns")
    cover = [
        lines(listed[side], path / ("rows", "columns")[side], work.shape[side]) for side in (ROW, COLUMN)
    ]
    if cover[ROW] & ~part[ROW] or cover[COLUMN] & ~part[COLUMN]:
        raise path.error("a line of the cover is not in the component")
    if cover[ROW].bit_count() + cover[COLUMN].bit_count() > size:
        raise path.error(f"the cover has more lines than there are terms ({size})")
    spend(part[ROW].bit_count() >> 2)
    for i in bits(part[ROW]):
        columns = asked.pop(i, 0)
        if outside := columns & ~part[COLUMN]:
            raise path.error(
                f"{[i, next(bits(outside))]} is not free, but its column is not in the component"
            )
        if not cover[ROW] >> i & 1 and (bare := columns & ~cover[COLUMN]):
            raise path.error(f"{[i, next(bits(bare))]} is not free, and on no line of the cover")


def _absorb_matching(step: Any, path: Path, work: _Work) -> None:
    """R4b: where the rows asked in every column can be matched to terms, a generic X solves every column."""
    _, side_name, terms, matching = fields(step, path, "rule", "side", "terms", "matching")
    side = read_side(side_name, path / "side")
    ids = _some_ids(terms, path / "terms", work)
    wanted: dict[int, int] = {}
    for rectangle in work.rectangles(ids):
        spend(rectangle[side].bit_count() >> 2)
        for line in bits(rectangle[side]):
            wanted[line] = wanted.get(line, 0) | rectangle[1 - side]
    wanted = {line: across & ~work.free[side].get(line, 0) for line, across in wanted.items()}
    among = set(ids)
    seen = []
    for where, (number, pairs) in tuples(matching, path / "matching", 2):
        line = index(number, where / 0, work.shape[side])
        seen.append(line)
        matched = _matched(pairs, where / 1, side, line, among, work)
        if matched != wanted.pop(line, 0):
            raise where.error(f"the lines matched at line {line} are not those that have to be")
    distinct(seen, path / "matching")
    if missing := [line for line, across in wanted.items() if across]:
        raise (path / "matching").error(f"line {missing[0]} is not matched")
    work.fill(ids)


def _matched(value: Any, path: Path, side: int, line: int, among: set[int], work: _Work) -> int:
    """The lines of the other side that are matched to different terms, each of which covers its crossing."""
    crossing: list[int] = []
    used: list[int] = []
    for where, (number, id_) in tuples(value, path, 2):
        across = index(number, where / 0, work.shape[1 - side])
        term = identifier(id_, where / 1, among)
        span = work.terms[term]
        if not span[side] >> line & 1 or not span[1 - side] >> across & 1:
            raise where.error(f"term {term} does not cover the crossing of the lines {line} and {across}")
        crossing.append(across)
        used.append(term)
    distinct(used, path)
    return lines(crossing, path, work.shape[1 - side])


def _split_term(step: Any, path: Path, work: _Work) -> None:
    """R5, R6: x yᵀ outside W is the same as a sum of terms on parts without common lines."""
    _, term, parts = fields(step, path, "rule", "term", "parts")
    id_ = identifier(term, path / "term", work.terms)
    rectangle = work.terms[id_]
    asked = work.asked_in(rectangle)
    seen = [0, 0]
    found: list[tuple[int, Rectangle]] = []
    for where, part in members(parts, path / "parts"):
        new, rows, columns = fields(part, where, "id", "rows", "columns")
        if index(new, where / "id") in work.used:
            raise (where / "id").error(f"the id {new} has been used before")
        work.used.add(new)
        piece = _part(rows, columns, where, work, rectangle, seen)
        spend(piece[ROW].bit_count() >> 2)
        for i in bits(piece[ROW]):
            if outside := asked.pop(i, 0) & ~piece[COLUMN]:
                raise where.error(
                    f"{[i, next(bits(outside))]} is not free, but its column is in another part"
                )
        found.append((new, piece))
    if asked:
        i, columns = next(iter(asked.items()))
        raise (path / "parts").error(f"{[i, next(bits(columns))]} is not free and in no part")
    work.drop(id_)
    for new, piece in found:
        work.add(new, piece)


def _part(
    rows: Any, columns: Any, path: Path, work: _Work, rectangle: Rectangle, seen: list[int]
) -> Rectangle:
    """A part of a rectangle which shares no line with those ``seen`` before; it is added to them."""
    part = (
        lines(rows, path / "rows", work.shape[ROW]),
        lines(columns, path / "columns", work.shape[COLUMN]),
    )
    for side, name in ((ROW, "rows"), (COLUMN, "columns")):
        if part[side] & ~rectangle[side]:
            raise (path / name).error("a line is outside the rectangle of the term")
        if part[side] & seen[side]:
            raise (path / name).error("a line is in an earlier part")
        seen[side] |= part[side]
    return part


def _blocks(value: Any, path: Path, work: _Work) -> list[Obligation]:
    """R7: blocks of terms whose asked positions are disjoint make E a product."""
    left = set(work.terms)
    taken: dict[int, int] = {}
    blocks: list[Obligation] = []
    for where, block in members(value, path):
        terms, proof = fields(block, where, "terms", "proof")
        ids = identifiers(terms, where / "terms", left)
        left.difference_update(ids)
        problem = Problem({id_: work.terms[id_] for id_ in ids}, work.free, work.shape)
        for i, columns in problem.asked().items():
            if common := columns & taken.get(i, 0):
                raise where.error(f"{[i, next(bits(common))]} is in an earlier block too")
            taken[i] = taken.get(i, 0) | columns
        blocks.append(Obligation(Closed(problem), proof, where / "proof"))
    if left:
        raise path.error(f"term {min(left)} is in no block")
    return blocks


def _some_ids(value: Any, path: Path, work: _Work) -> list[int]:
    ids = identifiers(entries(value, path), path, work.terms)
    if not ids:
        raise path.error("at least one term is wanted here")
    return ids
