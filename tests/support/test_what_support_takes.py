"""What ``Support`` takes from Python for a mask, and what it refuses."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qeclose
from qeclose import BoundedSupport, Support
from qeclose.errors import NotAMask, QecloseError
from qeclose.support.bounded import Bounds
from qeclose.support.names import Names

LU = [[1, 0], [1, 1]]
ARRAY = np.array(LU)

TAKEN: dict[str, Any] = {
    "strings": ["10", "11"],
    "strings as drawn": ["1 .", "x*"],
    "lists": LU,
    "tuples": ((1, 0), (1, 1)),
    "bools": [[True, False], [True, True]],
    "numpy scalars": [[np.bool_(1), np.int8(0)], [1.0, 1]],
    "list of arrays": [np.array([1, 0]), np.array([1, 1])],
    "integers": ARRAY,
    "weights": ARRAY * -0.5,
    "a view": np.asfortranarray(ARRAY)[::1],
    "complex": ARRAY * 1j,
    "csr": sparse.csr_matrix(ARRAY),
    "csc": sparse.csc_array(ARRAY),
    "coo with zeros": sparse.coo_array(([1, 0, 1, 1], ([0, 0, 1, 1], [0, 1, 0, 1])), shape=(2, 2)),
    "coo that adds up to zero": sparse.coo_array(
        ([1, 1, 1, 2, -2], ([0, 1, 1, 0, 0], [0, 0, 1, 1, 1])), shape=(2, 2)
    ),
}


@pytest.mark.parametrize("mask", TAKEN.values(), ids=TAKEN)
def test_masks_of_every_kind_are_taken(mask: Any) -> None:
    support = Support(mask, mask)
    assert support.I.to_lists() == support.J.to_lists() == LU
    assert Support.of_factors([mask, mask]).factors[1].to_lists() == LU


def test_tensors_are_taken() -> None:
    torch = pytest.importorskip("torch")
    weights = torch.tensor(LU, dtype=torch.float32)
    for tensor in (
        weights,
        torch.nn.Parameter(weights),
        weights.bfloat16(),
        weights.to_sparse(),
        weights.bool(),
    ):
        assert Support(tensor, tensor).I.to_lists() == LU
    with pytest.raises(TypeError, match="entry \\(1, 1\\) is not a number"):
        Support(weights * float("nan"), weights)


REFUSED: dict[str, tuple[Any, str]] = {
    "a string": ("10", "a str is no mask"),
    "bytes": (b"10", "a bytes is no mask"),
    "a set of positions": ({(0, 1)}, "a set is no mask"),
    "a dict": ({0: [1]}, "a dict is no mask"),
    "None": (None, "None is no mask"),
    "a number": (5, "an int is no mask"),
    "a generator": ((row for row in LU), "a generator is no mask"),
    "one dimension": ([1, 0], "row 1 is an int"),
    "three dimensions": ([[[1]]], "entry (1, 1) is a list, neither 0 nor 1"),
    "a list of sets": ([{0, 1}], "row 1 is a set"),
    "ragged": ([[1], [1, 0]], "row 2 has 2 entries, the rows above have 1"),
    "ragged strings": (["10", "1"], "row 2 has 1 entries, the rows above have 2"),
    "strings inside": ([["1", "0"]], "entry (1, 1) is '1', neither 0 nor 1"),
    "a wrong character": (["12"], "row 1 is '12'"),
    "strings and lists": (["10", [1, 0]], "row 2 is a list"),
    "other numbers": ([[1, 2]], "entry (1, 2) is 2, neither 0 nor 1"),
    "NaN in lists": ([[float("nan")]], "entry (1, 1) is nan, neither 0 nor 1"),
    "NaN": (np.array([[0, np.nan]]), "entry (1, 2) is not a number (NaN)"),
    "sparse NaN": (sparse.csr_matrix([[np.nan]]), "entry (1, 1) is not a number (NaN)"),
    "an array of one dimension": (np.array([1]), "an array with 1 dimension is no mask"),
    "an array of strings": (np.array([["1"]]), "an array of <U1 is no mask"),
    "an array of objects": (np.array([[None]]), "an array of object is no mask"),
    "an array with holes": (np.ma.array([[1]], mask=[[True]]), "an array with masked entries is no mask"),
}


@pytest.mark.parametrize(("value", "problem"), REFUSED.values(), ids=REFUSED)
def test_all_else_is_a_type_error_that_says_what_is_taken(value: Any, problem: str) -> None:
    with pytest.raises(TypeError) as caught:
        Support(value, [[1]])
    assert str(caught.value).startswith(problem) and "\n" not in str(caught.value)
    assert isinstance(caught.value, QecloseError) and isinstance(caught.value, NotAMask)


def test_different_ranks_are_told_with_both_shapes() -> None:
    with pytest.raises(ValueError, match="I is 2x2 but J is 1x1"):
        Support(LU, [[1]])


def test_supports_are_short_to_print_hashable_and_picklable() -> None:
    support = Support(np.ones((500, 500)), np.ones((500, 500)), name="n" * 1000)
    bounded = BoundedSupport(support, Bounds(3), Bounds())
    for value in (support, bounded):
        assert len(repr(value)) < 250
        again = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
        assert again == value and hash(again) == hash(value)
        assert again.name == value.name


def test_bounds_are_written_and_made_alike() -> None:
    written = BoundedSupport.parse("I: rows=2 cols=2 nnz<=3\nJ:\n11\n11\n")
    assert written == BoundedSupport(Support([[1, 1], [1, 1]], [[1, 1], [1, 1]]), Bounds(3), Bounds())
    with pytest.raises(TypeError, match="Bounds"):
        BoundedSupport(written.box, 3, Bounds())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Support"):
        BoundedSupport(LU, Bounds(), Bounds())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="-1"):
        Bounds(-1)


def test_names_take_no_part_in_equality() -> None:
    named = qeclose.Support.of_factors([LU, LU], names=None, notes=["a note"])
    assert named == Support.of_factors([LU, LU]) and hash(named) == hash(Support.of_factors([LU, LU]))


def test_data_frames_bring_their_names_along() -> None:
    pandas = pytest.importorskip("pandas")
    I = pandas.DataFrame({"t1": [True, True], "t2": [0, 1]}, index=["alice", "bob"])
    J = pandas.DataFrame({"t1": [1.5, -1], "t2": [0.0, 2]}, index=["x", "y"])
    support = Support(I, J)
    assert support == Support(LU, LU)
    assert support.names == Names((("alice", "bob"), ("t1", "t2"), ("x", "y")))
    assert Support.of_factors([I, J.T]).names == support.names
    numbered = pandas.DataFrame([[1, 0], [1, 1]])
    assert Support(numbered, numbered).names is None
    assert Support(numbered, J).names == Names((None, ("t1", "t2"), ("x", "y")))


def test_data_frames_that_are_no_masks_or_disagree_are_refused() -> None:
    pandas = pytest.importorskip("pandas")
    for entries, problem in (
        ([["a", 0]], "an array of object"),
        ([["1", "0"]], "an array of"),
        ([[float("nan"), 0]], r"entry \(1, 1\) is not a number"),
        ([[None, True]], "an array of object"),
    ):
        with pytest.raises(TypeError, match=problem):
            Support(pandas.DataFrame(entries), [[1, 0]])
    I, J = (pandas.DataFrame([[1, 0], [1, 1]], columns=names) for names in (["t1", "t2"], ["t2", "t1"]))
    with pytest.raises(ValueError, match="called 't1' and 't2': the same names in the same order, or none"):
        Support(I, J)
    with pytest.raises(ValueError, match="I is 2x2 but J is 1x1"):
        Support(I, pandas.DataFrame([[1]], columns=["t1"]))
