"""What is said of files that cannot be read: one line, with the place of the mistake."""

from __future__ import annotations

import io
import json
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from qeclose.errors import InputError
from qeclose.files import opening, read_supports
from qeclose.files.arrays import parse_npz

ENTRY = "is no entry: inside is one of 1 x X * ?, outside one of 0 . -"
KNOWN = "I, J, JT, or F1, F2, …"

TEXT = [
    # A row too long or too short.
    (b"I:\n10\n1\nJ:\n1\n", "3:2: row 2 of I has 1 entries, the rows above have 2"),
    (b"I:\n1 0\n 1 0 1\nJ:\n1\n", "3:6: row 2 of I has 3 entries, the rows above have 2"),
    (b"F1:\r\n1\r\nF2:\r\n1\r\n11\r\n", "5:2: row 2 of F2 has 2 entries, the rows above have 1"),
    # A wrong character.
    (b"I:\n10\n12\nJ:\n11\n", f"3:2: '2' {ENTRY}"),
    (b"I:\n1_0\nJ:\n11\n", f"2:2: '_' {ENTRY}"),
    (b"I:\n0b1\nJ:\n11\n", f"2:2: 'b' {ENTRY}"),
    (b"\xef\xbb\xbfI:\n  1,0\nJ:\n11\n", f"2:4: ',' {ENTRY}"),
    (b"I:\n1\xc2\xa00\nJ:\n11\n", f"2:2: '\\xa0' {ENTRY}"),
    ("I:\n1٠\nJ:\n11\n".encode(), f"2:2: '٠' {ENTRY}"),
    (b"I:\n1\x0c0\nJ:\n11\n", f"2:2: '\\x0c' {ENTRY}"),
    (b"I:\n1\x00\nJ:\n11\n", f"2:2: '\\x00' {ENTRY}"),
    # Sections.
    (b"10\n11\n", f"1:1: a row before any section label ({KNOWN})"),
    (b"== a ==\n  10\n", f"2:3: a row before any section label ({KNOWN})"),
    (b"I:\n1\n", "1:1: section J (or JT) is missing"),
    (b"# only J\n\nJ:\n1\n", "3:1: section I is missing"),
    (b"JT:\n1\n", "1:1: section I is missing"),
    (b"I:\nJ:\n1\n", "1:1: section I has no rows"),
    (b"I:\n1\nJ:\n# nothing\n", "3:1: section J has no rows"),
    (b"I:\n1\nJ:\n1\nI:\n1\n", "5:1: section I appears twice"),
    (b"I:\n1\nJ:\n1\nJT:\n1\n", "5:1: J and JT are both given; give one of them"),
    (b"I:\n1\nF2:\n1\n", "3:1: section F2 does not go with section I"),
    (b"F1:\n1\nJ:\n1\n", "3:1: section J does not go with section F1"),
    (b"F1:\n1\n", "1:1: section F2 is missing: a product has at least two factors"),
    (b"F1:\n1\nF3:\n1\n", "3:1: section F2 is missing before F3"),
    (b"F2:\n1\nF3:\n1\n", "1:1: section F1 is missing before F2"),
    (b"I:\n1\nK:\n1\n", f"3:1: unknown section 'K': a section is {KNOWN}"),
    (b"I:\n1\n  j :\n1\n", f"3:3: unknown section 'j': a section is {KNOWN}"),
    (b"F0:\n1\n", f"1:1: unknown section 'F0': a section is {KNOWN}"),
    (b"F01:\n1\n", f"1:1: unknown section 'F01': a section is {KNOWN}"),
    (b"F99999:\n1\n", f"1:1: unknown section 'F99999': a section is {KNOWN}"),
    (
        b"I: rows=2 cols=1\nJ:\n1\n",
        "0:0: holds bounds (nnz<=…) in place of a mask, which check, batch and verify alone read",
    ),
    (b"I: 10\n11\nJ:\n11\n", "1:4: the rows of I start on the line after `I:`"),
    # Shapes.
    (b"I:\n10\nJ:\n100\n", "3:1: I is 1x2 but J is 1x3: I and J need the same number of columns r"),
    (b"I:\n10\nJT:\n10\n", "3:1: I is 1x2 but JT is 1x2: JT needs 2 rows"),
    (b"F1:\n11\nF2:\n1\n1\nF3:\n1\n1\n", "6:1: F2 is 2x1 but F3 is 2x1: F3 needs 1 rows"),
    # Blocks.
    (b"== a ==\nI:\n1\nJ:\n1\n== a ==\nI:\n1\nJ:\n1\n", "6:1: the name 'a' is taken by the block in line 1"),
    (b"== a ==\n== b ==\nI:\n1\nJ:\n1\n", "1:1: block 'a' has no section"),
    (b"== a ==\nI:\n1\nJ:\n1\n== b ==\n", "6:1: block 'b' has no section"),
    (b"== a ==\nI:\n1\n== b ==\nI:\n1\nJ:\n1\n", "2:1: section J (or JT) is missing"),
    (b"I:\n1\nJ:\n1\n== b ==\n", "5:1: the sections above this line belong to no block; name them too"),
    (b"I:\n1\n\n == ==\n", "4:2: a block starts with a line `== name ==`"),
    (b"== a\nI:\n1\n", "1:1: a block starts with a line `== name ==`"),
    (b"===\n", "1:1: a block starts with a line `== name ==`"),
    (b"== a\x1b[2J ==\n", "1:1: a block starts with a line `== name ==`"),
    # The file as a whole.
    (b"", f"1:1: empty: no section ({KNOWN})"),
    (b"\xef\xbb\xbf", f"1:1: empty: no section ({KNOWN})"),
    (b"# a comment\n\n   \n", f"1:1: empty: no section ({KNOWN})"),
    (b"I:\n10\n1\xff\n", "3:2: not UTF-8 text (byte 0xff)"),
    ("# é\r\nI:\r\né".encode() + b"\xe9\n", "3:2: not UTF-8 text (byte 0xe9)"),
    (b"\xef\xbb\xbf\xc3", "1:1: not UTF-8 text (byte 0xc3)"),
    ("I:\n1\n".encode("utf-16"), "1:1: UTF-16 text: save it as UTF-8"),
]

