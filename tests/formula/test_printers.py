"""What is printed means what was given; golden texts only where the format itself is the point."""

import ast
import re
import string
from fractions import Fraction

import pytest
import sympy
from formula_strategies import DOMAIN, SYMBOLS, choices, formulas, points, quantifier_free, truth
from hypothesis import example, given, settings

from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Not, Or, Relation
from qeclose.formula.names import Names
from qeclose.formula.operations import evaluate, free_variables, prenex, rename_apart
from qeclose.formula.parsers import parse_qepcad, parse_redlog
from qeclose.formula.parsers.smtlib import s_expressions
from qeclose.formula.printers import PRINTERS
from qeclose.formula.printers.infix import wrap
from qeclose.formula.printers.maple import MAPLE_RULES, to_maple
from qeclose.formula.printers.mathematica import MATHEMATICA_RULES, to_mathematica
from qeclose.formula.printers.qepcad import qepcad_problem, to_qepcad
from qeclose.formula.printers.redlog import redlog_names, to_redlog
from qeclose.formula.printers.smtlib import smtlib_names, to_smtlib
from qeclose.formula.printers.sympy_ import SYMPY_RULES, to_sympy
from qeclose.formula.symbols import all_symbols

x, y, eps = sympy.symbols("x11 y_1 eps")


def nearness() -> Exists:
    return Exists(
        (x,), ForAll((eps,), Or((Atom(eps, Relation.LE), And((Atom((x - y) ** 2 - eps, Relation.LT), TRUE)))))
    )


# --- parsing back -------------------------------------------------------------------------------------------


@given(formulas, points)
def test_what_is_printed_for_redlog_parses_back_to_the_same_meaning(formula, point):
    parsed = parse_redlog(to_redlog(formula), redlog_names(formula))
    assert truth(parsed, point) is truth(formula, point)
    assert free_variables(parsed) <= free_variables(formula)


@given(formulas, points)
def test_what_is_printed_for_qepcad_parses_back_to_the_same_meaning(formula, point):
    problem = qepcad_problem(formula)
    parsed = parse_qepcad(to_qepcad(formula), problem.names)
    assert truth(parsed, point) is truth(formula, point)


@given(formulas)
@example(Or((TRUE, Atom(x, Relation.EQ), Exists((x,), Atom(x, Relation.EQ)))))
@example(And((Or((TRUE, Atom(x, Relation.EQ))), Exists((x,), Atom(x, Relation.EQ)))))
def test_the_qepcad_input_declares_the_free_variables_first(formula):
    problem = qepcad_problem(formula, "a [title] — of\nsorts")
    title, variables, free, *body = problem.text.splitlines()
    assert title == "[a (title)   of sorts]"
    declared = [problem.names.symbol(name) for name in variables.strip("()").split(", ")]
    assert tuple(declared) == problem.order
    assert int(free) == problem.free
    assert set(problem.order[: problem.free]) == free_variables(formula)
    assert len(set(declared)) == len(declared) >= 1
    assert body[-1].endswith("].")


def smt_truth(term, values):
    match term:
        case "true":
            return True
        case "false":
            return False
        case str() if term in values:
            return values[term]
        case str():
            return Fraction(term)
        case ["and", *arguments]:
            return all(smt_truth(argument, values) for argument in arguments)
        case ["or", *arguments]:
            return any(smt_truth(argument, values) for argument in arguments)
        case ["not", argument]:
            return not smt_truth(argument, values)
        case ["exists" | "forall" as kind, bindings, body]:
            names = tuple(name for name, _ in bindings)
            results = [smt_truth(body, {**values, **chosen}) for chosen in choices(names)]
            return any(results) if kind == "exists" else all(results)
        case ["-", argument]:
            return -smt_truth(argument, values)
        case ["+", *arguments]:
            return sum((smt_truth(argument, values) for argument in arguments), Fraction(0))
        case ["*", *arguments]:
            return sympy.prod([smt_truth(argument, values) for argument in arguments])
        case ["/", numerator, denominator]:
            return smt_truth(numerator, values) / smt_truth(denominator, values)
        case [relation, left, right]:
            return Relation(relation).holds(smt_truth(left, values) - smt_truth(right, values))
    raise AssertionError(term)


