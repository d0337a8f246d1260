"""Names of variables that are legal in a syntax, and the way back.

Every syntax has letters it allows in a name and words it keeps for itself. ``Names`` gives each symbol of a
formula a legal name of its own, the symbol's own name wherever that is legal, so that answers can be
translated back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from qeclose.formula.polynomials import natural_order

if TYPE_CHECKING:
    import sympy

__all__ = ["NameRules", "Names"]


def _letters_and_digits(name: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9]", "", name)
    return kept if kept[:1].isalpha() else f"v{kept}"


def _with_number(name: str, number: int) -> str:
    return f"{name}v{number}"


@final
@dataclass(frozen=True)
class NameRules:
    """Which names a syntax allows.

    ``legal`` must match a whole name; words in ``reserved`` are not allowed; two names that ``fold`` makes
    equal are the same name. ``repair`` turns a symbol's name into a candidate; if that is reserved or taken,
    ``number`` makes further candidates, of which infinitely many must be legal.
    """

    legal: re.Pattern[str]
    reserved: frozenset[str] = frozenset()
    fold: Callable[[str], str] = str
    repair: Callable[[str], str] = _letters_and_digits
    number: Callable[[str, int], str] = _with_number

    def allows(self, name: str) -> bool:
        """Whether the syntax takes this name for a variable."""
        return bool(self.legal.fullmatch(name)) and self.fold(name) not in self.reserved


@final
@dataclass(frozen=True)
class Names:
    """A one-to-one correspondence between symbols and names legal in a syntax."""

    of_symbol: Mapping[sympy.Symbol, str]
    symbols: Mapping[str, sympy.Symbol]

    @classmethod
    def choose(cls, symbols: Iterable[sympy.Symbol], rules: NameRules) -> Names:
        """Legal names for the symbols: legal names stay as they are, the others are repaired around them."""
        ordered = natural_order(symbols)
        chosen: dict[sympy.Symbol, str] = {}
        taken: set[str] = set()
        for symbol in ordered:
            if rules.allows(symbol.name) and rules.fold(symbol.name) not in taken:
                chosen[symbol] = symbol.name
                taken.add(rules.fold(symbol.name))
        for symbol in ordered:
            if symbol not in chosen:
                chosen[symbol] = _repaired(symbol.name, rules, taken)
                taken.add(rules.fold(chosen[symbol]))
        in_order = {symbol: chosen[symbol] for symbol in ordered}
        return cls(
            MappingProxyType(in_order),
            MappingProxyType({name: symbol for symbol, name in in_order.items()}),
        )

    def __getitem__(self, symbol: sympy.Symbol) -> str:
        return self.of_symbol[symbol]

    def symbol(self, name: str) -> sympy.Symbol:
        """The symbol behind a name; a name that was never given stands for the symbol of that name."""
        import sympy

        return self.symbols[name] if name in self.symbols else sympy.Symbol(name)


def _repaired(name: str, rules: NameRules, taken: set[str]) -> str:
    candidate = stem = rules.repair(name)
    number = 0
    while not rules.allows(candidate) or rules.fold(candidate) in taken:
        number += 1
        candidate = rules.number(stem, number)
    return candidate
