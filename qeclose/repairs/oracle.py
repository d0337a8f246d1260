"""What is known of the masks that a repair looks at, each decided once up to R0."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from qeclose.certify import Certified, certify
from qeclose.proof.certificate import relabel
from qeclose.repairs.effort import ORACLE
from qeclose.repairs.state import Obstruction, State
from qeclose.support import Mask
from qeclose.support.bits import bits, bitset
from qeclose.support.canonical import CanonicalForm, canonical_form

__all__ = ["Oracle", "TimeIsUp"]


Key = tuple[Mask, ...]


class TimeIsUp(Exception):
    """The deadline passed in the middle of a search."""


@final
@dataclass(frozen=True, slots=True)
class _Known:
    """A decision on a canonical form, None if there is none after ``seconds``."""

    result: Certified | None
    seconds: float


@final
class Oracle:
    """Decides masks by certificates, until ``deadline`` (a value of ``time.monotonic``).

    The states given must all be changed versions of one mask: what is known of some lines of one is used for
    the others. ``patience`` is how many seconds one mask may take. Every method that decides raises ``TimeIsUp``
    past the deadline.
    """

    def __init__(self, *, seed: int, deadline: float, patience: float) -> None:
        self.patience = patience
        self.deadline = deadline
        self._seed = seed
        self._known: dict[Key, _Known] = {}
        # Insertion order: what a search does must not depend on hashes.
        self._pool: dict[Obstruction, None] = {}
        self._squares: dict[tuple[int, ...], bool] = {}

    @property
    def n_decided(self) -> int:
        """How many masks and sub-masks, up to R0, have a certificate."""
        return sum(known.result is not None for known in self._known.values())

    def key(self, state: State) -> Key:
        """Equal for masks that are equal up to R0."""
        return canonical_form(state.support()).support.factors

    def obstructions(self, state: State) -> Iterator[Obstruction]:
        """The obstructions found so far that the mask contains."""
        return (found for found in tuple(self._pool) if found.holds(state))

    def closed(self, state: State, *, quick: bool = False) -> bool | None:
        """Whether the mask is well-posed; None if that is not known."""
        if any(True for _ in self.obstructions(state)) or self._square(state, *state.lines) is not None:
            return False
        result = self._decide(canonical_form(state.support()), quick)
        return None if result is None else result.closed

    def closed_on(self, state: State, rows: int, columns: int) -> bool | None:
        """Whether the sub-mask on these lines is well-posed; None if that is not quickly known."""
        # Below two rows or columns everything is, and there is no need to ask.
        if rows.bit_count() < 2 or columns.bit_count() < 2:
            return True
        form = canonical_form(state.restricted(rows, columns).support())
        result = self._decide(form, quick=True)
        return None if result is None else result.closed

    def obstruction(self, state: State, rows: int, columns: int) -> Obstruction | None:
        """An obstruction on some of these lines, as small as deleting single lines makes it; None if none is known."""
        square = self._square(state, rows, columns)
        if square is not None:
            return square
        part = state.restricted(rows, columns)
        form = canonical_form(part.support())
        result = self._decide(form)
        if result is None or result.obstruction is None:
            return None
        numbers = tuple(bits(rows)), tuple(bits(columns))
        found_rows, found_columns = _lines(form, result)
        chosen = [bitset(numbers[0][i] for i in found_rows), bitset(numbers[1][j] for j in found_columns)]
        if self.closed_on(state, *chosen) is not False:
            # What the certificate names is a hint; that the whole sub-mask is ill-posed is what it proves.
            chosen = [rows, columns]
        self._shrink(state, chosen)
        return self._remembered(Obstruction.within(state, *chosen))

    def certificate(self, state: State) -> dict[str, Any]:
        """The certificate of a mask already decided. Raises ``LookupError`` if it is not."""
        form = canonical_form(state.support())
        result = self._known[form.support.factors].result
        if result is None:
            raise LookupError("this mask is undecided")
        return relabel(result.certificate, form.backward)

    def _remembered(self, obstruction: Obstruction) -> Obstruction:
        self._pool[obstruction] = None
        return obstruction

    def _square(self, state: State, rows: int, columns: int) -> Obstruction | None:
        """An ill-posed 2×2 sub-mask on these lines: most ill-posed masks have one, and they are quickly looked through."""
        if math.comb(rows.bit_count(), 2) * math.comb(columns.bit_count(), 2) > ORACLE.all_squares:
            return None
        for upper, lower in itertools.combinations(bits(rows), 2):
            for left, right in itertools.combinations(bits(columns), 2):
                codes = (
                    *sorted(
                        (r >> upper & 1) << 3 | (r >> lower & 1) << 2 | (c >> left & 1) << 1 | c >> right & 1
                        for r, c in state.terms
                    ),
                    *(state.unseen(i) >> j & 1 for i in (upper, lower) for j in (left, right)),
                )
                chosen = 1 << upper | 1 << lower, 1 << left | 1 << right
                if codes not in self._squares:
                    self._squares[codes] = self.closed_on(state, *chosen) is False
                if self._squares[codes]:
                    return self._remembered(Obstruction.within(state, *chosen))
        return None

    def _shrink(self, state: State, chosen: list[int]) -> None:
        """Leave out lines as long as the sub-mask stays ill-posed."""
        if sum(lines.bit_count() for lines in chosen) > ORACLE.shrinkable:
            return
        for side in (0, 1):
            for line in bits(chosen[side]):
                fewer = list(chosen)
                fewer[side] &= ~(1 << line)
                if self.closed_on(state, *fewer) is False:
                    chosen[:] = fewer

    def _decide(self, form: CanonicalForm, quick: bool = False) -> Certified | None:
        now = time.monotonic()
        if now > self.deadline:
            raise TimeIsUp
        key = form.support.factors
        known = self._known.get(key)
        seconds = min(ORACLE.quick, self.patience) if quick else self.patience
        if known is not None and (known.result is not None or known.seconds >= seconds):
            return known.result
        found = certify(form.support, deadline=min(now + seconds, self.deadline), seed=self._seed)
        result = found if isinstance(found, Certified) else None
        if result is None and time.monotonic() > self.deadline:
            raise TimeIsUp
        self._known[key] = _Known(result, seconds)
        return result


def _lines(form: CanonicalForm, result: Certified) -> tuple[list[int], list[int]]:
    """The rows and columns of an obstruction in the form, as lines of the mask that the form was made of."""
    assert result.obstruction is not None
    rows, columns = set(result.obstruction.rows), set(result.obstruction.columns)
    if form.transposed:
        rows, columns = columns, rows
    return (
        [i for i, moved in enumerate(form.rows) if moved in rows],
        [j for j, moved in enumerate(form.columns) if moved in columns],
    )
