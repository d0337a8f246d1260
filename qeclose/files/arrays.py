"""Masks in numpy's ``.npy`` and ``.npz`` files, read without numpy's own loader.

That loader unpickles on request, evaluates the header as a Python literal and allocates what the header
promises. Here the header is matched against a pattern, and the data must already be there in full.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from qeclose.errors import InputError, UsageError
from qeclose.files.sections import LABELS, SECTION, Section, assemble, shape_text
from qeclose.support.limits import MAX_FILE_BYTES, too_large
from qeclose.support.mask import Mask
from qeclose.support.model import Support

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ZIP_ERRORS",
    "format_npz",
    "group_keys",
    "is_sparse",
    "npy_array",
    "npy_sides",
    "npy_tensor",
    "npz_arrays",
    "parse_npy",
    "parse_npz",
    "parse_sparse",
    "sparse_entries",
]

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000
_MAX_MEMBERS = 10_000
_DESCR = re.compile(r"'descr': *'([^']*)'")
_ORDER = re.compile(r"'fortran_order': *(True|False)")
_SHAPE = re.compile(r"'shape': *\(([0-9, ]{0,200})\)")
_NUMBER = re.compile(r"[<>|=]?[?biufc][0-9]{0,2}")

# All that reading a damaged member of a zip file can raise.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def parse_npy(data: bytes, source: str, *, member: str = "") -> Mask:
    """The mask of a 2-D array of numbers in ``.npy`` form; nonzero = inside. Raises ``InputError`` as ``npy_array`` does."""
    return Mask.from_array(npy_array(data, source, member=member))


def npy_array(data: bytes, source: str, *, member: str = "", nan: bool = False) -> NDArray[Any]:
    """The 2-D array of numbers in ``.npy`` form.

    Raises ``InputError``, naming ``member`` if given, for anything but such an array: object arrays above
    all (they are pickles), but also other dimensions, truncation, NaN (unless ``nan`` is set), an absurd shape.
    """
    import numpy as np

    what = f"{member}: " if member else ""
    dtype, sides, by_columns, start = _described(data, source, what)
    check_matrix(sides, source, what)
    _require_data(data, start, sides, dtype, source, what)
    array = _shaped(data, np.dtype(np.uint8) if dtype.kind == "b" else dtype, sides, by_columns, start)
    if not nan and array.dtype.kind in "fc" and (wrong := np.argwhere(np.isnan(array))).size:
        i, j = wrong[0] + 1
        raise InputError(source, 0, 0, f"{what}entry ({i}, {j}) is not a number")
    return array


def npy_tensor(data: bytes, source: str, *, member: str = "") -> NDArray[Any] | None:
    """The array of numbers or truth values in ``.npy`` form, of any shape; None if its entries are of another type.

    Raises ``InputError``, naming ``member`` if given, for pickled objects, damage and truncation; NaN is the caller's to
    refuse.
    """
    import numpy as np

    what = f"{member}: " if member else ""
    descr = _DESCR.search(_header(data, source, what)[0])
    if descr is None or not (_NUMBER.fullmatch(descr[1]) or "O" in descr[1]):
        return None
    dtype, sides, by_columns, start = _described(data, source, what)
    _require_data(data, start, sides, dtype, source, what)
    if dtype.kind == "b":
        truths: NDArray[Any] = _shaped(data, np.dtype(np.uint8), sides, by_columns, start) != 0
        return truths
    return _shaped(data, dtype, sides, by_columns, start)


def _shaped(
    data: bytes, dtype: np.dtype[Any], sides: Sequence[int], by_columns: bool, start: int
) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(data, dtype, offset=start).reshape(sides, order="F" if by_columns else "C")


def _described(data: bytes, source: str, what: str) -> tuple[np.dtype[Any], list[int], bool, int]:
    """What the header says: type, sides, whether columns go first; and where the data starts."""
    import numpy as np

    header, start = _header(data, source, what)
    sides = _sides(header, source, what)
    descr, order = _DESCR.search(header), _ORDER.search(header)
    if order is None or "'descr':" not in header:
        _damaged(source, what)
    if descr is None or not _NUMBER.fullmatch(descr[1]):
        raise InputError(source, 0, 0, what + _not_numbers(descr[1] if descr else "structured"))
    try:
        return np.dtype(descr[1]), sides, order[1] == "True", start
    except (TypeError, ValueError):
        _damaged(source, what)


def _require_data(
    data: bytes, start: int, sides: Sequence[int], dtype: np.dtype[Any], source: str, what: str
) -> None:
    """Raise ``InputError`` unless the data is there in full."""
    expected = math.prod(sides) * dtype.itemsize
    if len(data) - start != expected:
        problem = f"{what}{len(data) - start} bytes of data where the header promises {expected}"
        raise InputError(source, 0, 0, problem)


def _pattern(data: bytes, source: str, member: str) -> tuple[int, int, int, int] | None:
    """The shape of an array (a, b, c, d) of a Kronecker-sparse factor; None of an array that has not four dimensions."""
    what = f"{member}: "
    dtype, sides, _, start = _described(data, source, what)
    if len(sides) != 4:
        return None
    _require_data(data, start, sides, dtype, source, what)
    a, b, c, d = sides
    return a, b, c, d


def npy_sides(data: bytes, source: str) -> list[int]:
    """The shape of the array in ``.npy`` form, whatever its entries. Raises ``InputError`` if it is damaged."""
    header, _ = _header(data, source, "")
    return _sides(header, source, "")


def parse_npz(data: bytes, source: str) -> list[Support]:
    """The supports in a ``.npz`` file: arrays I and J (or JT), or F1 … FL; several as ``name/I``, ``name/J``.

    Arrays of four dimensions are Kronecker-sparse factors (``files.patterns``): F1 … FL, or arr_0, … as numpy
    names them. Raises ``InputError``; nothing is decompressed past the limits of ``limits``, whatever the file declares.
    """
    masks: dict[str, Mask] = {}
    patterns: dict[str, tuple[int, int, int, int]] = {}
    for key, content in npz_arrays(data, source):
        pattern = _pattern(content, source, key)
        if pattern is None:
            masks[key] = parse_npy(content, source, member=key)
        else:
            patterns[key] = pattern
    if patterns:
        return [_chain(patterns, masks, source)]
    return [
        assemble([Section(label, masks[key]) for label, key in labels.items()], source=source, name=name)
        for name, labels in group_keys(list(masks), source).items()
    ]


def _chain(
    patterns: Mapping[str, tuple[int, int, int, int]], masks: Mapping[str, Mask], source: str
) -> Support:
    """The chain of arrays of four dimensions; no other arrays stand beside them."""
    from qeclose.files.patterns import chain_of

    if masks:
        (first, *_), (other, *_) = patterns, masks
        raise InputError(source, 0, 0, f"array {first!r} has four dimensions and {other!r} has not")
    for names in ([f"F{k + 1}" for k in range(len(patterns))], [f"arr_{k}" for k in range(len(patterns))]):
        if set(names) == patterns.keys():
            return chain_of([patterns[name] for name in names], source)
    listed = ", ".join(map(repr, list(patterns)[:6]))
    raise InputError(source, 0, 0, f"arrays of four dimensions are called F1 … FL, or arr_0, …, not {listed}")


def npz_arrays(data: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    """The arrays of a ``.npz`` file by key, each in ``.npy`` form, one unpacked at a time. Raises ``InputError``."""
    # Counted by their signature, since zipfile makes an object of each before it can be asked.
    if data.count(b"PK\x01\x02") > _MAX_MEMBERS:
        raise InputError(source, 0, 0, f"too many arrays: at most {_MAX_MEMBERS}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for key, member in _members(archive, source).items():
                with archive.open(member) as file:
                    # Without a length, read() would expand all there is before it cuts to the declared size.
                    content = file.read(member.file_size + 1)
                yield key, content
    except ZIP_ERRORS as error:
        raise InputError(source, 0, 0, f"not a readable .npz file: {_one_line(error)}") from None


def is_sparse(data: bytes) -> bool:
    """Whether this is a matrix as scipy.sparse.save_npz writes it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {"format.npy", "shape.npy", "data.npy"} <= set(archive.namelist())
    except ZIP_ERRORS:
        return False