@given(formulas, points)
def test_what_is_printed_for_smt_solvers_parses_back_to_the_same_meaning(formula, point):
    names = smtlib_names(formula)
    script = s_expressions(to_smtlib(formula))
    values = {names[symbol]: point[symbol] for symbol in all_symbols(formula)}
    asserted = [command[1] for command in script if command[0] == "assert"]
    assert all(smt_truth(term, values) for term in asserted) is truth(formula, point)
    declared = [command[1] for command in script if command[0] == "declare-fun"]
    assert {names.symbol(name) for name in declared} == free_variables(formula)
    assert script[-1] == ["check-sat"]


def python_truth(node, values):
    """The truth of a formula written with Python's operators and named quantifiers."""
    match node:
        case ast.Expression(body=body):
            return python_truth(body, values)
        case ast.Constant(value=bool(value)):
            return value
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.Name(id="true" | "false" as name):
            return name == "true"
        case ast.Name(id=name):
            return values[name]
        case ast.BoolOp(op=ast.And(), values=arguments) | ast.Call(func=ast.Name(id="And"), args=arguments):
            return all(python_truth(argument, values) for argument in arguments)
        case ast.BoolOp(op=ast.Or(), values=arguments) | ast.Call(func=ast.Name(id="Or"), args=arguments):
            return any(python_truth(argument, values) for argument in arguments)
        case ast.UnaryOp(op=ast.Not(), operand=argument) | ast.Call(func=ast.Name(id="Not"), args=[argument]):
            return not python_truth(argument, values)
        case ast.Call(func=ast.Name(id=kind), args=[ast.List(elts=bound), body]):
            names = tuple(name.id for name in bound)
            results = [python_truth(body, {**values, **chosen}) for chosen in choices(names)]
            return {"exists": any, "forall": all}[kind.lower()](results)
        case ast.Compare():
            relation = {"Eq": "=", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}[
                type(node.ops[0]).__name__
            ]
            assert len(node.ops) == 1
            return Relation(relation).holds(
                python_truth(node.left, values) - python_truth(node.comparators[0], values)
            )
        case ast.UnaryOp(op=ast.USub(), operand=argument):
            return -python_truth(argument, values)
        case ast.BinOp(left=left, op=operator, right=right):
            first, second = python_truth(left, values), python_truth(right, values)
            match operator:
                case ast.Add():
                    return first + second
                case ast.Sub():
                    return first - second
                case ast.Mult():
                    return first * second
                case ast.Div():
                    return first / second
                case ast.Pow():
                    return first ** int(second)
    raise AssertionError(ast.dump(node))


@given(formulas, points)
def test_what_is_printed_for_mathematica_means_the_same(formula, point):
    names = Names.choose(all_symbols(formula), MATHEMATICA_RULES)
    text = " ".join(to_mathematica(formula).split())
    for old, new in (
        ("[{", "(["),
        ("]", ")"),
        ("}", "]"),
        ("&&", "and"),
        ("||", "or"),
        ("!(", "not ("),
        ("^", "**"),
    ):
        text = text.replace(old, new)
    values = {names[symbol]: point[symbol] for symbol in all_symbols(formula)}
    assert python_truth(ast.parse(text, mode="eval"), values) is truth(formula, point)


@given(formulas, points)
def test_what_is_printed_for_maple_means_the_same(formula, point):
    apart = rename_apart(formula)
    names = Names.choose(all_symbols(apart), MAPLE_RULES)
    text = " ".join(to_maple(formula).split())
    for old, new in (("<>", "!="), (" = ", " == "), ("^", "**")):
        text = text.replace(old, new)
    values = {names[symbol]: point[symbol] for symbol in free_variables(formula)}
    assert python_truth(ast.parse(text, mode="eval"), values) is truth(formula, point)


def sympy_truth(term, values):
    name = type(term).__name__
    if name in ("Exists", "ForAll"):
        bound, body = term.args
        results = [sympy_truth(body, {**values, **chosen}) for chosen in choices(tuple(bound))]
        return (any if name == "Exists" else all)(results)
    match term:
        case sympy.And():
            return all(sympy_truth(argument, values) for argument in term.args)
        case sympy.Or():
            return any(sympy_truth(argument, values) for argument in term.args)
        case sympy.Not():
            return not sympy_truth(term.args[0], values)
        case _:
            return bool(term.subs({symbol: sympy.Rational(value) for symbol, value in values.items()}))


