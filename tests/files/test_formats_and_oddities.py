"""Mask files of every format and oddity: the support each gives, or what is said of it."""

from __future__ import annotations

import gzip
import io
import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as safetensors_bytes
from scipy import io as scipy_io
from scipy import sparse

from qeclose.errors import InputError
from qeclose.files import companions, format_support, read, read_supports, write_npz
from qeclose.files.tables import parse_table
from qeclose.support import Mask, Support

FULL = ["11", "11"]
LU = ["10", "11"]
HEADER = "taken for a header"
INDEX = "taken for an index"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Tables

TABLES: list[tuple[str, list[str], list[str]]] = [
    # As numpy and spreadsheets write numbers.
    ("1,0\n1,1\n", LU, []),
    ("1.0,0.0\n1.0,1.0\n", LU, []),
    ("1.000000000000000000e+00,0.000000000000000000e+00\n-2.5e-01,1.0e+00\n", LU, []),
    ("1.000e+00 0.000e+00\n1.000e+00 1.000e+00\n", LU, []),
    ("1;0\n1;1\n", LU, []),
    ("1,5;0,0\n-0,5;1,0\n", LU, []),
    ("1\t0\n1\t1\n", LU, []),
    ('"1","0"\n"1","1"\n', LU, []),
    ("\ufeff1,0\r\n1,1\r\n", LU, []),
    ("# a comment\n1,0 # another\n\n1,1#x\n", LU, []),
    (" 1 , 0 \n 1 , 1 \n", LU, []),
    ("1,1e-400\n0,1e400\n", ["11", "01"], []),
    ("True,False\nTrue,True\n", LU, []),
    ("TRUE;FALSE\nTRUE;TRUE\n", LU, []),
    # As pandas and R write frames.
    ("a,b\n1,0\n1,1\n", LU, [HEADER]),
    ("a,b\n0.5,0.0\n0.25,-1.0\n", LU, [HEADER]),
    ("a,b\nTrue,False\nTrue,True\n", LU, [HEADER]),
    (",a,b\nr1,1,0\nr2,1,1\n", LU, [HEADER, INDEX]),
    (",0,1\n0,1,0\n1,1,1\n", LU, [HEADER, INDEX]),
    ("Unnamed: 0,0,1\n0,1,0\n1,1,1\n", LU, [HEADER, INDEX]),
    ("row,a,b\nr1,1,0\nr2,1,1\n", LU, [HEADER, INDEX]),
    ("r1,1,0\nr2,1,1\n", LU, [INDEX]),
    ('"","V1","V2"\n"1",1,0\n"2",1,1\n', LU, [HEADER, INDEX]),
    ('"V1","V2"\n"1",1,0\n"2",1,1\n', LU, [HEADER, INDEX]),
    ('"a, b";"c"\n1;0\n1;1\n', LU, [HEADER]),
    ("a#1,b\n1,0\n1,1\n", LU, [HEADER]),
    ("0,1,2\n1,1,0\n0,1,1\n", ["110", "011"], [HEADER]),
    ("0,1\n1.0,0.0\n1.0,1.0\n", LU, [HEADER]),
    ("0,1\nTrue,False\nTrue,True\n", LU, [HEADER]),
    ("0,1,2\n0.5,0.0,1.0\n0.0,0.0,2.5\n", ["101", "001"], [HEADER]),
    ("0\n1.0\n0.0\n", ["1", "0"], [HEADER]),
    ("i,a,b\n0,1,0\n1,1,1\n2,0,1\n", ["10", "11", "01"], [HEADER, INDEX]),
    ("0,1,0\n1,0,1\n2,1,1\n", ["10", "01", "11"], [INDEX]),
    # Nothing but masks.
    ("0,1\n", ["01"], []),
    ("1\n0\n1\n", ["1", "0", "1"], []),
    ("0,0\n1,0\n", ["00", "10"], []),
    ("1,0\n0,1\n0,0\n", ["10", "01", "00"], []),
    ("0,0.5,1.5\n0,0.25,1\n0.1,3,1\n", ["011", "011", "111"], []),
    ("a,b\n0,1\n1,1\n", ["01", "11"], [HEADER]),
]


