"""Reading supports from files of every kind."""

from __future__ import annotations

import io
import json
import os
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy import io as scipy_io
from scipy import sparse

from qeclose.errors import InputError, UsageError
from qeclose.files import companions, read_supports, write_npz
from qeclose.support import Support

LU = [[1, 0], [1, 1]]
WIDE = [[1, 0, 1], [0, 0, 1]]
SUPPORT = Support(LU, [[1, 0], [0, 1], [1, 1]])
TEXT = "I:\n10\n11\nJ:\n10\n01\n11\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only(path: str) -> Support:
    (support,) = read_supports(path)
    return support


@pytest.mark.parametrize("name", ["lu.txt", "lu", "lu.mask", "lu.v2"])
def test_any_other_ending_is_text(here: Path, name: str) -> None:
    Path(name).write_text(TEXT)
    support = only(name)
    assert (support, support.name, support.source) == (SUPPORT, Path(name).stem, name)


def test_blocks_keep_their_names(here: Path) -> None:
    Path("two.txt").write_text(f"== a ==\n{TEXT}== b ==\nI:\n1\nJ:\n1\n")
    assert [(s.name, s.source) for s in read_supports("two.txt")] == [("a", "two.txt"), ("b", "two.txt")]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    support = only("-")
    assert (support, support.name, support.source) == (SUPPORT, "stdin", "-")


def test_a_pipe_is_read_like_a_file(here: Path) -> None:
    read, write = os.pipe()
    os.write(write, TEXT.encode())
    os.close(write)
    assert only(f"/dev/fd/{read}") == SUPPORT
    os.close(read)


def test_npz_arrays_i_and_j_are_a_support_named_by_the_file(here: Path) -> None:
    np.savez("lu.npz", I=np.array(LU), J=np.array([[0.5, 0], [-0.0, 1], [-2, 1e-300]]))
    support = only("lu.npz")
    assert (support, support.name, support.source) == (SUPPORT, "lu", "lu.npz")


def test_npz_factors_and_prefixed_keys_are_read(here: Path) -> None:
    first = {f"chain/F{number}": np.ones((2, 2)) for number in (1, 2, 3)}
    np.savez_compressed("many.npz", **first, **{"a/b/I": np.array(LU), "a/b/JT": np.array(WIDE)})
    chain, pair = read_supports("many.npz")
    assert (chain.name, len(chain.factors)) == ("chain", 3)
    assert (pair.name, pair) == ("a/b", Support.of_factors([LU, WIDE]))


