"""One decision, wherever it is made: the question as it travels to a worker, and the answer that comes back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.batch.store.cache import Cache
from qeclose.decide.options import Options
from qeclose.decide.strategy import decided
from qeclose.errors import QecloseError, Unforeseen
from qeclose.supervise.clock import OutOfTime, time_limit
from qeclose.supervise.helper import GRACE
from qeclose.supervise.phases import phase
from qeclose.support.bounded import BoundedSupport, Bounds
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.phrase import phrase

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict

__all__ = ["FORGET", "GRACE_SECONDS", "Result", "Task", "failure", "recalled", "solve"]

GRACE_SECONDS = GRACE
"""How much longer than its timeout a worker may take for a task before it is stopped from outside."""

FORGET = "forget all but "
"""What is sent to a local worker instead of a task, before a number: it forgets all others that it has not begun."""

Result = dict[str, Any]
"""A verdict in canonical coordinates, as JSON: what ``Verdict.to_json`` gives but name, source and shape, with the phrase
``why`` in place of the reason; and whether it was ``cached``. One with ``unusable`` stands for a usage error, which that
text describes."""


@final
@dataclass(frozen=True, slots=True)
class Task:
    """A canonical support to decide, with options, and the folder of the cache or ""."""

    number: int
    support: Support | BoundedSupport
    options: Options
    cache: str = ""

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Task:
        """The task that ``to_json`` wrote."""
        factors = [Mask(tuple(int(row, 16) for row in rows), width) for rows, width in value["factors"]]
        missing = None
        if (drawn := value.get("missing")) is not None:
            missing = Mask(tuple(int(row, 16) for row in drawn[0]), drawn[1])
        support: Support | BoundedSupport = Support.of_factors(factors, missing=missing)
        if (bounds := value.get("bounds")) is not None:
            left, right = (Bounds(bound["nnz"], bound["row"], bound["column"]) for bound in bounds)
            support = BoundedSupport(Support.of_factors(factors), left, right)
        return cls(value["number"], support, Options.of_json(value["options"]), value["cache"])

    def to_json(self) -> dict[str, Any]:
        """The task as a worker reads it: bitset rows in hexadecimal digits."""
        factors = [[[f"{row:x}" for row in factor.rows], factor.n_cols] for factor in self.support.factors]
        bounds = missing = None
        if isinstance(self.support, BoundedSupport):
            bounds = [self.support.left.to_json(), self.support.right.to_json()]
        elif self.support.missing is not None:
            missing = [[f"{row:x}" for row in self.support.missing.rows], self.support.missing.n_cols]
        return {
            "number": self.number,
            "factors": factors,
            "missing": missing,
            "bounds": bounds,
            "options": self.options.to_json(),
            "cache": self.cache,
        }


def solve(task: Task) -> Result:
    """Look the task up, or decide it and keep the decision. Never raises an ``Exception``: errors are results."""
    cache = Cache(Path(task.cache)) if task.cache else None
    try:
        with time_limit(time.monotonic() + task.options.timeout):
            return _solved(task, cache)
    except OutOfTime as error:
        return failure(f"time ran out while {error.phase or 'deciding'}", limit=True)
    except MemoryError:
        return failure("memory ran out", limit=True)
    except QecloseError as error:
        return failure(str(error)) | {"unusable": str(error)}
    except Exception as error:  # a mistake in qeclose must not cost the rest of the batch
        return failure(str(Unforeseen.of(error)))


def _solved(task: Task, cache: Cache | None) -> Result:
    if isinstance(task.support, BoundedSupport):
        # Nothing of questions with bounds is kept.
        return {**_result(decided(task.support, task.options)), "cached": False}
    warnings: list[str] = []
    if cache is not None:
        with phase("looking into the cache"):
            found, problem = cache.get(task.support, task.options)
        if found is not None:
            return recalled(found)
        warnings += [problem] if problem else []
    result = _result(decided(task.support, task.options))
    if cache is not None and (problem := cache.put(task.support, task.options, result)):
        warnings.append(problem)
    return {**result, "warnings": [*warnings, *result["warnings"]], "cached": False}


def _result(verdict: Verdict) -> Result:
    """The verdict with its phrases as data, for they will be told in the coordinates of others."""
    result = verdict.to_json()
    del result["reason"]
    return {
        **result,
        "why": phrase(verdict.why).to_json(),
        "presolve": [
            {"rule": step.rule, "detail": phrase(step.detail).to_json()} for step in verdict.presolve
        ],
    }


def recalled(found: Mapping[str, Any]) -> Result:
    """The result that a decision found in the cache gives."""
    return {**found, "failures": [], "cached": True}


def failure(problem: str, *, limit: bool = False) -> Result:
    """The result of a task that nothing came of: by a failure, or by a limit."""
    return {
        "verdict": "undecided",
        "extent": None,
        "algorithm": None,
        "method": "",
        "engines": [],
        "presolve": [],
        "seconds": 0.0,
        "why": [problem],
        "witness": None,
        "certificate": None,
        "warnings": [],
        "failures": [] if limit else [problem],
        "cached": False,
    }
