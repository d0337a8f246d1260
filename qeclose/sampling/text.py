"""A survey as a table and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qeclose.sampling.estimate import CONFIDENCE, VERDICTS, Count
from qeclose.sampling.plan import Plan

if TYPE_CHECKING:
    from qeclose.sampling.exact import Exact

__all__ = ["HEAD", "cells", "count_json", "exact_text", "survey_text", "title"]

_SCHEMA = 1
HEAD = ("density", "samples", *VERDICTS)


def title(plan: Plan) -> str:
    """What was drawn, in one line."""
    return f"random supports {plan.m}×{plan.n}, r = {plan.r}, seed {plan.seed}"


def cells(count: Count) -> tuple[str, ...]:
    """The row of the table for one density."""
    fractions = []
    for verdict in VERDICTS:
        fraction, low, high = count.interval(verdict)
        fractions.append(f"{fraction:.4f} [{low:.4f}, {high:.4f}]" if count.total else "")
    return f"{count.density:g}", str(count.total), *fractions


def survey_text(plan: Plan, counts: Iterable[Count]) -> str:
    """The table of fractions, then what the decisions rest on; ends in a line break."""
    listed = list(counts)
    lines = [f"{title(plan)}, {CONFIDENCE:.0%} intervals", _aligned([HEAD, *map(cells, listed)]).rstrip("\n")]
    proofs, rules = Counter[str](), Counter[str]()
    for count in listed:
        proofs += count.proofs
        rules += count.rules
    lines += [f"decided by: {_ranked(proofs)}"] if proofs else []
    lines += [f"presolve: {_ranked(rules)}"] if rules else []
    return "\n".join(lines) + "\n"


def exact_text(m: int, n: int, r: int, found: Iterable[Exact]) -> str:
    """The table of exact probabilities; fractions only where they are short; ends in a line break."""
    rows = [("density", "ill-posed", "exactly")]
    for one in found:
        fraction = "" if one.ill_posed is None else str(one.ill_posed)
        rows.append(
            (str(one.density), f"{one.ill_posed_float:.10g}", fraction if len(fraction) <= 60 else "…")
        )
    return f"exact probabilities for random supports {m}×{n}, r = {r}\n" + _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _ranked(counter: Counter[str]) -> str:
    ranked = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number}" for name, number in ranked)


def count_json(plan: Plan, count: Count) -> dict[str, Any]:
    """The JSON object of one density (``docs/sample.md``)."""
    fractions: dict[str, Any] = {
        verdict: {"count": count.verdicts[verdict], **count.interval(verdict)._asdict()}
        for verdict in VERDICTS
    }
    return {
        "schema": _SCHEMA,
        "shape": {"m": plan.m, "n": plan.n, "r": plan.r},
        "seed": plan.seed,
        "density": count.density,
        "samples": count.total,
        "confidence": CONFIDENCE,
        **fractions,
        "proofs": dict(sorted(count.proofs.items())),
        "presolve": dict(sorted(count.rules.items())),
        "failures": count.failures,
        "seconds": round(count.seconds, 3),
    }