CSV = [
    (b"", f"1:1: empty: no section ({KNOWN})"),
    (b"1,0\n", f"1:1: a row before any section label ({KNOWN})"),
    (b"I\n1,0\n1\nJ\n1,0\n", "3:1: row 2 of I has 1 entries, the rows above have 2"),
    (b"I\n1,zero\nJ\n1,0\n", "2:3: 'zero' is not a number"),
    (b"I\n1, nan\nJ\n1,0\n", "2:4: 'nan' is not a number"),
    (b"I\n1,inf\nJ\n1,0\n", "2:3: 'inf' is not a number"),
    (b"I\n1,1_0\nJ\n1,0\n", "2:3: '1_0' is not a number"),
    (b"I\n1,,0\nJ\n1,0\n", "2:3: an empty cell"),
    (b"I\n1;z\nJ\n1,0\n", "2:3: 'z' is not a number"),
    (b"I\nJ\n1,0\n", "1:1: I has no rows"),
    (b"I\n1,0\n", "1:1: section J (or JT) is missing"),
    (b"I\n1,0\nI\n1,0\n", "3:1: section I appears twice"),
    (b"I\n1,0\nJ\n1\n", "3:1: I is 1x2 but J is 1x1: I and J need the same number of columns r"),
    (b"I\n1\nJ\n\xa0\n", "4:1: not UTF-8 text (byte 0xa0)"),
]

