"""How exposed matrices are: many targets fitted with one mask, and how large the terms of their fits are.

Ill-posed is a worst case over A. How often the best fit of one's own, or of random, matrices has terms that are much larger
than the matrix is a question of its own, and is measured here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.strategy import check
from qeclose.errors import UsageError
from qeclose.fitting.fitting import fit
from qeclose.sampling.estimate import Interval, interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qeclose.decide.verdict import Answer
    from qeclose.fitting.result import Fit
    from qeclose.support import Support

__all__ = ["FILES", "LIMITS", "RANDOM", "FitSurvey", "Sample", "fit_many", "fit_random"]

SCHEMA = 2
RANDOM, FILES = "random", "files"
"""What the targets of a survey are."""
LIMITS = (10.0, 100.0, 1000.0)
"""Sizes of the largest term, in norms of the target, above which fits are counted."""
_CHECKING, _LONGEST_CHECK = 0.25, 15.0


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one fit; ``relative_loss`` is ‖A − XYᵀ‖²/‖A‖², ``largest_term`` in norms of A."""

    matrix: str
    loss: float
    relative_loss: float
    lower_bound: float
    norms: tuple[float, ...]
    largest_term: float
    optimal: bool
    diverging: bool

    @classmethod
    def of(cls, matrix: str, found: Fit) -> Sample:
        """The figures of one fit; the loss relative to the norm of the matrix, squared."""
        relative = found.loss / found.norm**2 if found.norm else 0.0
        return cls(
            matrix, found.loss, relative, found.lower_bound, found.norms, found.largest_term, found.optimal,
            found.diverging,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The sample as a JSON object."""
        return {
            "matrix": self.matrix,
            "loss": self.loss,
            "relative_loss": self.relative_loss,
            "lower_bound": self.lower_bound,
            "norms": list(self.norms),
            "largest_term": self.largest_term,
            "optimal": self.optimal,
            "diverging": self.diverging,
        }


@final
@dataclass(frozen=True, slots=True)
class FitSurvey:
    """The fits of many targets. ``wanted`` of them were asked for; if there are fewer ``samples``, ``stopped`` says why."""

    support: Support
    verdict: Answer
    targets: str
    wanted: int
    samples: tuple[Sample, ...]
    seed: int
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def complete(self) -> bool:
        """Whether all samples that were wanted are there."""
        return len(self.samples) == self.wanted

    def above(self, limit: float) -> int:
        """How many targets have a fit with a term larger than so many norms of the target."""
        return sum(sample.largest_term > limit for sample in self.samples)

    def share(self, limit: float) -> Interval:
        """The same as a fraction, with its 95 % interval (Clopper and Pearson)."""
        return interval(self.above(limit), len(self.samples))

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``qeclose fit --random`` and of ``fit`` with several matrices."""
        shares = [
            {"above": limit, "count": self.above(limit), **self.share(limit)._asdict()} for limit in LIMITS
        ]
        return {
            "schema": SCHEMA,
            "name": self.support.name,
            "source": self.support.source,
            "verdict": self.verdict,
            "targets": self.targets,
            "wanted": self.wanted,
            "fitted": len(self.samples),
            "stopped": self.stopped,
            "seed": self.seed,
            "shares": shares,
            "diverging": sum(sample.diverging for sample in self.samples),
            "optimal": sum(sample.optimal for sample in self.samples),
            "fits": [sample.to_json() for sample in self.samples],
            "seconds": round(self.seconds, 3),
        }


def fit_random(
    count: int,
    support: Support,
    *,
    timeout: float = 60.0,
    seed: int = 0,
    starts: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
    each: Callable[[Answer, Sample], None] = lambda _verdict, _sample: None,
) -> FitSurvey:
    """Fits of ``count`` random targets: independent standard normal entries where some product can be nonzero, 0 elsewhere.

    Target k is determined by ``seed`` and k. As many as ``timeout`` seconds allow; ``each`` is called with the verdict of the
    mask and each fit, as soon as there is one.

    >>> from qeclose import Support
    >>> rank_one = fit_random(3, Support([[1], [1]], [[1], [1]]))
    >>> rank_one.verdict, rank_one.complete, rank_one.above(10)
    ('well-posed', True, 0)
    """
    if count < 1:
        raise UsageError("the number of random targets is at least 1")
    targets = ((f"random {k}", _normal(support, seed, k)) for k in range(count))
    return _survey(targets, support, RANDOM, count, timeout, seed, starts, tell, each)


def fit_many(
    matrices: Iterable[tuple[str, Any]],
    support: Support,
    *,
    timeout: float = 60.0,
    seed: int = 0,
    starts: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
    each: Callable[[Answer, Sample], None] = lambda _verdict, _sample: None,
) -> FitSurvey:
    """Fits of given matrices, each with a name, as ``fit_random`` does it. As many as ``timeout`` seconds allow."""
    targets = list(matrices)
    return _survey(iter(targets), support, FILES, len(targets), timeout, seed, starts, tell, each)


def _normal(support: Support, seed: int, number: int) -> NDArray[np.float64]:
    import numpy as np

    rng = np.random.default_rng([seed, number])
    target: NDArray[np.float64] = np.where(
        support.covered.to_array(), rng.standard_normal(support.shape), 0.0
    )
    return target


def _survey(
    targets: Iterator[tuple[str, Any]],
    support: Support,
    kind: str,
    wanted: int,
    timeout: float,
    seed: int,
    starts: int | None,
    tell: Callable[[str], None],
    each: Callable[[Answer, Sample], None],
) -> FitSurvey:
    start = time.monotonic()
    until = start + timeout
    tell("deciding the mask")
    seconds = min(_LONGEST_CHECK, _CHECKING * timeout)
    verdict = check(support, method="certify", timeout=max(seconds, 0.1), seed=seed).verdict
    samples: list[Sample] = []
    for number, (name, target) in enumerate(targets):
        left = until - time.monotonic()
        if samples and left <= 0:
            break
        large = sum(sample.largest_term > LIMITS[0] for sample in samples)
        tell(
            f"target {number + 1} of {wanted}; {large} so far have terms larger than {LIMITS[0]:g} times the target"
        )
        found = fit(
            target, support, timeout=max(left, 0.0), seed=seed + number, starts=starts, verdict=verdict
        )
        if not math.isfinite(found.loss):
            raise UsageError(f"{name}: the numbers are too large to be fitted")
        samples.append(Sample.of(name, found))
        each(verdict, samples[-1])
    seconds = time.monotonic() - start
    stopped = None if len(samples) == wanted else "time ran out"
    return FitSurvey(support, verdict, kind, wanted, tuple(samples), seed, seconds, stopped)