def parse_sparse(data: bytes, source: str) -> Mask:
    """The mask of a sparse matrix; nonzero = inside. Raises ``InputError`` as ``sparse_entries`` does."""
    entries = sparse_entries(data, source)
    inside = entries.data != 0
    return Mask.from_positions(entries.row[inside], entries.col[inside], entries.shape)


def sparse_entries(data: bytes, source: str) -> Any:
    """A sparse matrix as scipy.sparse.save_npz writes it, in coordinates, entries given twice added up.

    Raises ``InputError`` for anything else. Nothing is unpickled.
    """
    import numpy as np
    from scipy import sparse

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _members(archive, source)
        matrix: Any = sparse.load_npz(io.BytesIO(data))
        check_matrix(matrix.shape, source, "")
        if matrix.format in ("csr", "csc", "bsr"):
            # Indices that point outside would be followed.
            matrix.check_format(full_check=True)
        entries = matrix.tocoo()
        entries.sum_duplicates()
    except (*ZIP_ERRORS, AttributeError, KeyError, TypeError, IndexError, MemoryError) as error:
        raise InputError(source, 0, 0, f"not a readable sparse matrix: {_one_line(error)}") from None
    if entries.data.dtype.kind not in "biufc":
        raise InputError(source, 0, 0, _not_numbers(str(entries.data.dtype)))
    if entries.data.dtype.kind in "fc" and (wrong := np.flatnonzero(np.isnan(entries.data))).size:
        i, j = entries.row[wrong[0]] + 1, entries.col[wrong[0]] + 1
        raise InputError(source, 0, 0, f"entry ({i}, {j}) is not a number")
    return entries