BANNER = b"%%MatrixMarket matrix coordinate real general\n"
ARRAY = b"%%MatrixMarket matrix array real general\n"
SYMMETRIC = b"%%MatrixMarket matrix coordinate pattern symmetric\n"
MTX = [
    (b"", "1:1: not a Matrix Market file: `%%MatrixMarket matrix …` is missing"),
    (b"1 1 1\n", "1:1: not a Matrix Market file: `%%MatrixMarket matrix …` is missing"),
    (
        b"%%MatrixMarket matrix list real general\n",
        "1:1: unknown Matrix Market kind 'list' 'real' 'general'",
    ),
    (
        b"%%MatrixMarket matrix array pattern general\n",
        "1:1: unknown Matrix Market kind 'array' 'pattern' 'general'",
    ),
    (BANNER, "1:1: the size line needs 3 numbers, not 0"),
    (BANNER + b"% note\n2 2\n", "3:1: the size line needs 3 numbers, not 2"),
    (BANNER + b"2 -2 1\n", "2:3: '-2' is not a whole number"),
    (BANNER + b"0 2 0\n", "2:1: a 0x2 matrix has no entries"),
    (
        BANNER + b"1000000000 1000000000 1\n",
        "2:1: 1000000000x1000000000 is too large: at most 1048576 rows or columns",
    ),
    (BANNER + b"100000 100000 1\n", "2:1: 100000x100000 is too large: at most 268435456 entries"),
    (BANNER + b"2 2 5\n", "2:1: 5 entries announced for a 2x2 matrix"),
    (BANNER + b"2 2 2\n1 1 1\n", "3:1: 1 entries where 2 are announced"),
    (BANNER + b"2 2 1\n1 1 1\n2 2 1\n", "4:1: 2 entries where 1 are announced"),
    (BANNER + b"2 2 1\n1 1\n", "3:1: an entry is 3 numbers, not 2"),
    (BANNER + b"2 2 1\n0 1 1\n", "3:1: entry (0, 1) is outside the 2x2 matrix"),
    (BANNER + b"2 2 1\n1 3 1\n", "3:1: entry (1, 3) is outside the 2x2 matrix"),
    (BANNER + b"2 2 1\n1 one 1\n", "3:3: 'one' is not a whole number"),
    (BANNER + b"2 2 1\n1 1  nan\n", "3:6: 'nan' is not a number"),
    (BANNER + b"2 2 2\n1 1 1\n1 1 -1\n", "4:1: entry (1, 1) appears twice"),
    (SYMMETRIC + b"2 3 1\n", "2:1: a 2x3 matrix cannot be symmetric"),
    (SYMMETRIC + b"2 2 2\n1 2\n2 1\n", "4:1: entry (2, 1) appears twice"),
    (ARRAY + b"2 1\n1\n", "3:1: the file ends before entry (2, 1)"),
    (ARRAY + b"1 1\n1\n2\n", "4:1: more entries than the matrix has"),
    (ARRAY + b"1 1\n1 2\n", "3:1: an entry is 1 numbers, not 2"),
]


def npy(descr: str = "'<f8'", shape: str = "(1, 1)", data: bytes = bytes(8), rest: str = "") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, {rest}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([[print]], dtype=object), allow_pickle=True)
    return buffer.getvalue()


NPY = [
    (b"", "0:0: not a .npy array"),
    (b"I:\n1\n", "0:0: not a .npy array"),
    (b"\x93NUMPY\x09\x00" + bytes(9), "0:0: the array's header is damaged"),
    (b"\x93NUMPY\x01\x00\x50", "0:0: the array's header is damaged"),
    (b"\x93NUMPY\x01\x00\x50\x00{'descr'", "0:0: the array's header is cut off"),
    (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "0:0: the array's header is too large: 4294967295 bytes"),
    (npy(shape="__import__('os')"), "0:0: the array's header is damaged"),
    (npy(descr="'<f3'"), "0:0: the array's header is damaged"),
    (pickled(), "0:0: holds pickled Python objects, which are never read"),
    (npy(descr="'<U3'"), "0:0: holds entries of type '<U3', not numbers"),
    (npy(descr="'<M8[s]'"), "0:0: holds entries of type '<M8[s]', not numbers"),
    (npy(descr="[('a', '<f8')]"), "0:0: holds entries of type 'structured', not numbers"),
    (npy(shape="(1,)"), "0:0: an array of shape 1, not a matrix"),
    (npy(shape="()"), "0:0: an array of shape (), not a matrix"),
    (npy(shape="(1, 1, 1)"), "0:0: an array of shape 1x1x1, not a matrix"),
    (npy(shape="(0, 3)", data=b""), "0:0: an array of shape 0x3 has no entries"),
    (
        npy(shape="(99999999999, 99999999999)"),
        "0:0: 99999999999x99999999999 is too large: at most 1048576 rows or columns",
    ),
    (npy(shape="(100000, 100000)"), "0:0: 100000x100000 is too large: at most 268435456 entries"),
    (npy(shape="(2, 2)"), "0:0: 8 bytes of data where the header promises 32"),
    (npy(data=bytes(9)), "0:0: 9 bytes of data where the header promises 8"),
    (
        npy(shape="(1, 2)", data=struct.pack("<dd", 1, float("nan"))),
        "0:0: entry (1, 2) is not a number",
    ),
]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def declared(members: dict[str, bytes], size: int) -> bytes:
    """An archive whose first member is said to expand to ``size`` bytes."""
    data = bytearray(zipped(members))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(data)