@pytest.mark.parametrize("dtype", ["?", "u1", ">i4", "<i8", "f2", ">f4", "f8", "c16", "g"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_arrays_of_any_number_type_and_order_are_read(here: Path, dtype: str, order: str) -> None:
    np.save("w.I.npy", np.array(LU, dtype=dtype))
    np.save("w.JT.npy", np.array(WIDE, dtype=dtype, order=order))
    assert only("w.I.npy") == Support.of_factors([LU, WIDE])


@pytest.mark.parametrize("joint", [".", "_"])
@pytest.mark.parametrize("given_path", ["I", "J"])
def test_either_file_of_a_pair_reads_the_pair(here: Path, joint: str, given_path: str) -> None:
    Path("d").mkdir()
    for label, rows in (("I", LU), ("J", SUPPORT.J.to_lists())):
        np.save(f"d/v1.2{joint}{label}.npy", np.array(rows))
    path = f"./d/v1.2{joint}{given_path}.npy"
    support = only(path)
    assert (support, support.name, support.source) == (SUPPORT, "v1.2", path)
    assert companions(path) == (f"./d/v1.2{joint}I.npy", f"./d/v1.2{joint}J.npy")


def test_numbered_files_are_a_chain(here: Path) -> None:
    for number in range(1, 12):
        Path(f"net.F{number}.csv").write_text("0\n" if number == 11 else "1\n")
    support = only("net.F3.csv")
    assert [factor.nnz for factor in support.factors] == [1] * 10 + [0]
    assert len(companions("net.F3.csv")) == 11


def test_a_file_that_is_no_part_of_a_pair_is_its_own_companion() -> None:
    assert companions("some/lu.txt") == ("some/lu.txt",)
    assert companions("some/lu.I.txt") == ("some/lu.I.txt",)


def test_csv_sections_are_read(here: Path) -> None:
    text = '\ufeff# made by hand\r\nI,\r\n1,0\r\n"2.5" , -1e-400\r\n\r\nJ:\r\n1,0\r\n0,.5\r\n3,+1\r\n'
    Path("lu.csv").write_text(text, newline="")
    support = only("lu.csv")
    assert (support, support.name) == (SUPPORT, "lu")


def test_csv_pairs_are_plain_tables(here: Path) -> None:
    np.savetxt("lu.I.csv", np.array(LU), delimiter=",", header="written by numpy")
    np.savetxt("lu.J.csv", SUPPORT.J.to_array(), delimiter=",", fmt="%d")
    assert only("lu.J.csv") == SUPPORT


@pytest.mark.parametrize("field", ["real", "integer", "complex", "pattern"])
def test_matrix_market_coordinates_are_read(here: Path, field: str) -> None:
    for label, rows in (("I", LU), ("J", SUPPORT.J.to_lists())):
        scipy_io.mmwrite(f"lu.{label}.mtx", sparse.coo_array(np.array(rows)), field=field)
    assert only("lu.I.mtx") == SUPPORT


def test_matrix_market_arrays_go_down_the_columns(here: Path) -> None:
    for label, rows in (("I", LU), ("J", SUPPORT.J.to_lists())):
        scipy_io.mmwrite(f"lu.{label}.mtx", np.array(rows, dtype=float))
    assert only("lu.I.mtx") == SUPPORT


@pytest.mark.parametrize("symmetry", ["symmetric", "skew-symmetric", "hermitian"])
@pytest.mark.parametrize("layout", ["coordinate", "array"])
def test_matrix_market_symmetries_are_filled_in(here: Path, symmetry: str, layout: str) -> None:
    matrix = np.array([[0, 2, 0], [2, 0, 1], [0, 1, 0]], dtype=complex if symmetry == "hermitian" else float)
    if symmetry == "skew-symmetric":
        matrix = np.tril(matrix) - np.triu(matrix)
    stored = matrix if layout == "array" else sparse.coo_array(matrix)
    for label in ("I", "J"):
        scipy_io.mmwrite(f"s.{label}.mtx", stored, symmetry=symmetry)
    assert symmetry in Path("s.I.mtx").read_text()
    assert only("s.I.mtx").I.to_lists() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_an_explicit_zero_of_a_matrix_market_file_is_outside(here: Path) -> None:
    for label in ("I", "J"):
        Path(f"z.{label}.mtx").write_text(
            "%%MatrixMarket matrix coordinate real general\n% note\n\n1 2 2\n1 1 0.0\n1 2 3\n"
        )
    assert only("z.I.mtx").I.to_lists() == [[0, 1]]


def test_consecutive_weights_of_a_model_are_two_layer_networks(here: Path) -> None:
    rng = np.random.default_rng(5)
    shapes = {"fc1": (4, 3), "fc2": (5, 4), "fc10": (2, 5)}
    weights = {
        f"{name}.weight": rng.integers(0, 2, shape).astype(np.float32) for name, shape in shapes.items()
    }
    save_file(weights | {"fc1.bias": np.ones(4, np.float32)}, "net.safetensors")
    first, second = read_supports("net.safetensors")
    assert (first.name, second.name, first.source) == ("fc1>fc2", "fc2>fc10", "net.safetensors")
    assert first == Support.of_factors([weights["fc2.weight"], weights["fc1.weight"]])
    assert second.shape == (2, 4)


def test_a_model_of_i_and_j_is_that_support(here: Path) -> None:
    save_file({"I": np.array(LU, np.uint8), "J": SUPPORT.J.to_array()}, "lu.safetensors")
    support = only("lu.safetensors")
    assert (support, support.name) == (SUPPORT, "lu")


# By type: zero, minus zero, the smallest number there is, one, and a NaN; little-endian as in the file.
FLOATS = {
    "BF16": ([b"\0\0", b"\0\x80", b"\1\0", b"\x80\x3f"], b"\xc0\x7f"),
    "F16": ([b"\0\0", b"\0\x80", b"\1\0", b"\0\x3c"], b"\0\x7e"),
    "F32": ([bytes(4), b"\0\0\0\x80", b"\1\0\0\0", b"\0\0\x80\x3f"], b"\0\0\xc0\x7f"),
    "F64": ([bytes(8), bytes(7) + b"\x80", b"\1" + bytes(7), bytes(6) + b"\xf0\x3f"], b"\xff" * 8),
    "F8_E4M3": ([b"\0", b"\x80", b"\1", b"\x38"], b"\x7f"),
    "F8_E5M2": ([b"\0", b"\x80", b"\1", b"\x3c"], b"\xfe"),
}


def safetensors_bytes(**tensors: tuple[str, list[int], bytes]) -> bytes:
    """A file of tensors (type, shape, data), written by hand since numpy lacks some of the types."""
    header, blob = {}, b""
    for key, (dtype, shape, data) in tensors.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + blob


@pytest.mark.parametrize("dtype", FLOATS)
def test_only_zero_and_minus_zero_of_a_float_type_are_outside(here: Path, dtype: str) -> None:
    row = (dtype, [1, 4], b"".join(FLOATS[dtype][0]))
    Path("w.safetensors").write_bytes(safetensors_bytes(I=row, J=row))
    assert only("w.safetensors").I.to_lists() == [[0, 0, 1, 1]]


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_nan_among_the_weights_is_refused(here: Path, dtype: str) -> None:
    row = (dtype, [1, 2], FLOATS[dtype][0][3] + FLOATS[dtype][1])
    Path("w.safetensors").write_bytes(safetensors_bytes(I=row, J=row))
    with pytest.raises(InputError, match="I: holds a weight that is not a number"):
        read_supports("w.safetensors")


def test_the_smallest_negative_integer_is_inside(here: Path) -> None:
    row = ("I8", [1, 2], b"\x80\0")
    Path("w.safetensors").write_bytes(safetensors_bytes(I=row, J=row))
    assert only("w.safetensors").I.to_lists() == [[1, 0]]


def test_a_model_without_its_reader_names_the_extra(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("w.safetensors").write_bytes(safetensors_bytes(I=("U8", [1, 1], b"1"), J=("U8", [1, 1], b"1")))
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(UsageError, match=r"pip install 'qeclose\[models\]'"):
        read_supports("w.safetensors")


@pytest.mark.parametrize(
    "supports",
    [
        [SUPPORT.labelled(name="lu", source="")],
        [SUPPORT.labelled(name="file", source="")],
        [Support.of_factors([LU, LU, WIDE], name="chain"), SUPPORT.labelled(name="a/b", source="")],
    ],
    ids=["named", "named as the file", "several"],
)
def test_a_written_npz_reads_back_with_its_names(here: Path, supports: list[Support]) -> None:
    write_npz("file.npz", supports)
    assert [(s.name, s) for s in read_supports("file.npz")] == [(s.name, s) for s in supports]


def test_an_npz_is_the_same_bytes_each_time(here: Path) -> None:
    for path in ("a.npz", "b.npz"):
        write_npz(path, [SUPPORT.labelled(name="lu", source="")])
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_what_would_not_read_back_is_not_written(here: Path) -> None:
    with pytest.raises(UsageError, match="under different names"):
        write_npz("x.npz", [SUPPORT, SUPPORT])
    with pytest.raises(UsageError, match=r"^cannot write no/x\.npz: No such file or directory$"):
        write_npz("no/x.npz", [SUPPORT])


def npz_bytes() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, I=np.array(LU), J=np.array(LU))
    return buffer.getvalue()


def npy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array(LU))
    return buffer.getvalue()


SOUND = {
    "f.npz": npz_bytes(),
    "f.I.npy": npy_bytes(),
    "f.safetensors": safetensors_bytes(a1=("F32", [2, 1], bytes(8)), a2=("F32", [1, 2], bytes(8))),
    "f.csv": b"I\n1,0\nJ\n0,1\n",
    "f.I.mtx": b"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 5\n",
    "f.txt": b"== a ==\nI:\n10\nJ:\n01\n",
}


@pytest.mark.parametrize("name", SOUND)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_but_nothing_else(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.one_of(st.just(len(damaged)), st.integers(0, len(damaged))))]
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(damaged)
    if ".I." in name:
        (folder / name.replace(".I.", ".J.")).write_bytes(SOUND[name])
    try:
        supports = read_supports(str(folder / name))
    except InputError as error:
        assert "\n" not in error.problem
    else:
        assert all(min(support.shape) > 0 for support in supports)


def test_a_tall_model_is_read_a_piece_at_a_time(here: Path) -> None:
    side = 3000
    row = ("F64", [side, side], bytes(7) + b"\x40" + bytes(side * side * 8 - 8))
    Path("w.safetensors").write_bytes(safetensors_bytes(a1=row, a2=("F64", [1, side], bytes(8 * side))))
    tracemalloc.start()
    support = only("w.safetensors")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert support.factors[1].nnz == 1
    # Half the tensor's 72 MB would already mean it was not read in pieces of 16 MB.
    assert peak < side * side * 8 * 2 // 3
