"""Chains of Kronecker-sparse factors: ``.json`` files as the package lazylinop saves them, or patterns (a, b, c, d) alone.

A factor of pattern (a, b, c, d) has the support I_a ⊗ 1_{b×c} ⊗ I_d. lazylinop keeps its values in an array of shape
(a, b, c, d); the support is that of the shape, whatever the values are: values that happen to be 0 are free all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from qeclose.errors import InputError, UsageError
from qeclose.support.families import kronecker
from qeclose.support.model import Support

__all__ = ["chain_of", "parse_patterns"]

_FACTOR = re.compile(r"factor(0|[1-9][0-9]{0,3})")
_VALUES = "ks_values_real"
_PATTERNS = "ks_patterns"
_WANTED = "a chain as lazylinop saves it, or a list of patterns [a, b, c, d]"
_PERMUTED = "the permutation of columns (bitrev_perm) is left out: it changes no verdict"


def parse_patterns(text: str, source: str) -> Support:
    """The chain in a ``.json`` file. Raises ``InputError`` for anything else."""
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(source, error.lineno, error.colno, f"not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(source, 0, 0, f"not JSON that can be read: {problem}") from None
    notes: tuple[str, ...] = ()
    if type(value) is dict and _PATTERNS in value:
        value = value[_PATTERNS]
    if type(value) is dict:
        factors = _factors(value, source)
        patterns = [_shape(factor, f"factor{number}", source) for number, factor in enumerate(factors)]
        notes = (_PERMUTED,) if value.get("bitrev_perm") else ()
    elif type(value) is list and value and all(_is_quadruple(one) for one in value):
        patterns = [(a, b, c, d) for a, b, c, d in value]
    else:
        _refuse(source, f"wanted is {_WANTED}")
    return chain_of(patterns, source, notes)


def chain_of(
    patterns: Sequence[tuple[int, int, int, int]], source: str, notes: Sequence[str] = ()
) -> Support:
    """The support of a chain. Raises ``InputError`` if its patterns do not fit together, or are absurdly large."""
    try:
        chain = kronecker(patterns)
    except UsageError as error:
        raise InputError(source, 0, 0, str(error)) from None
    drawn = ", ".join("({}, {}, {}, {})".format(*pattern) for pattern in patterns)
    return Support.of_factors(
        chain.factors, notes=(f"Kronecker-sparse factors (a, b, c, d): {drawn}", *notes)
    )


def _factors(value: Mapping[str, Any], source: str) -> list[Any]:
    """What ``factor0``, ``factor1``, … hold, in the order of their numbers; the product goes from left to right."""
    numbers = sorted(int(match[1]) for key in value if (match := _FACTOR.fullmatch(key)))
    if not numbers:
        _refuse(source, f"no factor0: wanted is {_WANTED}")
    if numbers != list(range(len(numbers))):
        missing = next(k for k, number in enumerate([*numbers, -1]) if k != number)
        _refuse(source, f"factor{missing} is missing")
    return [value[f"factor{number}"] for number in numbers]


def _shape(factor: Any, name: str, source: str) -> tuple[int, int, int, int]:
    """The shape of the nested lists of values, which must be of four dimensions and full."""
    if type(factor) is not dict or _VALUES not in factor:
        _refuse(source, f"{name}: no {_VALUES}")
    shape: list[int] = []
    level = [factor[_VALUES]]
    while type(level[0]) is list and len(shape) < 4:
        lengths = {len(one) if type(one) is list else -1 for one in level}
        if len(lengths) > 1 or 0 in lengths:
            _refuse(source, f"{name}: its values are no array of shape (a, b, c, d)")
        shape.append(*lengths)
        level = [entry for one in level for entry in one]
    if len(shape) != 4 or not all(type(entry) in (int, float, bool) for entry in level):
        _refuse(source, f"{name}: its values are no array of shape (a, b, c, d) of numbers")
    a, b, c, d = shape
    return a, b, c, d


def _is_quadruple(value: Any) -> bool:
    return type(value) is list and len(value) == 4 and all(type(number) is int for number in value)


def _refuse(source: str, problem: str) -> NoReturn:
    raise InputError(source, 0, 0, problem)