def format_npz(supports: Sequence[Support], *, stem: str) -> bytes:
    """``supports`` as the bytes of a ``.npz`` file that will be called ``stem``.npz.

    Raises ``UsageError`` unless several supports have different names.
    """
    import numpy as np

    names = [support.name for support in supports]
    if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
        raise UsageError("several supports go into one file only under different names")
    arrays: dict[str, NDArray[np.uint8]] = {}
    for support in supports:
        prefix = "" if len(supports) == 1 and support.name in ("", stem) else f"{support.name}/"
        if len(support.factors) == 2:
            masks = {"I": support.I, "J": support.J}
        else:
            masks = {f"F{number}": factor for number, factor in enumerate(support.factors, 1)}
        if support.missing is not None:
            masks["W"] = support.missing
        arrays |= {prefix + label: mask.to_array() for label, mask in masks.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def group_keys(keys: Sequence[str], source: str) -> dict[str, dict[str, str]]:
    """Keys such as ``I`` or ``name/I`` by name ("" if there is none), then by label.

    Raises ``InputError`` for a key that is no label, for none at all, and for a mixture of named and unnamed.
    """
    groups: dict[str, dict[str, str]] = {}
    for key in keys:
        name, _, label = key.rpartition("/")
        if not SECTION.fullmatch(label) or not name.isprintable() or name != name.strip():
            raise InputError(source, 0, 0, f"array {key!r} is none of {LABELS}, nor one of them as NAME/I")
        groups.setdefault(name, {})[label] = key
    if not groups:
        raise InputError(source, 0, 0, f"empty: no array ({LABELS})")
    if "" in groups and len(groups) > 1:
        raise InputError(source, 0, 0, "some arrays are named like NAME/I and some are not")
    return groups


def check_matrix(sides: Sequence[int], source: str, what: str) -> None:
    """Raise ``InputError`` unless these are the sides of a non-empty matrix of bearable size."""
    if len(sides) != 2:
        problem = f"an array of shape {shape_text(tuple(sides)) or '()'}, not a matrix"
    elif 0 in sides:
        problem = f"an array of shape {shape_text(tuple(sides))} has no entries"
    elif reason := too_large(*sides):
        problem = reason
    else:
        return
    raise InputError(source, 0, 0, what + problem)


def _header(data: bytes, source: str, what: str) -> tuple[str, int]:
    """The header's text, and where the data starts."""
    if not data.startswith(_MAGIC):
        raise InputError(source, 0, 0, f"{what}not a .npy array")
    # Version 1 has two bytes for the header's length, later ones four.
    width = 2 if data[6:7] == b"\x01" else 4
    if data[6:8] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00") or len(data) < 8 + width:
        raise InputError(source, 0, 0, f"{what}the array's header is damaged")
    length = int.from_bytes(data[8 : 8 + width], "little")
    start = 8 + width + length
    if length > _MAX_HEADER:
        raise InputError(source, 0, 0, f"{what}the array's header is too large: {length} bytes")
    if len(data) < start:
        raise InputError(source, 0, 0, f"{what}the array's header is cut off")
    return data[8 + width : start].decode("latin-1"), start


def _sides(header: str, source: str, what: str) -> list[int]:
    shape = _SHAPE.search(header)
    try:
        return (
            [int(side) for side in shape[1].split(",") if side.strip()] if shape else _damaged(source, what)
        )
    except ValueError:
        _damaged(source, what)


def _damaged(source: str, what: str) -> NoReturn:
    raise InputError(source, 0, 0, f"{what}the array's header is damaged")


def _not_numbers(descr: str) -> str:
    if "O" in descr:
        return "holds pickled Python objects, which are never read"
    return f"holds entries of type {descr!r}, not numbers"


def _members(archive: zipfile.ZipFile, source: str) -> dict[str, zipfile.ZipInfo]:
    """The members by key, after a look at what they claim to be."""
    listed = archive.infolist()
    # Members are not read past their declared sizes, so a bound on those bounds all that follows.
    total = sum(member.file_size for member in listed)
    if total > MAX_FILE_BYTES:
        problem = f"expands to {total} bytes, which is too large: at most {MAX_FILE_BYTES}"
        raise InputError(source, 0, 0, problem)
    members: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        key = member.filename.removesuffix(".npy")
        if key == member.filename:
            raise InputError(source, 0, 0, f"{member.filename!r} is not a .npy array")
        if key in members:
            raise InputError(source, 0, 0, f"array {key!r} appears twice")
        if member.flag_bits & 1:
            raise InputError(source, 0, 0, f"array {key!r} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(source, 0, 0, f"array {key!r} is compressed in an unknown way")
        members[key] = member
    return members


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
