"""``qeclose cache``."""

from __future__ import annotations

import re
import time
from collections import Counter

import click

from qeclose.batch.store.cache import Cache, cache_folder

__all__ = ["command"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)", re.IGNORECASE)
_SECONDS = {"": 86400, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _bytes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is no size such as 500M or 2G")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def _seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    match = _AGE.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is no time such as 12h, 30d or 8w")
    return float(match[1]) * _SECONDS[match[2].lower()]


@click.command(
    "cache",
    epilog="""\b
Examples:
  qeclose cache                      how many decisions, how large
  qeclose cache --older-than 30d     remove what was not used for a month
  qeclose cache --max-size 500M      remove the longest unused
  qeclose cache --clear""",
)
@click.option(
    "--cache", "folder", metavar="DIR", help="The cache to look at. Default: the user's cache folder."
)
@click.option("--prune", is_flag=True, help="Remove damaged entries and forgotten temporary files.")
@click.option("--max-size", metavar="SIZE", callback=_bytes, help="Prune to this size: 500M, 2G.")
@click.option(
    "--older-than", metavar="TIME", callback=_seconds, help="Prune what was unused for so long: 12h, 30d."
)
@click.option("--clear", is_flag=True, help="Remove everything.")
def command(
    folder: str | None, prune: bool, max_size: int | None, older_than: float | None, clear: bool
) -> None:
    """Show how many decisions are kept on disk, or remove some.

    Other processes may use the cache at the same time. Entries are never trusted: batch checks their
    certificates again before it uses them.
    """
    cache = Cache(cache_folder(folder))
    if clear:
        max_size = 0
    if prune or max_size is not None or older_than is not None:
        since = None if older_than is None else time.time() - older_than
        removed, size = cache.prune(max_size=max_size, unused_since=since)
        click.echo(f"removed {_counted(removed)}, {_human(size)}")
    entries = list(cache.entries())
    size = sum(entry.size for entry in entries)
    click.echo(f"{cache.folder}: {_counted(len(entries))}, {_human(size)}")
    for verdict, count in sorted(Counter(entry.verdict for entry in entries).items()):
        click.echo(f"  {verdict:<12}{count}")


def _counted(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"


def _human(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
