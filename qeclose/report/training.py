"""The report on training a ReLU network, for pipes and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qeclose.files.layers import TRACED
from qeclose.report.drawing import short, title
from qeclose.support.names import Names

if TYPE_CHECKING:
    from qeclose.files.layers import LeftOut
    from qeclose.networks.relu import NetworkReport, Part
    from qeclose.networks.training import Training

__all__ = ["left_out_lines", "network_report", "training_report"]


_ASSUMED = "a ReLU after each layer but the last, and no more: weights alone do not show activations or skip connections"
_MAX_NAMES = 60


def network_report(network: NetworkReport, *, written: str | None = None) -> str:
    """The whole report as text that ends in a line break; ``written`` is where a data set was written."""
    if network.whole:
        return _part(network.parts[0], _left_out(network), written)
    lines = [("why", network.reason), *_left_out(network)]
    text = _laid_out(f"{network.name}: training is {network.verdict}", lines)
    text += "the networks made of these layers alone (nothing proven about the whole):\n"
    return text + "".join(_part(part, [], None) for part in network.parts)


def _part(part: Part, left_out: list[tuple[str, str]], written: str | None) -> str:
    lines = []
    if part.layers:
        lines.append(("layers", f"{', '.join(part.layers)}; their order: {part.order}"))
        if part.order != TRACED:
            lines.append(("assumed", _ASSUMED))
    text = training_report(part.training, more=[*lines, *left_out], written=written)
    if part.pairs:
        text += "the networks made of two consecutive layers alone (nothing proven about the whole):\n"
        text += "".join(training_report(pair) for pair in part.pairs)
    return text


def _left_out(network: NetworkReport) -> list[tuple[str, str]]:
    lines = [("left out", line) for line in left_out_lines(network.left_out)]
    return lines + [("warning", line) for line in network.warnings]


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """The tensors that no answer takes into account, a line a kind."""
    kinds: dict[str, list[str]] = {}
    for out in left_out:
        kinds.setdefault(out.kind, []).append(out.tensor)
    return [
        f"{', '.join(names[:_MAX_NAMES])}{_more(len(names) - _MAX_NAMES)} ({kind})"
        for kind, names in kinds.items()
    ]


def _more(count: int) -> str:
    return f" and {count} more, which --format json names" if count > 0 else ""


def training_report(
    training: Training, *, more: Sequence[tuple[str, str]] = (), written: str | None = None
) -> str:
    """The report on one network, with ``more`` lines about where it comes from."""
    support = training.support
    m, n = support.shape
    widths = " → ".join(map(str, (n, *reversed(support.inner), m)))
    lines = [("network", f"{widths}, {len(support.factors)} layers"), *more]
    lines += [*(("note", note) for note in support.notes), ("why", training.reason)]
    if training.theorem:
        lines.append(("theorem", training.theorem))
    if training.biases is not None:
        lines.append(("biases", str(training.biases)))
    if training.closure is not None:
        lines.append(("closed", f"{training.closure.verdict}: {training.closure.reason}"))
    if training.frontier is not None:
        part, names = training.frontier, support.names or Names((None, None, None))
        where = f"outputs {_listed(part.rows, names.rows)}, inputs {_listed(part.columns, names.columns)}"
        lines.append(("where", where))
        lines.append(("hidden", _listed(part.neurons(support), names.terms)))
    if written is not None:
        lines.append(("data", f"a data set without an optimum is in {written}"))
    return _laid_out(f"{title(support)}: training is {training.verdict}", lines)


def _laid_out(head: str, lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join([head, *(f"  {label:<9}{text}" for label, text in lines)]) + "\n"


def _listed(numbers: tuple[int, ...], names: tuple[str, ...] | None) -> str:
    return ", ".join(str(number + 1) if names is None else short(names[number]) for number in numbers)