def flipped(data: bytes, needle: bytes) -> bytes:
    """``data`` with one bit changed just after ``needle``."""
    damaged = bytearray(data)
    damaged[data.index(needle) + len(needle)] ^= 1
    return bytes(damaged)


ONE = npy(data=struct.pack("<d", 1))
STORED = zipped({"I.npy": ONE, "J.npy": ONE}, zipfile.ZIP_STORED)
NPZ = [
    (b"", "0:0: not a readable .npz file: File is not a zip file"),
    (STORED[:-30], "0:0: not a readable .npz file: File is not a zip file"),
    (flipped(STORED, b"(1, 1), }\n"), "0:0: not a readable .npz file: Bad CRC-32 for file 'I.npy'"),
    (zipped({}), f"0:0: empty: no array ({KNOWN})"),
    (zipped({"I.npy": ONE}), "0:0: section J (or JT) is missing"),
    (zipped({"F1.npy": ONE, "F3.npy": ONE}), "0:0: section F2 is missing before F3"),
    (zipped({"readme.txt": b"hello"}), "0:0: 'readme.txt' is not a .npy array"),
    (zipped({"K.npy": ONE}), f"0:0: array 'K' is none of {KNOWN}, nor one of them as NAME/I"),
    (zipped({"a/K.npy": ONE}), f"0:0: array 'a/K' is none of {KNOWN}, nor one of them as NAME/I"),
    (
        zipped({"I.npy": ONE, "J.npy": ONE, "a/I.npy": ONE}),
        "0:0: some arrays are named like NAME/I and some are not",
    ),
    (zipped({"I.npy": pickled()}), "0:0: I: holds pickled Python objects, which are never read"),
    (zipped({"I.npy": b"10\n"}), "0:0: I: not a .npy array"),
    (
        zipped({"I.npy": npy(shape="(1000000, 1000)"), "J.npy": ONE}),
        "0:0: I: 1000000x1000 is too large: at most 268435456 entries",
    ),
    (
        zipped({"I.npy": ONE, "J.npy": npy(shape="(1, 2)", data=bytes(16))}),
        "0:0: I is 1x1 but J is 1x2: I and J need the same number of columns r",
    ),
    (
        declared({"I.npy": ONE}, 2**32 - 2),
        "0:0: expands to 4294967294 bytes, which is too large: at most 536870912",
    ),
    (zipped({"I.npy": ONE}, zipfile.ZIP_LZMA), "0:0: array 'I' is compressed in an unknown way"),
    (
        zipped({f"{number}/I.npy": b"" for number in range(10_001)}, zipfile.ZIP_STORED),
        "0:0: too many arrays: at most 10000",
    ),
]