@pytest.mark.parametrize(("text", "rows", "notes"), TABLES)
def test_a_table_is_read_as_what_it_is_meant_to_be(text: str, rows: list[str], notes: list[str]) -> None:
    table = parse_table(text, "f.csv", "I")
    assert table.mask.to_strings() == rows
    assert len(table.notes) == len(notes)
    assert all(part in note for part, note in zip(notes, table.notes, strict=True))


REFUSED_TABLES: list[tuple[str, str]] = [
    ("0,1\n1,1\n1,1\n", "1:1: 0,1 numbers the columns: if it is a row of the mask, put a row of names"),
    ("0\n1\n1\n", "1:1: 0 numbers the columns"),
    ("0,1\n3,0\n0,2\n", "1:1: 0,1 numbers the columns"),
    ("0,1,2\n1,5,0\n0,1,1\n", "1:1: 0,1,2 numbers the columns"),
    ("10,20,30\n0,1,0\n1,1,1\n", "1:1: 10,20,30 above rows of 0 and 1 may be a header"),
    ("1,2\n0,1\n", "1:1: 1,2 above rows of 0 and 1 may be a header"),
    ("0.1,0.5\n0,1\n", "1:1: 0.1,0.5 above rows of 0 and 1 may be a header"),
    ("id,a,b\n0,1,0\n1,1,1\n", "2:1: the first column may number the rows"),
    ("1,0\n2,1\n", "1:1: the first column may number the rows"),
    ("id,0,1\nr1,1,0\n", "1:4: 0,1 numbers the columns, or is a row"),
    ("id,0,1\n0,1,0\n1,1,1\n", "1:1: 'id' is not a number"),
    ("1,O,0\n1,1,1\n", "1:3: 'O' is not a number"),
    ("x,0\n1,1\n", "1:1: 'x' is not a number"),
    ("x,.\n1,0\n", "1:1: 'x' is not a number, and hardly a name"),
    ("a,b\n1,c\n", "2:3: 'c' is not a number"),
    ("a,b\n", "1:1: 'a' is not a number, and there is no row below a header"),
    ("1,,0\n1,1,1\n", "1:3: an empty cell"),
    ("1,0,\n1,1,\n", "1:5: an empty cell"),
    ("1,nan\n1,1\n", "1:3: 'nan' is not a number"),
    ("1,0\n1,NA\n", "2:3: 'NA' is not a number"),
    ("inf,0\n1,1\n", "1:1: 'inf' is not a number"),
    ("a,b\n1,0,1\n0,1,1\n", "2:1: row 2 of I has 3 entries, the rows above have 2"),
    ("1,0\n1\n", "2:1: row 2 of I has 1 entries, the rows above have 2"),
    ("1,0\n1/2,1\n", "2:1: '1/2' is not a number"),
    ("1.000,5;0\n1;1\n", "1:1: '1.000,5' is not a number"),
    ("# nothing\n", "1:1: I has no rows"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED_TABLES)
def test_a_table_that_could_be_two_things_or_none_is_refused_at_its_cell(text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table(text, "f.csv", "I")
    assert str(caught.value).startswith(f"f.csv:{problem}")


def test_names_of_lines_are_carried_to_the_report(here: Path) -> None:
    Path("n.I.csv").write_text("gene,t1,t2\ng1,1,0\ng2,1,1\n")
    Path("n.J.csv").write_text("t1,t2\n1,0\n1,1\n")
    (support,) = read_supports("n.I.csv")
    assert support.names is not None
    assert support.names.to_json() == {"rows": ["g1", "g2"], "columns": None, "terms": ["t1", "t2"]}
    assert support == Support(LU, LU) and len(support.notes) == 3


def test_terms_named_in_another_order_are_refused(here: Path) -> None:
    Path("n.I.csv").write_text("t1,t2\n1,0\n1,1\n")
    Path("n.J.csv").write_text("t2,t1\n1,0\n1,1\n")
    with pytest.raises(InputError, match="J calls number 1 't2', I 't1'"):
        read("n.I.csv")


# Files of other kinds


def banner(kind: str, body: str) -> bytes:
    return f"%%MatrixMarket matrix {kind}\n{body}".encode("latin-1")


MARKET = [
    (banner("coordinate integer symmetric", "2 2 2\n1 1 1\n1 2 1\n"), ["11", "10"]),
    (banner("coordinate real symmetric", "2 2 2\n1 1 1\n2 1 .5\n"), ["11", "10"]),
    (banner("coordinate real skew-symmetric", "2 2 1\n1 2 -1\n"), ["01", "10"]),
    (banner("coordinate complex hermitian", "2 2 2\n1 1 1 0\n1 2 0 1\n"), ["11", "10"]),
    (banner("coordinate pattern general", "2 2 2\n1 1 1\n2 1 1\n"), ["10", "10"]),
    (banner("coordinate pattern symmetric", "2 2 2\n1 1\n1 2\n"), ["11", "10"]),
    (banner("coordinate unsigned-integer general", "2 2 2\n1 1 7\n2 1 0\n"), ["10", "00"]),
    (banner("coordinate real general", "% Müller\n2 2 1\n\n1 1 1e-400\n"), ["10", "00"]),
    (banner("array real general", "2 2\n1\n0\n-1\n0.0\n"), ["11", "00"]),
    (banner("array real symmetric", "2 2\n1\n2\n0\n"), ["11", "10"]),
]


@pytest.mark.parametrize(("data", "rows"), MARKET, ids=range(len(MARKET)))
def test_matrix_market_files_are_read_as_scipy_reads_them(here: Path, data: bytes, rows: list[str]) -> None:
    Path("m.I.mtx").write_bytes(data)
    Path("m.J.mtx.gz").write_bytes(gzip.compress(data))  # of another ending, and so not its partner
    Path("m.J.mtx").write_bytes(data)
    (support,) = read_supports("m.I.mtx")
    assert support.I.to_strings() == support.J.to_strings() == rows
    if b"e-400" not in data:
        found = scipy_io.mmread(io.BytesIO(data))
        dense = found if isinstance(found, np.ndarray) else found.toarray()
        assert Mask.from_array(dense != 0).to_strings() == rows


def numpy_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


KNOWN = "; read are text, .csv, .tsv, .npz, .npy, .mtx, .safetensors, .json (chains of patterns), and each of them as .gz"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
FOREIGN = [
    ("m.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
    ("m.mat", b"# name: I\n1 0\n", "a MATLAB file"),
    ("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(8), "an HDF5 file (.h5, Keras, MATLAB 7.3)"),
    ("m.txt", b"\x89HDF\r\n\x1a\n" + bytes(8), "an HDF5 file (.h5, Keras, MATLAB 7.3)"),
    ("m.onnx", b"\x08\x07\x12\x07pytorch", "an ONNX model"),
    ("m.xlsx", numpy_zip({"xl/workbook.xml": b""}), "a spreadsheet: save it as .csv"),
    ("m.txt", numpy_zip({"xl/workbook.xml": b""}), "an Excel spreadsheet: save it as .csv"),
    ("m.zip", numpy_zip({"a.txt": b""}), "an archive: unpack it"),
    ("m.txt", numpy_zip({"I.npy": b""}), "a file of numpy arrays: give it the ending .npz"),
    ("m.pt", numpy_zip({"m/data.pkl": b""}), "a model file, which `qeclose relu` reads if PyTorch wrote it"),
    ("m.npz", LFS, "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    ("m.safetensors", LFS, "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    ("m.csv", LFS, "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    ("m.I.npy", LFS, "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    ("m.parquet", b"PAR1" + bytes(8), "a Parquet file"),
    ("m.pkl", b"\x80\x04\x95", "a pickle, which is never read"),
    ("m.joblib", b"\x80\x04\x95", "a pickle, which is never read"),
    ("m.txt.gz", gzip.compress(b"\x93NUMPY\x01\x00"), "a numpy array: give it the ending .npy"),
    ("m.txt", b"%%MatrixMarket matrix array real general\n", "a Matrix Market file: give it the ending .mtx"),
]


@pytest.mark.parametrize(
    ("name", "data", "kind"), FOREIGN, ids=[f"{name}-{kind[:20]}" for name, _, kind in FOREIGN]
)
def test_kinds_that_are_not_read_are_named_with_those_that_are(
    here: Path, name: str, data: bytes, kind: str
) -> None:
    Path(name).write_bytes(data)
    if ".I." in name:
        Path(name.replace(".I.", ".J.")).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(name)
    assert str(caught.value) == f"{name}:0:0: {kind}{KNOWN}"


def test_text_is_read_whatever_the_ending(here: Path) -> None:
    Path("m.mat").write_text("I:\n10\n11\nJ:\n10\n11\n")
    assert read("m.mat") == [Support(LU, LU)]


def test_a_lone_sparse_file_is_one_matrix(here: Path) -> None:
    sparse.save_npz("csr.npz", sparse.csr_matrix(np.eye(2)))
    with pytest.raises(InputError, match=r"holds one matrix: name a pair NAME\.I\.npz and NAME\.J\.npz"):
        read("csr.npz")


@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "bsr", "dia"])
def test_pairs_of_sparse_files_are_read(here: Path, layout: str) -> None:
    matrix = sparse.coo_matrix(np.array([[0.5, 0], [-1, 2]])).asformat(layout)
    for label in "IJ":
        sparse.save_npz(f"pair.{label}.npz", matrix)
    assert companions("pair.J.npz") == ("pair.I.npz", "pair.J.npz")
    (support,) = read_supports("pair.J.npz")
    assert support == Support(LU, LU) and support.name == "pair"


def test_a_sparse_file_whose_indices_point_outside_is_refused(here: Path) -> None:
    for label in "IJ":
        np.savez(
            f"bad.{label}.npz",
            indices=np.array([7]),
            indptr=np.array([0, 1]),
            format=b"csr",
            shape=(1, 2),
            data=np.array([1.0]),
        )
    with pytest.raises(InputError, match="not a readable sparse matrix"):
        read("bad.I.npz")


def test_a_tensor_beside_a_support_does_not_make_a_network_of_it(here: Path) -> None:
    masks = {"I": np.array([[1, 0], [1, 1]]), "J": np.array([[1, 0], [1, 1]])}
    Path("m.safetensors").write_bytes(safetensors_bytes(masks))
    assert read("m.safetensors") == [Support(LU, LU)]
    Path("m.safetensors").write_bytes(safetensors_bytes(masks | {"step": np.array([3])}))
    (support,) = read_supports("m.safetensors")
    assert support == Support(LU, LU) and "step" in support.notes[0]
    for other in ("mask", "W"):
        Path("m.safetensors").write_bytes(safetensors_bytes(masks | {other: np.ones((2, 2))}))
        with pytest.raises(InputError, match=f"other tensors besides.*{other}"):
            read("m.safetensors")


def test_what_is_packed_is_bounded(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qeclose.files.opening.MAX_FILE_BYTES", 2**22)
    Path("f.txt.gz").write_bytes(gzip.compress(bytes(2**23)))
    with pytest.raises(InputError, match="too large"):
        read("f.txt.gz")
    Path("f.txt.gz").write_bytes(gzip.compress(b"I:\n")[:-4])
    with pytest.raises(InputError, match="not a readable gzip file"):
        read("f.txt.gz")


def test_pipes_are_read_while_somebody_writes_to_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_text, args=("I:\n10\n11\nJ:\n10\n11\n",))
    writer.start()
    assert read("pipe") == [Support(LU, LU)]
    writer.join()
    monkeypatch.setattr("qeclose.files.opening._PATIENCE_MS", 50)
    with pytest.raises(InputError, match="a pipe that nobody writes to"):
        read("pipe")


def test_a_dangling_link_says_where_it_leads(here: Path) -> None:
    Path("l.txt").symlink_to("gone.txt")
    with pytest.raises(InputError, match=r"a link to gone\.txt, which is not there"):
        read("l.txt")


def test_missing_entries_are_never_passed_over(here: Path) -> None:
    one, two, gap = np.ones((1, 1)), np.ones((2, 1)), np.array([[0, 1]])
    np.savez("w.npz", I=one, J=two, W=gap)
    for label, part in zip("IJW", (one, two, gap), strict=True):
        np.save(f"p.{label}.npy", part)
        scipy_io.mmwrite(f"q.{label}.mtx", sparse.coo_matrix(part))
        np.savetxt(f"r.{label}.csv", part, fmt="%d", delimiter=",")
    Path("w.csv").write_text("I\n1\nJ\n1\n1\nW\n0,1\n")
    for name in ("w.npz", "p.I.npy", "p.W.npy", "q.J.mtx", "r.I.csv", "w.csv"):
        (support,) = read_supports(name)
        assert support == Support(one, two, missing=gap), name
    assert set(companions("p.I.npy")) == {"p.I.npy", "p.J.npy", "p.W.npy"}
    np.save("p.W.npy", one)
    with pytest.raises(InputError, match=r"p\.I\.npy:0:0: W is 1x1 but A is 1x2"):
        read("p.I.npy")
    np.save("alone.W.npy", one)
    with pytest.raises(InputError, match=r"its partner alone\.I\.npy is missing"):
        read("alone.W.npy")


# The same mask in every format and spelling

sides = st.integers(1, 4)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    m, n, r = draw(sides), draw(sides), draw(sides)
    bits = draw(st.lists(st.booleans(), min_size=(m + n) * r, max_size=(m + n) * r))
    both = np.array(bits, dtype=np.int64).reshape(m + n, r)
    return both[:m], both[m:]


def spelled(mask: np.ndarray[Any, Any], inside: str, outside: str, between: str) -> str:
    return "".join(between.join(inside if entry else outside for entry in row) + "\n" for row in mask)


WAYS = ["1 0", "1.0 0.0", "-1 0", "1e-3 0", "2.5 0."]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs(), st.sampled_from(WAYS), st.booleans())
def test_a_mask_reads_back_the_same_from_every_format_and_spelling(
    tmp_path_factory: pytest.TempPathFactory,
    pair: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    way: str,
    packed: bool,
) -> None:
    folder = tmp_path_factory.mktemp("law")
    support = Support(*pair)
    inside, outside = way.split()
    one, two = pair
    files: dict[str, dict[str, bytes]] = {"text": {"a.txt": format_support(support).encode()}}
    if min(one.shape[1], 2) == 2:
        rows = [spelled(mask, inside, outside, " ") for mask in pair]
        files["words"] = {"a.txt": f"I:\n{rows[0]}J:\n{rows[1]}".encode()}
    for name, comma in (("csv", ","), ("tsv", "\t"), ("csv", ";")):
        heads = comma.join(f"t{k}" for k in range(one.shape[1])) + "\n"
        files[f"table {name} {comma}"] = {
            f"a.{label}.{name}": (heads + spelled(mask, inside, outside, comma)).encode()
            for label, mask in zip("IJ", pair, strict=True)
        }
    arrays: dict[str, dict[str, bytes]] = {"npy": {}, "mtx": {}, "npz": {}}
    for label, mask in zip("IJ", pair, strict=True):
        buffers = [io.BytesIO() for _ in range(3)]
        np.save(buffers[0], mask * float(inside))
        scipy_io.mmwrite(buffers[1], sparse.coo_matrix(mask))
        sparse.save_npz(buffers[2], sparse.csr_matrix(mask))
        for kind, buffer in zip(arrays, buffers, strict=True):
            arrays[kind][f"a.{label}.{kind}"] = buffer.getvalue()
    files |= arrays
    files["safetensors"] = {
        "a.safetensors": safetensors_bytes({"I": one * float(inside), "J": two * float(inside)})
    }
    for kind, members in files.items():
        place = folder / kind.replace("\t", "tab")
        place.mkdir()
        for name, data in members.items():
            (place / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
        first = next(iter(members)) + ".gz" * packed
        assert read(str(place / first)) == [support], kind
    write_npz(str(folder / "a.npz"), [support])
    assert read(str(folder / "a.npz")) == [support]


@pytest.mark.parametrize("ending", ["txt", "csv"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_text_is_called_that(here: Path, ending: str, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    Path(f"m.{ending}").write_bytes(f"{mark}I:\n1\nJ:\n1\n".encode(encoding))
    with pytest.raises(InputError, match=rf"^m\.{ending}:1:1: UTF-16 text: save it as UTF-8$"):
        read(f"m.{ending}")
