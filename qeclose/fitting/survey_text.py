"""A survey of fits as plain text."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from qeclose.fitting.survey import LIMITS, RANDOM, FitSurvey
from qeclose.report.drawing import clean, shape_of, title
from qeclose.report.plain import labelled
from qeclose.sampling.estimate import CONFIDENCE

__all__ = ["heading", "survey_text"]

_LISTED = 20


def heading(survey: FitSurvey) -> str:
    """What was fitted, in a few words."""
    count = len(survey.samples)
    what = "random targets" if survey.targets == RANDOM else "matrices"
    return f"{title(survey.support)}: {count} {what[:-1] if count == 1 else what} fitted"


def survey_text(survey: FitSurvey, notes: Sequence[str] = ()) -> str:
    """The whole report; it ends in a line break."""
    lines = [heading(survey), f"  {'mask':<9}{shape_of(survey.support)}"]
    lines += labelled("verdict", f"{survey.verdict}: that of the mask, whatever the matrix")
    if survey.targets == RANDOM:
        said = "independent standard normal entries where some product can be nonzero"
        lines += labelled("targets", f"{said}; seed {survey.seed}")
    if survey.stopped is not None:
        lines += labelled("note", f"{survey.stopped}: {len(survey.samples)} of {survey.wanted} were fitted")
    lines.append(f"  {'terms':<9}share of fits with a term larger than so many times the target,")
    lines.append(" " * 11 + f"with {CONFIDENCE:.0%} intervals")
    for limit in LIMITS:
        fraction, low, high = survey.share(limit)
        count = f"{survey.above(limit)} of {len(survey.samples)}"
        lines.append(" " * 11 + f"{limit:>5g}  {count:>12}  {fraction:.4f} [{low:.4f}, {high:.4f}]")
    largest = [sample.largest_term for sample in survey.samples]
    lines += labelled(
        "largest", f"terms: median {statistics.median(largest):.3g}, maximum {max(largest):.3g}"
    )
    losses = sorted(sample.relative_loss for sample in survey.samples)
    lines += labelled(
        "loss",
        f"in parts of the squared norm: median {statistics.median(losses):.3g}, from {losses[0]:.3g} to {losses[-1]:.3g}",
    )
    lines += labelled("search", _search(survey))
    lines += labelled("time", f"{survey.seconds:.2f} s")
    for note in (*survey.support.notes, *notes):
        lines += labelled("note", note)
    if survey.targets != RANDOM:
        lines += _each(survey)
    return "\n".join(map(clean, lines)) + "\n"


def _search(survey: FitSurvey) -> str:
    optimal = sum(sample.optimal for sample in survey.samples)
    diverging = sum(sample.diverging for sample in survey.samples)
    others = "" if optimal == len(survey.samples) else ", the others the best that was found"
    said = f"{optimal} are proved optimal{others}"
    if diverging:
        said += f"; {diverging} searches were stopped since the loss fell while terms grew"
    return said


def _each(survey: FitSurvey) -> list[str]:
    lines = []
    for sample in survey.samples[:_LISTED]:
        kind = "diverging" if sample.diverging else "optimal" if sample.optimal else "best found"
        told = f"{sample.matrix}: loss {sample.loss:.6g}, largest term {sample.largest_term:.3g}, {kind}"
        lines += labelled("matrix", told)
    if len(survey.samples) > _LISTED:
        lines += labelled("matrix", f"… and {len(survey.samples) - _LISTED} more; --format json lists all")
    return lines