def model(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(shape: list[int], start: int, end: int, dtype: str = "U8") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


# What follows "not a readable .safetensors file" is the package's own wording and not fixed here.
MODELS = [
    (b"", "0:0: not a readable .safetensors file: the header is cut off"),
    (struct.pack("<Q", 100) + b"{}", "0:0: not a readable .safetensors file: the header is cut off"),
    (struct.pack("<Q", 2**63) + b"{}", "0:0: not a readable .safetensors file: the header is cut off"),
    (model(b"{nonsense"), "0:0: not a readable .safetensors file: "),
    (model({"I": tensor([2, 2], 0, 3)}, bytes(3)), "0:0: not a readable .safetensors file: "),
    (model({"I": tensor([2**40, 2**40], 0, 1)}, bytes(1)), "0:0: not a readable .safetensors file: "),
    (model({"I": tensor([1, 1], 0, 1)}), "0:0: not a readable .safetensors file: "),
    (model({}), "0:0: no linear layer here, where two are needed"),
    (
        model({"a": tensor([2, 1], 0, 2), "b": tensor([1, 3], 2, 5)}, bytes(5)),
        "0:0: which layer follows which is not known: a (2x1), b (1x3); say it with relu --layers (the shapes chain as b,a)",
    ),
    (model({"I": tensor([1, 1], 0, 1)}, b"1"), "0:0: section J (or JT) is missing"),
    (
        model({"I": tensor([1], 0, 1), "J": tensor([1, 1], 1, 2)}, b"11"),
        "0:0: I: an array of shape 1, not a matrix",
    ),
    (
        model({"I": tensor([0, 1], 0, 0), "J": tensor([1, 1], 0, 1)}, b"1"),
        "0:0: I: an array of shape 0x1 has no entries",
    ),
    (
        model({"I": tensor([2**21, 1], 0, 2**21), "J": tensor([1, 1], 2**21, 2**21 + 1)}, bytes(2**21 + 1)),
        "0:0: I: 2097152x1 is too large: at most 1048576 rows or columns",
    ),
    (
        model({"I": tensor([1, 1], 0, 1, "F8_E8M0"), "J": tensor([1, 1], 1, 2)}, b"11"),
        "0:0: I: entries of type F8_E8M0 are not supported",
    ),
    (model({"a\u202eb": tensor([1, 1], 0, 1)}, b"1"), "0:0: tensor 'a\\u202eb' has an unprintable name"),
]

TABLE = [
    *(("f.txt", *case) for case in TEXT),
    *(("f.csv", *case) for case in CSV),
    *(("f.I.mtx", *case) for case in MTX),
    *(("f.I.npy", *case) for case in NPY),
    *(("f.npz", *case) for case in NPZ),
    *(("f.safetensors", *case) for case in MODELS),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path: str) -> str:
    with pytest.raises(InputError) as caught:
        read_supports(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "message"), TABLE, ids=[f"{n}-{i}-{m[:40]}" for i, (n, _, m) in enumerate(TABLE)]
)
def test_a_malformed_file_is_refused_with_its_place(here: Path, name: str, data: bytes, message: str) -> None:
    Path(name).write_bytes(data)
    if ".I." in name:
        Path(name.replace(".I.", ".J.")).write_bytes(ONE if name.endswith(".npy") else b"")
    expected = f"{name}:{message}"
    found = refusal(name)
    assert found.startswith(expected) if expected.endswith(": ") else found == expected


@pytest.mark.parametrize("name", ["f.txt", "f.npz", "f.csv", "f.I.npy", "f.mtx", "f.safetensors"])
def test_what_is_not_there_or_a_directory_is_refused(here: Path, name: str) -> None:
    partner = name.replace(".I.", ".J.")
    if partner != name:
        Path(partner).write_bytes(ONE)
    assert refusal(name) == f"{name}:0:0: no such file"
    Path(name).mkdir()
    assert refusal(name) == f"{name}:0:0: is a directory, not a mask file"


