"""Existential sentences taken apart by linear algebra."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.errors import EngineNotFound
from qeclose.formula.cases import StopWork, ticking
from qeclose.formula.language import TRUE, And, Atom, Exists, ForAll, Or, Relation
from qeclose.formula.operations import free_variables, variables
from qeclose.formula.parts import existential_parts

U, V, W, X = sympy.symbols("u v w x")


def patient() -> None:
    """A tick that never stops."""


def equation(polynomial: sympy.Expr) -> Atom:
    return Atom(polynomial, Relation.EQ)


def test_parts_are_sentences_in_fewer_variables_and_alike_ones_are_one():
    either = Or((equation(V - 1), equation(W - 1)))
    parts = existential_parts(
        Exists((U, V, W), And((equation(U - V * W), equation(V**2 + W**2 + U**2), either))), patient
    )
    assert parts is not None
    assert len(parts) == 1  # V and W play the same part
    assert not free_variables(parts[0])
    assert len(variables(parts[0])) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        ForAll((U,), equation(U)),
        Exists((U,), ForAll((V,), equation(U * V))),
        Exists((U, V), And((Or((And((equation(U), equation(V))), equation(U - 1))), equation(V)))),
        Exists((U, V), equation(U**2 + V**2 - 1)),
        Exists((U, V), equation(U - V)),
        Exists((U, V), And((equation(U - V), equation(U - V - 1)))),
        TRUE,
    ],
    ids=[
        "universal",
        "alternating",
        "nested",
        "nothing linear",
        "true by itself",
        "false by itself",
        "constant",
    ],
)
def test_what_cannot_be_taken_apart_is_left_to_the_engine_as_it_is(sentence):
    assert existential_parts(sentence, patient) is None


def test_work_that_takes_too_long_is_stopped():
    sentence = Exists((U, V, W), And((equation(U - V * W), equation(V**2 + W**2 + U**2 - 1))))
    with pytest.raises(StopWork):
        existential_parts(sentence, ticking(0, 60))


_atoms = st.builds(
    lambda c, relation: Atom(
        sum(
            (k * m for k, m in zip(c, (1, U, V, W, U * V, V * W, V**2, W**2), strict=True)), sympy.Integer(0)
        ),
        relation,
    ),
    st.tuples(*[st.integers(-1, 1)] * 8),
    st.sampled_from((Relation.EQ, Relation.EQ, Relation.NE, Relation.GT)),
)
_conjuncts = st.one_of(_atoms, st.lists(_atoms, min_size=2, max_size=3).map(lambda a: Or(tuple(a))))


@settings(max_examples=25, deadline=None)
@given(st.lists(_conjuncts, min_size=2, max_size=3))
def test_a_part_is_true_exactly_if_the_sentence_is(conjuncts):
    try:
        solver = find_engine("z3")
    except EngineNotFound as error:
        pytest.skip(str(error))
    sentence = Exists((U, V, W), And(tuple(conjuncts)))
    parts = existential_parts(sentence, patient)
    if parts is None:
        return
    limits = Limits(20, 2000)
    whole = solver.decide(sentence, limits).value
    assert whole is not None
    assert any(solver.decide(part, limits).value for part in parts) is whole
