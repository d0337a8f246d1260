"""The losses of many fits against the size of their terms, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.fitting.survey import LIMITS
from qeclose.fitting.survey_text import heading

if TYPE_CHECKING:
    from qeclose.fitting.survey import FitSurvey, Sample

__all__ = ["plot_survey"]

_FLOOR = 1e-16
"""Smaller relative losses are rounding, and drawn here."""
# Told apart without colours, too, and by those who do not see all of them (Okabe and Ito's palette).
_STYLES = {
    "optimal": ("o", "#0072B2"),
    "best found": ("s", "#E69F00"),
    "stopped: the loss fell while terms grew": ("^", "#D55E00"),
}


def plot_survey(survey: FitSurvey, path: str) -> None:
    """Draw one mark for each target into a file .png, .svg or .pdf. The same survey gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "qeclose", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4.3), layout="constrained")
        axes = figure.add_subplot()
        for kind, (marker, colour) in _STYLES.items():
            drawn = [sample for sample in survey.samples if _kind(sample) == kind]
            if drawn:
                sizes = [max(sample.largest_term, _FLOOR) for sample in drawn]
                losses = [max(sample.relative_loss, _FLOOR) for sample in drawn]
                axes.plot(sizes, losses, marker, color=colour, alpha=0.6, markersize=5, mew=0, label=kind)
        for limit in LIMITS:
            axes.axvline(limit, color="#777777", lw=0.8, ls=":")
        axes.set(
            xscale="log", yscale="log",
            xlabel="largest term, in norms of the target", ylabel="loss, in squared norms of the target",
        )  # fmt: skip
        axes.set_title(heading(survey))
        axes.grid(alpha=0.3, lw=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        metadata = {"Date": None} if path.lower().endswith(".svg") else None
        figure.savefig(path, dpi=160, metadata=metadata)


def _kind(sample: Sample) -> str:
    if sample.diverging:
        return "stopped: the loss fell while terms grew"
    return "optimal" if sample.optimal else "best found"
