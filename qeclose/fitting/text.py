"""The report of ``fit`` as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from qeclose.fitting.result import Fit, dense, factor_names
from qeclose.report.drawing import clean, shape_of, title
from qeclose.report.plain import labelled, matrix_lines

__all__ = ["fit_text"]

_SHOWN = 10


def fit_text(fit: Fit, notes: Sequence[str] = (), *, written: Sequence[str] = ()) -> str:
    """The whole report; it ends in a line break. Small factors are shown unless they were ``written`` to files."""
    support = fit.support
    kind = "optimal" if fit.optimal else "the best found"
    lines = [f"{title(support)}: loss {fit.loss:.6g}, {kind}", f"  {'mask':<9}{shape_of(support)}"]
    lines += labelled("verdict", f"{fit.verdict}: that of the mask, whatever the matrix")
    lines += labelled("why", fit.reason)
    if fit.theorem is not None:
        lines += labelled("theorem", fit.theorem)
    lines += labelled("bound", _bound(fit))
    norms = ", ".join(f"{norm:.4g}" for norm in fit.norms)
    size = "the largest term" if len(fit.factors) == 2 else "the product of the norms"
    lines += labelled("size", f"norms {norms}; {size} is {fit.largest_term:.3g} times the matrix")
    if fit.diverging:
        lines += labelled(
            "warning", "the factors diverge: the loss can be made smaller still by larger factors"
        )
    for point in fit.path:
        norms = ", ".join(f"{norm:.4g}" for norm in point.norms)
        lines += labelled("path", f"λ = {point.ridge:.3g}: loss {point.loss:.6g}, norms {norms}")
    lines += labelled("time", f"{fit.seconds:.2f} s")
    for note in (*support.notes, *notes):
        lines += labelled("note", note)
    for name in written:
        lines += labelled("written", name)
    if not written:
        lines += _factors(fit)
    return "\n".join(map(clean, lines)) + "\n"


def _bound(fit: Fit) -> str:
    if not fit.optimal and not fit.lower_bound:
        return "none above 0 is known"
    said = f"no factors have a loss below {fit.lower_bound:.6g}"
    if fit.optimal:
        return said
    relative = f" ({100 * fit.gap / fit.loss:.3g} % of it)" if fit.loss else ""
    return f"{said}; the loss found is at most {fit.gap:.6g}{relative} above the least"


def _factors(fit: Fit) -> list[str]:
    shapes = [factor.shape for factor in fit.factors]
    if max(max(shape) for shape in shapes) > _SHOWN:
        return labelled("factors", "-o FILE writes them to FILE.npz or FILE.csv; --format json prints them")
    shown = []
    for name, factor in fit.named_factors():
        entries = [[f"{entry:.6g}" if entry else "0" for entry in row] for row in dense(factor).tolist()]
        m, n = factor.shape
        shown += matrix_lines(
            name, entries, tuple(range(m)), tuple(range(n)), factor_names(fit.support, name)
        )
    head = "A ≈ X Yᵀ" if len(shapes) == 2 else "A ≈ F1 F2 …"
    return [f"  {'factors':<9}{head}", *(" " * 11 + line for line in shown)]
