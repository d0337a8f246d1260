"""The families by name, with their parameters as a command line gives them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.errors import UsageError
from qeclose.support import families
from qeclose.support.model import Support

__all__ = ["FAMILIES", "Family", "Parameter", "generate"]

_EMPTY = inspect.Parameter.empty


@final
@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a family: ``kind`` is int, float or str; without a default it must be given."""

    name: str
    kind: type[int] | type[float] | type[str]
    help: str
    default: int | float | str | None = None


@final
@dataclass(frozen=True, slots=True)
class Family:
    """A named family of supports; ``build`` takes the parameters in their order."""

    name: str
    build: Callable[..., Support]
    summary: str
    parameters: tuple[Parameter, ...]


def generate(family: str, *arguments: str | float, **named: str | float) -> Support:
    """The member of ``family`` that the arguments name, by position, by keyword or as ``"parameter=value"``.

    Its source is the ``qeclose generate`` command that makes it. Raises ``UsageError`` for an unknown
    family or parameter, one given twice or missing, and a value the family refuses.

    >>> generate("lu", 2) == generate("lu", n=2) == generate("lu", "n=2")
    True
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family {family!r}: one of {', '.join(FAMILIES)}")
    chosen = FAMILIES[family]
    given = [*map(str, arguments), *(f"{name}={value}" for name, value in named.items())]
    values = _values(chosen, given)
    support = chosen.build(*values)
    command = " ".join(["qeclose generate", family, *map(str, values)])
    return support.labelled(name=support.name, source=command)


def _values(family: Family, arguments: Sequence[str]) -> list[int | float | str]:
    parameters = {parameter.name: parameter for parameter in family.parameters}
    usage = " ".join([family.name, *parameters])
    given: dict[str, str] = {}
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if not equals:
            if position >= len(parameters):
                raise UsageError(f"too many values for {usage}: {argument!r}")
            name, value = family.parameters[position].name, argument
        if name not in parameters:
            raise UsageError(f"{family.name} has no parameter {name!r}: {usage}")
        if name in given:
            raise UsageError(f"{name} is given twice")
        given[name] = value
    return [_value(parameter, given.get(parameter.name), usage) for parameter in family.parameters]


def _value(parameter: Parameter, text: str | None, usage: str) -> int | float | str:
    if text is None:
        if parameter.default is None:
            raise UsageError(f"{parameter.name} is missing: {usage}")
        return parameter.default
    try:
        return parameter.kind(text)
    except ValueError:
        kind = "a whole number" if parameter.kind is int else "a number"
        raise UsageError(f"{parameter.name} must be {kind}, not {text!r}") from None


def _kronecker(chain: str) -> Support:
    """A chain of Kronecker-sparse factors I_a ⊗ 1_{b×c} ⊗ I_d, given as a,b,c,d/a,b,c,d/…"""
    try:
        patterns = [tuple(map(int, pattern.split(","))) for pattern in chain.split("/")]
    except ValueError:
        patterns = [()]
    quadruples = [(a, b, c, d) for a, b, c, d in (pattern for pattern in patterns if len(pattern) == 4)]
    if len(quadruples) < len(patterns):
        raise UsageError(f"chain must look like 1,2,2,2/2,2,2,1, not {chain!r}")
    return families.kronecker(quadruples)


def _family(name: str, build: Callable[..., Support], helps: Mapping[str, str]) -> Family:
    kinds = {"int": int, "float": float, "str": str}
    parameters = tuple(
        Parameter(
            parameter.name,
            kinds[parameter.annotation],
            helps[parameter.name],
            None if parameter.default is _EMPTY else parameter.default,
        )
        for parameter in inspect.signature(build).parameters.values()
    )
    return Family(name, build, (build.__doc__ or "").partition("\n")[0], parameters)


_SHAPE = {"m": "rows of A", "n": "columns of A", "r": "terms"}
_SEED = {"seed": "of the random numbers"}
_KRONECKER = {"chain": "the patterns, as a,b,c,d/a,b,c,d/…"}
_TIP = {"n": "order of A", "tip": "last (no fill-in) or first (fill-in)"}
_BAND = {"n": "order of A", "lower": "diagonals below the main one", "upper": "diagonals above it"}
_HODLR = {
    "levels": "how often the matrix is halved",
    "leaf": "order of a dense block",
    "rank": "of the others",
}
_BLOCKS = {"blocks": "block rows and block columns", "size": "order of a block", "rank": "off the diagonal"}
_SIZE = {"size": "order of A, a power of two"}

# Every family by the name that `qeclose generate` knows it under.
FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        _family("full", families.full, _SHAPE),
        _family("lu", families.lu, {"n": "order of A"}),
        _family("banded-lu", families.banded_lu, _BAND),
        _family("arrow", families.arrow, _TIP),
        _family("fsmf-4x5-r4", families.fsmf_example, {}),
        _family("butterfly", families.butterfly, _SIZE),
        _family("butterfly-pair", families.butterfly_pair, {**_SIZE, "split": "how many factors go left"}),
        _family("monarch", families.monarch, _BLOCKS),
        _family("kronecker", _kronecker, _KRONECKER),
        _family("hodlr", families.hodlr, _HODLR),
        _family("block-low-rank", families.block_low_rank, _BLOCKS),
        _family("random", families.random_support, {**_SHAPE, "density": "chance of an entry", **_SEED}),
        _family(
            "pruned-network",
            families.pruned_network,
            {**_SHAPE, "r": "hidden units", "keep": "fraction of the weights kept in each layer", **_SEED},
        ),
    )
}
