"""The same question in other words, by other ways and with other tools: the verdicts must agree."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Generator, Iterable
from functools import partial
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any

from attack.engines import ask_engines
from attack.masks import (
    Pair,
    block_sum,
    decided,
    exhaustive,
    random_pair,
    restricted,
    shrunk,
    text,
    transformed,
)
from attack.tally import Tally

if TYPE_CHECKING:
    from qeclose.batch.workers.task import Result, Task

__all__ = ["trial"]

_ENGINE_EVERY = 40
_CHAIN_EVERY = 6
_BOUNDS_EVERY = 10
_CACHE_EVERY = 3
_WALK_STEPS = 200
_WALK_SECONDS = 0.6
_MOST_LINES = 5


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One mask, decided in every way; at intervals one by an engine, a chain, and bounds on nonzeros."""
    pair = (exhaustive(number // 2) if number % 2 else None) or random_pair(rng)
    tally.add("masks")
    verdict = decided(pair)
    if verdict == "undecided":
        tally.add("undecided")
        return
    _same(tally, pair, "without the table", pair, verdict, table=False)
    for what, other in transformed(pair, rng):
        _same(tally, pair, what, other, verdict)
    if verdict == "well-posed":
        for what, other in restricted(pair, rng):
            _same(tally, pair, what, other, verdict)
    _walk(tally, pair, verdict, rng)
    beside = random_pair(rng, terms=(1, 2), most=2)
    both = [verdict, decided(beside)]
    if "undecided" not in both:
        total = "ill-posed" if "ill-posed" in both else "well-posed"
        _same(tally, pair, "direct sum", block_sum(pair, beside), total)
    _through_batch(tally, pair, verdict)
    if number % _CACHE_EVERY == 0:
        _through_cache(tally, pair, verdict, rng)
    if number % _ENGINE_EVERY == 0:
        _by_an_engine(tally, rng)
    if number % _CHAIN_EVERY == 0:
        _chain(tally, rng)
    if number % _BOUNDS_EVERY == 0:
        _bounds(tally, rng)


def _same(tally: Tally, pair: Pair, what: str, other: Pair, expected: str, **options: Any) -> None:
    """Compare the verdict of ``other`` with the one expected; the mask of a disagreement is made small."""
    tally.add("comparisons")
    found = decided(other, **options)
    if found == "undecided":
        tally.add("undecided")
    elif found != expected:
        opposite = {"well-posed": "ill-posed", "ill-posed": "well-posed"}
        small = shrunk(
            other, lambda p: decided(p, **options) == found and decided(p, table=False) == opposite[found]
        )
        tally.disagree(
            what, expected=expected, found=found, mask=text(pair), other=text(other), small=text(small)
        )


def _walk(tally: Tally, pair: Pair, expected: str, rng: random.Random) -> None:
    """Many changes that keep the verdict, one upon the other, decided after each; ended early where a decision is dear."""
    end = process_time() + _WALK_SECONDS
    other = pair
    for _ in range(_WALK_STEPS):
        what, changed = rng.choice(list(transformed(other, rng)))
        _same(tally, pair, f"walk, {what}", changed, expected)
        if process_time() > end:
            return
        size = max(*(len(side) for side in changed), len(changed[0][0]))
        other = pair if size > _MOST_LINES else changed


def _through_batch(tally: Tally, pair: Pair, expected: str) -> None:
    """The decision made in canonical form and moved back; its witness must still be one of the user's mask."""
    import qeclose
    from qeclose.support.canonical import canonical_form

    tally.add("comparisons")
    form = canonical_form(qeclose.Support(*pair))
    found = qeclose.check(form.support, method="certify", timeout=10).verdict
    if found not in (expected, "undecided"):
        tally.disagree("canonical form", expected=expected, found=found, mask=text(pair))


def _through_cache(tally: Tally, pair: Pair, expected: str, rng: random.Random) -> None:
    """The pair, two permutations of it and another one, twice as ``qeclose batch`` decides: the second time tells the same.

    All have one cache. What the record of a moved mask shows is checked for the mask as it was given; two permutations, since
    one that is its own inverse does not tell there from back.
    """
    import qeclose
    from qeclose.batch.requests.item import Item
    from qeclose.batch.run import run
    from qeclose.decide.options import Options
    from qeclose.errors import CertificateError

    other = random_pair(rng, terms=(1, 2), most=3)
    pairs = (pair, _permuted(pair, rng), _permuted(pair, rng), other)
    truths = (expected, expected, expected, decided(other))
    options = Options(method="certify", timeout=10.0)
    supports = [qeclose.Support(*one) for one in pairs]
    items = [Item("campaign", str(number), options, support) for number, support in enumerate(supports)]
    with tempfile.TemporaryDirectory() as folder:
        for turn in ("decided", "from the cache"):
            found = {f.index: f.record for f in run(items, _Here(), cache=folder) if f is not None}
            for number, (truth, support) in enumerate(zip(truths, supports, strict=True)):
                tally.add("comparisons")
                record = found[number]
                if "undecided" in (truth, record["verdict"]) and not record["warnings"]:
                    continue
                try:
                    good = record["verdict"] == truth and not record["warnings"]
                    good = good and qeclose.verify(record["certificate"], support).claim == truth
                except CertificateError as error:
                    good, record = False, {**record, "problem": str(error)}
                if not good:
                    tally.disagree(f"batch, {turn}", expected=truth, found=record, mask=text(pairs[number]))


def _permuted(pair: Pair, rng: random.Random) -> Pair:
    return next(other for what, other in transformed(pair, rng) if what == "permutation")


class _Here:
    """Works through the tasks of a batch in this process."""

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        from qeclose.batch.workers.task import solve

        for task in tasks:
            yield None if task is None else (task.number, solve(task))


def _by_an_engine(tally: Tally, rng: random.Random) -> None:
    """A smaller mask put to engines."""
    pair = random_pair(rng, terms=(1, 2), most=2)
    ask_engines(tally, rng, partial(decided, pair), text(pair))


def _chain(tally: Tally, rng: random.Random) -> None:
    """Three factors: turned around, permuted, and with a factor that changes nothing."""
    import qeclose
    from qeclose import Support

    sizes = [rng.randint(1, 3) for _ in range(4)]
    factors = [
        tuple(tuple(int(rng.random() < 0.7) for _ in range(b)) for _ in range(a))
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    turned = [tuple(zip(*factor, strict=True)) for factor in reversed(factors)]
    diagonal = tuple(tuple(int(i == j) for j in range(sizes[3])) for i in range(sizes[3]))
    ways = {"turned around": turned, "a diagonal factor more": [*factors, diagonal]}

    def verdict(masks: list[tuple[tuple[int, ...], ...]]) -> str:
        return qeclose.check(Support.of_factors(masks), method="certify", timeout=3).verdict

    expected = verdict(factors)
    tally.add("masks")
    for what, masks in ways.items():
        found = verdict(masks)
        tally.add("comparisons")
        if "undecided" in (found, expected):
            tally.add("undecided")
        elif found != expected:
            tally.disagree(f"chain {what}", expected=expected, found=found, mask=repr(factors))


def _bounds(tally: Tally, rng: random.Random) -> None:
    """Bounds that forbid nothing describe the union of one support, the box of ones; a permuted box changes nothing."""
    m, n, r = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 2)
    full = decided((((1,) * r,) * m, ((1,) * r,) * n))
    free = f"I: rows={m} cols={r} nnz<={m * r}\nJ: rows={n} cols={r} nnz<={n * r}\n"
    bound = rng.randint(1, m * r)
    one = f"I: rows={m} cols={r} nnz<={bound}\nJ: rows={n} cols={r} nnz<={n * r}\n"
    two = f"I: rows={n} cols={r} nnz<={n * r}\nJ: rows={m} cols={r} nnz<={bound}\n"
    for what, text_, expected in (
        ("bounds that forbid nothing", free, full),
        ("bounds transposed", two, _bounded(one)),
    ):
        found = _bounded(text_)
        tally.add("comparisons")
        if "undecided" in (found, expected):
            tally.add("undecided")
        elif found != expected:
            tally.disagree(what, expected=expected, found=found, mask=text_)


def _bounded(content: str) -> str:
    from qeclose.certify.unions.decide import certify_union
    from qeclose.files.bounds import parse_bounded

    closed = certify_union(parse_bounded(content), deadline=monotonic() + 5).closed
    return {None: "undecided", True: "well-posed", False: "ill-posed"}[closed]
