"""Is the image of a tiny network on given inputs closed? If so, training on these inputs has an optimum for all targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from qeclose.decide.method import Finding
from qeclose.decide.methods.staged import closure_of_description
from qeclose.decide.panel import Deadline, Panel, Watch
from qeclose.engine.protocol import Run
from qeclose.formula.language import TRUE, Formula, Or
from qeclose.networks.effort import IMAGES
from qeclose.networks.image import image_pieces, outputs
from qeclose.networks.weights import Matrix, Vector, Weights

if TYPE_CHECKING:
    from qeclose.support import Mask, Support

__all__ = ["decide_image"]


def decide_image(
    support: Support,
    inputs: Sequence[Sequence[Fraction]],
    *,
    timeout: float,
    memory_mb: int,
    engine: str = "auto",
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
) -> Finding | str:
    """The finding whether the image is closed, or why there is none; by one ``engine``, or all that are found ("auto").

    Elimination describes the piece of each activation pattern by itself; the union of the descriptions is then asked
    about like any description of a set (``decide.methods.staged``). Raises ``UsageError`` as ``image_pieces`` does.
    """
    from qeclose.engine.registry import find_engine, installed_engines

    engines = installed_engines(paths) if engine == "auto" else [find_engine(engine, paths)]
    panel = Panel(engines, Deadline(timeout), memory_mb, watch)
    for _ in panel.rounds(alone=False):
        finding = _attempt(support, inputs, panel)
        if finding is not None:
            return finding
    return "; ".join(panel.failures + panel.limits) or "no engine eliminates quantifiers"


def _attempt(support: Support, inputs: Sequence[Sequence[Fraction]], panel: Panel) -> Finding | None:
    from qeclose.formula.operations import simplify_truth

    described: list[Formula] = []
    last: Run | None = None
    for piece in image_pieces(support, inputs):
        outcome = next(panel.eliminate(piece), None)
        if outcome is None or outcome.value is None:
            # One piece that is everything would do, so the others are still worth asking about.
            continue
        described.append(simplify_truth(outcome.value))
        last = outcome.run
        if described[-1] == TRUE:
            return Finding(True, "all outputs are possible", (last,))
    if last is None or len(described) < 2 ** (support.inner[0] * len(inputs)):
        return None
    phi = Or(tuple(dict.fromkeys(described)))
    missed = _missed(phi, support, inputs)
    if missed is not None:
        panel.distrust(last, f"its description of the outputs misses those of the weights {missed}")
        return None
    return closure_of_description(phi, (last,), panel)


def _missed(phi: Formula, support: Support, inputs: Sequence[Sequence[Fraction]]) -> str | None:
    """Random weights whose outputs ``phi`` denies, as text; None if none were found."""
    from qeclose.formula.operations import evaluate

    rng = Random(0)
    last, first = support.factors
    free = outputs(support, len(inputs))
    for _ in range(IMAGES.samples):
        weights = Weights(
            _random_matrix(first, rng),
            _random_vector(first, rng),
            _random_matrix(last, rng),
            _random_vector(last, rng),
        )
        values = [value for x in inputs for value in weights(x)]
        if not evaluate(phi, dict(zip(free, values, strict=True))):
            return str(weights)
    return None


def _random_matrix(mask: Mask, rng: Random) -> Matrix:
    return tuple(
        tuple(Fraction(rng.randint(-2, 2)) if row >> j & 1 else Fraction(0) for j in range(mask.n_cols))
        for row in mask.rows
    )


def _random_vector(mask: Mask, rng: Random) -> Vector:
    return tuple(Fraction(rng.randint(-3, 3)) for _ in mask.rows)
