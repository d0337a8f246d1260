"""The report for a terminal: a panel with the mask drawn and the verdict in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.report.drawing import clean, drawable, drawn_factors, shape_of, title
from qeclose.report.plain import facts, witness_lines
from qeclose.report.rectangles import can_be_drawn, rectangles

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qeclose.decide.verdict import Verdict

__all__ = ["terminal_report"]

_COLOURS = {"well-posed": "green", "ill-posed": "red", "undecided": "yellow"}


def terminal_report(verdict: Verdict) -> RenderableType:
    """The report as something a ``rich`` console prints."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    colour = _COLOURS[verdict.verdict]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in facts(verdict):
        style = {"failure": "red", "warning": "yellow"}.get(label, "")
        table.add_row(label, Text(clean(" ".join(text.split())), style=style))
    if verdict.witness is not None:
        table.add_row("witness", Text("\n".join(witness_lines(verdict.witness, verdict.support.names))))
    parts: list[RenderableType] = [Text(shape_of(verdict.support), style="dim")]
    if can_be_drawn(verdict.support):
        parts.append(Text.assemble(rectangles(verdict), "\n"))
        if verdict.witness is not None:
            parts.append(Text("▸ ▴ mark the rows, columns and terms where it happens\n", style="dim"))
    elif drawable(verdict.support):
        parts.append(Text("\n".join(drawn_factors(verdict.support, "■", "·")) + "\n"))
    heading = Text.assemble((title(verdict.support), "bold"), ": ", (verdict.verdict, f"bold {colour}"))
    return Panel(Group(*parts, table), title=heading, title_align="left", border_style=colour)
