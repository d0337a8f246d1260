"""The report on training a ReLU network, for pipes and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.report.drawing import title

if TYPE_CHECKING:
    from qeclose.networks.training import Training

__all__ = ["training_report"]


def training_report(training: Training, *, written: str | None = None) -> str:
    """The whole report as text that ends in a line break; ``written`` is where a data set was written."""
    support = training.support
    m, n = support.shape
    widths = " → ".join(map(str, (n, *reversed(support.inner), m)))
    lines = [("network", f"{widths}, {len(support.factors)} layers"), ("why", training.reason)]
    if training.theorem:
        lines.append(("theorem", training.theorem))
    if training.biases is not None and not training.biases.complete:
        digits = training.biases.to_json()
        lines.append(("biases", f"hidden {digits['hidden']}, output {digits['output']}"))
    if training.closure is not None:
        lines.append(("closed", f"{training.closure.verdict}: {training.closure.reason}"))
    if training.frontier is not None:
        part = training.frontier
        lines.append(("where", f"outputs {_listed(part.rows)}, inputs {_listed(part.columns)}"))
        lines.append(("hidden", _listed(part.neurons(support))))
    if written is not None:
        lines.append(("data", f"a data set without an optimum is in {written}"))
    head = f"{title(support)}: training is {training.verdict}"
    return "\n".join([head, *(f"  {label:<9}{text}" for label, text in lines)]) + "\n"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number + 1) for number in numbers)