@settings(max_examples=50, deadline=None)
@given(formulas, points)
def test_what_is_printed_for_sympy_runs_and_means_the_same(formula, point):
    names = Names.choose(all_symbols(formula), SYMPY_RULES)
    program: dict[str, object] = {}
    exec(to_sympy(formula), program)  # noqa: S102
    values = {program[names[symbol]]: point[symbol] for symbol in all_symbols(formula)}
    assert sympy_truth(program["formula"], values) is truth(formula, point)


# --- names --------------------------------------------------------------------------------------------------

ALLOWED = {
    "qepcad": r"[A-Za-z][A-Za-z0-9]*",
    "redlog": r"[a-z][a-z0-9]*",
    "smtlib": r"[A-Za-z][A-Za-z0-9_]*",
}


@pytest.mark.parametrize("syntax", ALLOWED)
def test_reserved_and_illegal_names_are_replaced_and_come_back(syntax):
    symbols = tuple(map(sympy.Symbol, ("e", "E", "t", "and", "x_1", "x1", "X1", "let", "_", "9", "é", "x v")))
    formula = And(tuple(Atom(symbol - number, Relation.EQ) for number, symbol in enumerate(symbols)))
    names = {
        "qepcad": lambda: qepcad_problem(formula).names,
        "redlog": lambda: redlog_names(formula),
        "smtlib": lambda: smtlib_names(formula),
    }[syntax]()
    written = [names[symbol] for symbol in symbols]
    assert all(re.fullmatch(ALLOWED[syntax], name) for name in written)
    assert len(set(written)) == len(symbols)
    assert tuple(map(names.symbol, written)) == symbols
    assert names[sympy.Symbol("x1")] == "x1"


# Each was a wrong formula, an error, an endless loop or another name on a real REDUCE, the last three with digits.
_WORDS = """
    plus minus times difference index matrix vector mass even odd add weight function share printf prinl bldmsg
    trst untr unrtr unrtrst and ex all true false rlqe e i t pi nil infinity log10 atan2 eps
    showtime1 resettime1 iplus2
"""
WORDS_OF_REDUCE = _WORDS.split()


def test_redlog_sees_only_letters_with_digits_and_a_few_letters_alone():
    odd = {*WORDS_OF_REDUCE, "Xy", "xy", "PLUS", "Plus", "x_1", "9", "é", "_", "", *string.ascii_letters}
    symbols = [sympy.Symbol(name) for name in odd]
    names = redlog_names(And(tuple(Atom(symbol, Relation.EQ) for symbol in symbols)))
    written = [names[symbol] for symbol in symbols]
    assert all(re.fullmatch("[a-z][0-9]+|[abcdhkpqsuvwxyz]", name) for name in written)
    assert len(set(written)) == len(symbols)
    assert [names.symbol(name) for name in written] == symbols


@pytest.mark.parametrize("word", WORDS_OF_REDUCE)
def test_a_redlog_formula_with_a_word_of_reduce_for_a_variable_reads_back(word):
    formula = Exists((y,), And((Atom(sympy.Symbol(word) * y - 1, Relation.EQ), Atom(y, Relation.GT))))
    text = to_redlog(formula)
    assert not re.search(rf"\b{word}\b", text.replace("ex({", "").replace(" and ", ""))
    assert parse_redlog(text, redlog_names(formula)) == formula


def test_an_unknown_name_in_an_answer_is_a_symbol_of_that_name():
    assert redlog_names(TRUE).symbol("new1") == sympy.Symbol("new1")


# --- layout -------------------------------------------------------------------------------------------------


def long_formula():
    symbols = [sympy.Symbol(f"a{i:03d}") for i in range(300)]
    return Exists(
        tuple(symbols),
        Atom(sympy.Add(*((s - t) ** 2 for s in symbols[:20] for t in symbols[20:40])), Relation.LT),
    )


@pytest.mark.parametrize("syntax", ["qepcad", "redlog", "smtlib", "mathematica", "maple", "sympy", "latex"])
def test_long_formulas_are_broken_into_lines_far_below_the_terminal_limit(syntax):
    text = PRINTERS[syntax](long_formula())
    assert len(text) > 4096
    assert max(map(len, text.splitlines())) <= 400


def test_lines_break_at_blanks_only_and_lose_nothing():
    text = "aa bb cc\ndd eeeeeeeeeee ff"
    assert wrap(text, 5) == "aa bb\ncc\ndd\neeeeeeeeeee\nff"


def test_printing_the_same_formula_twice_gives_the_same_bytes():
    for printer in PRINTERS.values():
        assert printer(nearness()) == printer(nearness())


# --- the formats themselves ---------------------------------------------------------------------------------


