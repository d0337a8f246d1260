"""``qeclose generate``."""

from __future__ import annotations

from pathlib import Path

import click

from qeclose.cli.output import opened_output
from qeclose.errors import UsageError

__all__ = ["command"]


class FamilyHelp(click.Command):
    """A command whose help lists the families and their parameters."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from qeclose.support.catalogue import FAMILIES

        for family in FAMILIES.values():
            parameters = [
                p.name if p.default is None else f"[{p.name}={p.default}]" for p in family.parameters
            ]
            with formatter.section(" ".join([family.name, *parameters])):
                formatter.write_text(family.summary.replace("``", ""))
                if family.parameters:
                    formatter.write_dl([(p.name, p.help) for p in family.parameters])
        super().format_epilog(ctx, formatter)


def _families(_ctx: click.Context, _args: list[str], incomplete: str) -> list[str]:
    from qeclose.support.catalogue import FAMILIES

    return [name for name in FAMILIES if name.startswith(incomplete)]


@click.command(
    "generate",
    cls=FamilyHelp,
    epilog="""\b
Examples:
  qeclose generate lu 2
  qeclose generate random m=3 n=3 r=2 density=0.6 seed=7
  qeclose generate butterfly 8 -o masks/           writes masks/butterfly-8.txt""",
)
@click.argument("family", shell_complete=_families)
@click.argument("parameters", nargs=-1, metavar="[VALUE | NAME=VALUE]...")
@click.option(
    "-o",
    "--output",
    metavar="PLACE",
    help="A file to write, or a folder in which the file is called after the support.",
)
def command(family: str, parameters: tuple[str, ...], output: str | None) -> None:
    """Write the mask file of one member of FAMILY to standard output, a file or a folder.

    The families and their parameters:
    """
    from qeclose.files.text import format_support
    from qeclose.support.catalogue import generate

    support = generate(family, *parameters)
    with opened_output(_place(output, support.name)) as stream:
        stream.write(format_support(support, comment=support.source))


def _place(output: str | None, name: str) -> str | None:
    if output is not None and (output.endswith("/") or Path(output).is_dir()):
        folder = Path(output)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError.unwritable(output, error) from None
        return str(folder / f"{name}.txt")
    return output
