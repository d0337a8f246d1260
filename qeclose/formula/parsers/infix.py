"""An operator-precedence parser for the infix languages of quantifier eliminators.

Polynomials and formulas share one grammar; what each operator accepts is checked as the text is read.
Polynomials are kept expanded and become sympy expressions when an atom is complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, final

from qeclose.formula.language import FALSE, TRUE, And, Atom, Formula, Not, Or, Relation
from qeclose.formula.names import Names
from qeclose.formula.polynomials import add, from_terms, multiply, power, scale

if TYPE_CHECKING:
    import sympy

    from qeclose.formula.polynomials import Monomial, Terms

    _Value = Formula | Terms

__all__ = ["Grammar", "Parser", "parse_infix", "parse_polynomial"]

_MAX_EXPONENT = 1000
# How tightly operators bind; a relation binds tighter than every connective.
_EQUIVALENCE, _IMPLICATION, _OR, _AND, _NOT, _RELATION, _SUM, _PRODUCT, _POWER = range(1, 10)


@final
@dataclass(frozen=True)
class Grammar:
    """The words of a language.

    ``token`` matches one token; ``operators`` translates tokens into ``<=> => <= or and not`` and the like,
    see ``_BINDING``; ``brackets`` maps opening to closing brackets. With ``juxtaposition``, neighbours
    multiply. ``prefix`` reads what begins with a token only this language knows, or returns None.
    """

    token: re.Pattern[str]
    operators: Mapping[str, str]
    brackets: Mapping[str, str]
    true: str
    false: str
    juxtaposition: bool
    prefix: Callable[[Parser], Formula | None]


_BINDING = {
    "equiv": _EQUIVALENCE,
    "impl": _IMPLICATION,
    "repl": _IMPLICATION,
    "or": _OR,
    "and": _AND,
    **{relation.value: _RELATION for relation in Relation},
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "^": _POWER,
}


def parse_infix(text: str, grammar: Grammar, names: Names | None) -> Formula:
    """The formula written in ``text``; raises ``ValueError`` on anything else."""
    parser = Parser(text, grammar, names)
    try:
        return parser.whole()
    except RecursionError:
        raise ValueError("the formula is nested too deeply") from None


def parse_polynomial(text: str, grammar: Grammar) -> Terms:
    """The expanded polynomial written in ``text``; raises ``ValueError`` on anything else."""
    return Parser(text, grammar, None).polynomial()


class Parser:
    """One pass over the tokens of a text."""

    def __init__(self, text: str, grammar: Grammar, names: Names | None) -> None:
        self._grammar = grammar
        self._names = names
        self._tokens = list(_tokens(text, grammar.token))
        self._position = 0
        self._expressions: dict[frozenset[tuple[Monomial, Fraction]], sympy.Expr] = {}

    def peek(self, ahead: int = 0) -> str:
        """The token that many places ahead; empty at the end."""
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """The next token, consumed. Raises ``ValueError`` if it is not the one expected."""
        token = self.peek()
        if not token or (expected is not None and token != expected):
            raise ValueError(f"expected {expected or 'more'} but found {self._found()}")
        self._position += 1
        return token

    def symbol(self) -> sympy.Symbol:
        """The variable named by the next token."""
        name = self.take()
        if not name[0].isalpha() or self._is_word(name):
            raise ValueError(f"expected a variable but found {name!r}")
        if self._names is not None:
            return self._names.symbol(name)
        import sympy

        return sympy.Symbol(name)

    def whole(self) -> Formula:
        """The formula that is the whole text."""
        formula = self.formula()
        self._end()
        return formula

    def polynomial(self) -> Terms:
        """The polynomial that is the whole text."""
        terms = _as_polynomial(self._value(0))
        self._end()
        return terms

    def formula(self, binding: int = 0) -> Formula:
        """The formula that begins here and whose operators bind tighter than ``binding``."""
        return _as_formula(self._value(binding))

    def _end(self) -> None:
        if self.peek():
            raise ValueError(f"unexpected {self._found()}")

    def _found(self) -> str:
        token = self.peek()
        before = " ".join(self._tokens[max(0, self._position - 5) : self._position])
        return f"{token!r} after {before!r}" if token else "the end of the text"

    def _is_word(self, token: str) -> bool:
        grammar = self._grammar
        return token in grammar.operators or token in (grammar.true, grammar.false)

    def _value(self, binding: int) -> _Value:
        left = self._operand()
        while (operator := self._operator()) and (strength := _BINDING[operator]) > binding:
            match operator:
                case "and" | "or":
                    left = self._chain(operator, left)
                case "+" | "-":
                    left = self._sum(left)
                case _:
                    # Implication and powers group to the right, everything else to the left.
                    self._take_operator()
                    right = self._value(strength - 1 if operator == "impl" else strength)
                    left = self._combine(operator, left, right)
        return left

    def _operator(self) -> str:
        """The operator that comes next, written or not; empty if none does."""
        token = self.peek()
        operator = self._grammar.operators.get(token, "")
        if operator in _BINDING:
            return operator
        return "*" if self._grammar.juxtaposition and self._begins_factor(token) else ""

    def _take_operator(self) -> None:
        if self._grammar.operators.get(self.peek(), "") in _BINDING:
            self.take()

    def _chain(self, operator: str, first: _Value) -> Formula:
        """A conjunction or disjunction, however long, in time linear in its length."""
        kind = And if operator == "and" else Or
        start = _as_formula(first)
        arguments = list(start.arguments) if isinstance(start, kind) else [start]
        while self._operator() == operator:
            self.take()
            arguments.append(_as_formula(self._value(_BINDING[operator])))
        return kind(tuple(arguments))

    def _sum(self, first: _Value) -> Terms:
        total = dict(_as_polynomial(first))
        while (operator := self._operator()) in ("+", "-"):
            self.take()
            sign = 1 if operator == "+" else -1
            for monomial, coefficient in _as_polynomial(self._value(_SUM)).items():
                total[monomial] = total.get(monomial, Fraction(0)) + sign * coefficient
                if not total[monomial]:
                    del total[monomial]
        return total

    def _combine(self, operator: str, left: _Value, right: _Value) -> _Value:
        if _BINDING[operator] > _RELATION:
            return _combine_polynomials(operator, _as_polynomial(left), _as_polynomial(right))
        if _BINDING[operator] < _RELATION:
            return _combine_formulas(operator, _as_formula(left), _as_formula(right))
        difference = add(_as_polynomial(left), scale(_as_polynomial(right), Fraction(-1)))
        return Atom(self._expression(difference), Relation(operator))

    def _expression(self, terms: Terms) -> sympy.Expr:
        """The polynomial as an expression; an answer repeats few polynomials in thousands of atoms."""
        key = frozenset(terms.items())
        if key not in self._expressions:
            self._expressions[key] = from_terms(terms)
        return self._expressions[key]

    def _begins_factor(self, word: str) -> bool:
        return word == "(" or (word[:1].isalnum() and not self._is_word(word))

    def _operand(self) -> _Value:
        special = self._grammar.prefix(self)
        if special is not None:
            return special
        token = self.peek()
        operator = self._grammar.operators.get(token, "")
        if operator == "not":
            self.take()
            return Not(self.formula(_NOT))
        if operator in ("-", "+"):
            self.take()
            return scale(_as_polynomial(self._value(_SUM)), Fraction(-1 if operator == "-" else 1))
        if token in self._grammar.brackets:
            self.take()
            inside = self._value(0)
            self.take(self._grammar.brackets[token])
            return inside
        if token in (self._grammar.true, self._grammar.false):
            return TRUE if self.take() == self._grammar.true else FALSE
        if token.isdecimal():
            value = Fraction(int(self.take()))
            return {(): value} if value else {}
        return {((self.symbol(), 1),): Fraction(1)}


def _tokens(text: str, pattern: re.Pattern[str]) -> Iterable[str]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = pattern.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position : position + 20]!r}")
        yield match.group()
        position = match.end()


def _as_formula(value: _Value) -> Formula:
    if isinstance(value, dict):
        raise ValueError(f"expected a formula but found the polynomial {from_terms(value)}")
    return value


def _as_polynomial(value: _Value) -> Terms:
    if not isinstance(value, dict):
        raise ValueError("expected a polynomial but found a formula")
    return value


def _combine_formulas(operator: str, first: Formula, second: Formula) -> Formula:
    match operator:
        case "impl":
            return Or((Not(first), second))
        case "repl":
            return Or((first, Not(second)))
        case _:
            return And((Or((Not(first), second)), Or((first, Not(second)))))


def _combine_polynomials(operator: str, left: Terms, right: Terms) -> Terms:
    match operator:
        case "*":
            return multiply(left, right)
        case "/":
            return scale(left, 1 / _constant(right, "divisor"))
        case _:
            exponent = _constant(right, "exponent")
            if exponent.denominator != 1 or not 0 <= exponent <= _MAX_EXPONENT:
                raise ValueError(f"unexpected exponent {exponent}")
            return power(left, int(exponent))


def _constant(terms: Terms, role: str) -> Fraction:
    if set(terms) != {()} and not (role == "exponent" and not terms):
        raise ValueError(f"the {role} {from_terms(terms)} is no nonzero number")
    return terms.get((), Fraction(0))
