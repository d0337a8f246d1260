"""Matrices of numbers from files of every kind: exact where they are written, and errors that say where."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.errors import InputError
from qeclose.files.matrix import NumberMatrix, read_matrix


def write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def fractions(rows: Sequence[Sequence[object]]) -> list[list[Fraction]]:
    return [[Fraction(entry) for entry in row] for row in rows]  # type: ignore[arg-type]


THIRDS = fractions([["1/3", "0.1", "0"], ["-2", "1e-3", "12"]])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "1/3 0.1 0  # thirds\n\n-2\t1e-3 12\n"),
        ("a.txt", '[["1/3", 0.1, 0], [-2, 1e-3, 12]]'),
        ("a.json", '{"A": [["1/3", 0.1, 0], [-2, 0.001, 12]]}'),
        ("a.csv", "1/3,0.1,0\n-2,1e-3,12\n"),
        ("a.csv", "1/3;0,1;0\n-2;0,001;12\n"),
        ("a.tsv", "1/3\t0.1\t0\n-2\t1e-3\t12\n"),
        ("a.mtx", "%%MatrixMarket matrix array real general\n2 3\n1/3\n-2\n0.1\n1e-3\n0\n12\n"),
    ],
)
def test_written_numbers_are_exact(name: str, text: str, tmp_path: Path) -> None:
    if name.endswith(".mtx"):
        with pytest.raises(InputError, match="'1/3' is not a number"):
            read_matrix(write(tmp_path, name, text))
        text = text.replace("1/3", "0.5")
        assert read_matrix(write(tmp_path, name, text)).exact()[1] == THIRDS[1]
        return
    for path in (write(tmp_path, name, text), write(tmp_path, name + ".gz", gzip.compress(text.encode()))):
        found = read_matrix(path)
        assert found.shape == (2, 3)
        assert found.exact() == THIRDS
        assert found.floats().tolist() == [[float(e) for e in row] for row in THIRDS]


ENTRIES = st.one_of(st.integers(-50, 50), st.floats(-1e6, 1e6, allow_nan=False))


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(ENTRIES, min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
@settings(max_examples=40, deadline=None)
def test_a_matrix_reads_back_the_same_from_each_binary_format(rows: list[list[float]]) -> None:
    import tempfile

    array = np.array(rows, dtype=np.float64)
    exact = fractions(array.tolist())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "a.npy", array)
        np.savez(folder / "a.npz", array)
        np.savez(folder / "two.npz", A=array, other=np.eye(2))
        scipy.sparse.save_npz(folder / "sparse.npz", scipy.sparse.csr_array(array))
        for file in ("a.npy", "a.npz", "two.npz", "sparse.npz"):
            assert read_matrix(str(folder / file)).exact() == exact
        # Written in decimal, the shortest text of a float is another number, but the same float.
        scipy.io.mmwrite(folder / "a.mtx", array, precision=17)
        (folder / "a.json").write_text(json.dumps(array.tolist()))
        for file in ("a.mtx", "a.json"):
            assert read_matrix(str(folder / file)).floats().tolist() == array.tolist()


def test_floats_are_the_binary_numbers_they_are_and_rounding_is_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[0.1]]))
    found = read_matrix(str(tmp_path / "a.npy"))
    assert found.exact() == [[Fraction(0.1)]]
    assert found.exact(1) == [[Fraction(1, 10)]]


def test_symmetric_matrix_market_files_are_filled_up(tmp_path: Path) -> None:
    banner = "%%MatrixMarket matrix coordinate real "
    symmetric = write(tmp_path, "s.mtx", banner + "symmetric\n2 2 2\n1 1 3\n2 1 0.1\n")
    assert read_matrix(symmetric).exact() == fractions([["3", "0.1"], ["0.1", "0"]])
    skew = write(tmp_path, "k.mtx", banner + "skew-symmetric\n2 2 1\n2 1 -5\n")
    assert read_matrix(skew).exact() == fractions([["0", "5"], ["-5", "0"]])


def test_a_table_brings_its_names_and_the_shape_wanted_tells_a_header(tmp_path: Path) -> None:
    named = read_matrix(write(tmp_path, "n.csv", ",x,y\na,1,2\nb,3,4\n"))
    assert (named.row_names, named.column_names) == (("a", "b"), ("x", "y"))
    assert named.exact() == fractions([[1, 2], [3, 4]])
    two = write(tmp_path, "t.csv", "0,1\n1,0\n")
    with pytest.raises(InputError, match="1:1: 0,1 numbers the columns"):
        read_matrix(two)
    assert read_matrix(two, (2, 2)).exact() == fractions([[0, 1], [1, 0]])
    assert read_matrix(two, (1, 2)).exact() == fractions([[1, 0]])
    assert "header" in read_matrix(two, (1, 2)).notes[0]
    with pytest.raises(InputError, match="2x2, and the masks are for 3x4"):
        read_matrix(write(tmp_path, "u.csv", "5,6\n7,8\n"), (3, 4))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.txt", "1 2\n3 4x\n", "2:3: '4x' is not a number"),
        ("a.txt", "1 2\n3 4 5\n", "2:5: row 2 has 3 numbers, the rows above have 2"),
        ("a.txt", "1 2\n3\n", "2:1: row 2 has 1 numbers, the rows above have 2"),
        ("a.txt", "1, 2\n", "ending .csv"),
        ("a.txt", "1 1/0\n", "1:3: '1/0' is not a number"),
        ("a.txt", "1 nan\n", "1:3: 'nan' is not a number"),
        ("a.txt", "# nothing\n", "empty"),
        ("a.json", "[[1, 2], [3]]", "row 2 has 1 numbers"),
        ("a.json", "[[1, 2], [3, true]]", r"entry \(2, 2\): true is not a number"),
        ("a.json", "[[1, NaN]]", "marked in a section W"),
        ("a.json", "[[1,\n 2", "2:3: not JSON"),
        ("a.json", "[1, 2]", "list of rows"),
        ("a.json", '{"B": [[1]]}', "without the key A"),
        ("a.csv", "1,2\n3,x\n", "2:3: 'x' is not a number"),
        ("a.csv", "1,2\n3,\n", "2:3: an empty cell"),
        ("a.csv", "", "empty"),
        ("a.npy", b"\x93NUMPY", "header is damaged"),
        ("a.mtx", "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 2\n", "real ones are wanted"),
        ("a.mtx", "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 nan\n", "'nan' is not a number"),
        ("a.xlsx", b"PK\x03\x04", "spreadsheet"),
        ("a.txt", b"\xff\xfe1", "UTF-16 text"),
    ],
)  # fmt: skip
def test_what_is_no_matrix_is_told_with_its_place(
    name: str, text: str | bytes, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem):
        read_matrix(write(tmp_path, name, text))


def test_several_arrays_infinities_and_other_types_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", P=np.eye(2), Q=np.eye(2))
    with pytest.raises(InputError, match="call the matrix A"):
        read_matrix(str(tmp_path / "b.npz"))
    np.save(tmp_path / "i.npy", np.array([[1.0, np.inf]]))
    infinite = read_matrix(str(tmp_path / "i.npy"))
    for read in (NumberMatrix.exact, NumberMatrix.floats):
        with pytest.raises(InputError, match=r"entry \(1, 2\) is no finite number"):
            read(infinite)
    np.save(tmp_path / "c.npy", np.array([[1j]]))
    with pytest.raises(InputError, match="complex"):
        read_matrix(str(tmp_path / "c.npy"))
    np.save(tmp_path / "v.npy", np.arange(3.0))
    with pytest.raises(InputError, match="not a matrix"):
        read_matrix(str(tmp_path / "v.npy"))


def test_a_safetensors_file_with_one_tensor_is_read(tmp_path: Path) -> None:
    numpy_files = pytest.importorskip("safetensors.numpy")
    path = str(tmp_path / "a.safetensors")
    numpy_files.save_file({"A": np.array([[1, 2]], np.float32), "b": np.zeros(3, np.float32)}, path)
    assert read_matrix(path).exact() == [[1, 2]]
