"""The fractions against the density, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qeclose.errors import UsageError
from qeclose.sampling.estimate import CONFIDENCE, VERDICTS, Count

__all__ = ["FORMATS", "plot", "require_plots"]

FORMATS = (".png", ".svg", ".pdf")
# Told apart without colours, too, and by those who do not see all of them (Okabe and Ito's palette).
_STYLES = {"well-posed": ("o", "#0072B2"), "ill-posed": ("s", "#D55E00"), "undecided": ("^", "#777777")}


def require_plots(path: str) -> None:
    """Raise ``UsageError`` if no plot can be drawn into this file, before time is spent on its content."""
    if Path(path).suffix.lower() not in FORMATS:
        raise UsageError(f"a plot is a file {', '.join(FORMATS)}, not {path}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError("plots need matplotlib: pip install 'qeclose[plots]'") from None
    try:
        Path(path).open("ab").close()
    except OSError as error:
        raise UsageError.unwritable(path, error) from None


def plot(
    title: str, counts: Sequence[Count], path: str, *, exact: Sequence[tuple[float, float]] = ()
) -> None:
    """Draw fractions with their intervals into a file, and the ``exact`` curve (density, P(ill-posed)) if it is known.

    The same counts give the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = sorted((count for count in counts if count.total), key=lambda count: count.density)
    with mpl.rc_context({"svg.hashsalt": "qeclose", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4.3), layout="constrained")
        axes = figure.add_subplot()
        if exact:
            at, chances = [p for p, _ in exact], [chance for _, chance in exact]
            axes.plot(at, chances, color=_STYLES["ill-posed"][1], lw=1.6, label="ill-posed, exact")
            complement = [1 - chance for chance in chances]
            axes.plot(at, complement, color=_STYLES["well-posed"][1], lw=1.6, label="well-posed, exact")
        for verdict in VERDICTS if drawn else ():
            marker, colour = _STYLES[verdict]
            intervals = [count.interval(verdict) for count in drawn]
            densities = [count.density for count in drawn]
            axes.fill_between(
                densities,
                [i.low for i in intervals],
                [i.high for i in intervals],
                color=colour,
                alpha=0.15,
                lw=0,
            )
            axes.errorbar(
                densities,
                [i.fraction for i in intervals],
                yerr=[[i.fraction - i.low for i in intervals], [i.high - i.fraction for i in intervals]],
                marker=marker, color=colour, label=verdict, capsize=2, markersize=4,
                lw=0 if exact else 1.2, elinewidth=0.8,
            )  # fmt: skip
        axes.set(xlabel="density of I and J", ylabel="fraction of masks", ylim=(-0.02, 1.02))
        axes.set_title(f"{title}, {_sizes(drawn)} masks for each density" if drawn else title)
        axes.grid(alpha=0.3, lw=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(
            loc="outside lower center",
            ncols=3,
            frameon=False,
            title=f"with {CONFIDENCE:.0%} intervals" if drawn else None,
        )
        metadata = {"Date": None} if path.lower().endswith(".svg") else None
        figure.savefig(path, dpi=160, metadata=metadata)


def _sizes(counts: Sequence[Count]) -> str:
    sizes = sorted({count.total for count in counts})
    if not sizes:
        return "no"
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