def test_qepcad_reads_expanded_integer_polynomials_with_blanks_for_products():
    half = Atom((x - y) ** 2 / 2 - sympy.Rational(1, 3), Relation.NE)
    assert to_qepcad(half) == "[ 3 x11^2 - 6 x11 y1 + 3 y1^2 - 2 /= 0 ]"


def test_scaling_for_qepcad_keeps_the_sign_of_a_negative_polynomial():
    assert to_qepcad(Atom(-x / 2, Relation.LT)) == "[ - x11 < 0 ]"


def test_qepcad_truth_constants_are_atoms():
    assert to_qepcad(TRUE) == "[ 0 = 0 ]"
    assert to_qepcad(FALSE) == "[ 1 = 0 ]"


def test_a_complete_qepcad_input():
    assert PRINTERS["qepcad"](nearness()) == (
        "[qeclose]\n"
        "(y1, x11, eps)\n"
        "1\n"
        "(E x11) (A eps) [ eps <= 0 \\/ x11^2 - 2 x11 y1 + y1^2 - eps < 0 ].\n"
        "finish\n"
    )


def test_a_redlog_formula():
    assert to_redlog(Not(nearness())) == (
        "all({x11}, ex({e1}, e1 > 0 and ((x11 - y1)^2 - e1 >= 0 or false)))"
    )


def test_an_smtlib_script_names_its_logic_and_asks_for_a_model_on_demand():
    weak = And((Atom(x**2 - sympy.Rational(1, 2), Relation.LE), Atom(-3 * y, Relation.NE)))
    assert to_smtlib(weak, produce_models=True) == (
        "(set-option :produce-models true)\n"
        "(set-logic QF_NRA)\n"
        "(declare-fun x11 () Real)\n"
        "(declare-fun y_1 () Real)\n"
        "(assert (<= (* x11 x11) (/ 1 2)))\n"
        "(assert (not (= 0 (* 3 y_1))))\n"
        "(check-sat)\n"
        "(get-model)\n"
    )
    assert "(set-logic NRA)" in to_smtlib(nearness())
    assert "(set-logic ALL)" in to_smtlib(nearness(), logic="ALL")


def test_a_mathematica_formula():
    assert to_mathematica(nearness()) == (
        "Exists[{x11}, ForAll[{eps}, eps <= 0 || ((x11 - y1)^2 - eps < 0 && True)]]"
    )


def test_a_maple_formula():
    assert to_maple(nearness()) == (
        "exists([x11], forall([eps], Or(eps <= 0, And((x11 - y_1)^2 - eps < 0, true))))"
    )


def test_a_latex_formula():
    assert PRINTERS["latex"](nearness()) == (
        "\\begin{align*}\n"
        "& \\exists x_{11} \\colon \\forall \\varepsilon \\colon \\varepsilon \\leq 0 \\lor"
        " ((x_{11} - y_{1})^{2} - \\varepsilon < 0 \\land \\mathrm{true})\n"
        "\\end{align*}\n"
    )


def test_latex_splits_padded_indices_and_tells_look_alikes_apart():
    padded, alike, word = sympy.Symbol("x0102"), sympy.Symbol("x_01_02"), sympy.Symbol("speed")
    text = PRINTERS["latex"](Atom(padded * alike * word, Relation.EQ))
    assert "x_{01,02}" in text and "x_{01,02}'" in text and "\\mathit{speed}" in text


@given(quantifier_free, points)
@settings(max_examples=30)
def test_prenex_of_a_quantifier_free_formula_is_what_qepcad_gets(formula, point):
    assert evaluate(prenex(formula), point) is evaluate(formula, point)


def test_the_domain_of_the_laws_holds_both_signs_and_zero():
    assert {(value > 0) - (value < 0) for value in DOMAIN} == {-1, 0, 1}
    assert len(SYMBOLS) == len({symbol.name for symbol in SYMBOLS})


@pytest.mark.parametrize(
    ("relation", "written"),
    [("=", "="), ("!=", "<>"), ("<", "<"), ("<=", "<="), (">", ">"), (">=", ">=")],
)
def test_redlog_has_its_own_word_for_unequal_only(relation: str, written: str) -> None:
    x = sympy.Symbol("x")
    atom = Atom(x - 1, Relation(relation))
    assert to_redlog(atom) == f"x - 1 {written} 0"
    assert parse_redlog(to_redlog(atom), redlog_names(atom)) == atom