def test_a_file_without_permission_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The superuser, as whom CI may run, can read anything, so the refusal is played.
    def refuse(*arguments: object, **options: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal("f.txt") == "f.txt:0:0: no permission to read it"


def test_impossible_paths_are_refused(here: Path) -> None:
    Path("loop").symlink_to("loop")
    assert refusal("loop") == "loop:0:0: cannot be read: Too many levels of symbolic links"
    assert refusal("a\0b").endswith(":0:0: cannot be read: embedded null byte")
    assert refusal("a" * 300).endswith(":0:0: cannot be read: File name too long")


def test_a_huge_file_is_refused_unread(here: Path) -> None:
    with Path("f.txt").open("wb") as file:
        file.truncate(2**40)
    assert refusal("f.txt") == "f.txt:0:0: the file is too large: at most 536870912 bytes"


def test_an_endless_file_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_FILE_BYTES", 2**22)
    assert refusal("/dev/zero") == "/dev/zero:0:0: the file is too large: at most 4194304 bytes"


def test_a_huge_safetensors_header_is_refused(here: Path) -> None:
    with Path("f.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", 2**30))
        file.truncate(2**31)
    assert refusal("f.safetensors") == (
        "f.safetensors:0:0: the header is too large: 1073741824 bytes, at most 33554432"
    )


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "-:0:0: standard input is closed"


@pytest.mark.slow
def test_a_mask_with_too_many_rows_is_refused_at_the_row(here: Path) -> None:
    Path("f.txt").write_bytes(b"I:\n" + b"1\n" * (2**20 + 1))
    assert refusal("f.txt") == "f.txt:1048578:1: I is too large: at most 1048576 rows or columns"


def test_a_mask_with_too_many_columns_is_refused_at_the_row(here: Path) -> None:
    Path("f.txt").write_bytes(b"I:\n" + b"1" * (2**20 + 1) + b"\n")
    assert refusal("f.txt") == "f.txt:2:1: I is too large: at most 1048576 rows or columns"


@pytest.mark.parametrize("ending", ["npy", "mtx"])
def test_a_single_matrix_is_told_how_pairs_are_named(here: Path, ending: str) -> None:
    Path(f"f.{ending}").write_bytes(ONE)
    problem = f"holds one matrix: name a pair NAME.I.{ending} and NAME.J.{ending}"
    assert refusal(f"f.{ending}") == f"f.{ending}:0:0: {problem}"


def test_half_a_pair_names_the_missing_half(here: Path) -> None:
    Path("d").mkdir()
    for name in ("f.I.npy", "f_J.npy", "f_F1.npy"):
        Path("d", name).write_bytes(ONE)
    assert refusal("d/f.I.npy") == "d/f.I.npy:0:0: its partner d/f.J.npy is missing"
    assert refusal("d/f_J.npy") == "d/f_J.npy:0:0: its partner d/f_I.npy is missing"
    assert refusal("d/f_F1.npy") == "d/f_F1.npy:0:0: its partner d/f_F2.npy is missing"


def test_a_mistake_in_the_other_file_of_a_pair_is_placed_there(here: Path) -> None:
    Path("f.I.csv").write_text("1,0\n")
    Path("f.J.csv").write_text("1,0\n1,x\n")
    assert refusal("f.I.csv") == "f.J.csv:2:3: 'x' is not a number"


def test_a_pair_with_both_j_and_jt_is_refused(here: Path) -> None:
    for label in ("I", "J", "JT"):
        Path(f"f.{label}.csv").write_text("1\n")
    assert refusal("f.I.csv") == "f.I.csv:0:0: J and JT are both given; give one of them"


def test_a_zip_member_given_twice_is_refused(here: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile("f.npz", "w") as archive:
        archive.writestr("I.npy", ONE)
        archive.writestr("I.npy", ONE)
    assert refusal("f.npz") == "f.npz:0:0: array 'I' appears twice"


def test_an_encrypted_zip_member_is_refused(here: Path) -> None:
    data = bytearray(zipped({"I.npy": ONE}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    Path("f.npz").write_bytes(data)
    assert refusal("f.npz") == "f.npz:0:0: array 'I' is encrypted"


def test_a_member_that_expands_past_what_it_declares_is_cut_there() -> None:
    bomb = npy(shape="(1, 1)") + bytes(2**26)
    lying = declared({"I.npy": bomb}, len(ONE))
    tracemalloc.start()
    with pytest.raises(InputError, match="Bad CRC-32"):
        parse_npz(lying, "f.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24
