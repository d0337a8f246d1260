"""Files that hold no mask for ``read``: told by their first bytes, or by their endings, and named."""

from __future__ import annotations

import io
import zipfile

from qeclose.errors import InputError

__all__ = ["KNOWN", "is_pointer", "named_by_ending", "refuse_foreign"]

KNOWN = (
    "text, .csv, .tsv, .npz, .npy, .mtx, .safetensors, .json (chains of patterns), and each of them as .gz"
)

_POINTER = b"version https://git-lfs.github.com/spec/"
_BEGINNINGS = (
    (
        _POINTER,
        "a Git LFS pointer, not the file itself: run `git lfs pull`",
    ),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5, Keras, MATLAB 7.3)"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"GGUF", "a GGUF model"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"\x7fELF", "a program"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x80\x02", "a pickle, which is never read"),
    (b"\x80\x03", "a pickle, which is never read"),
    (b"\x80\x04", "a pickle, which is never read"),
    (b"\x80\x05", "a pickle, which is never read"),
    (b"\x93NUMPY", "a numpy array: give it the ending .npy"),
    (b"%%MatrixMarket", "a Matrix Market file: give it the ending .mtx"),
)
_ENDINGS = {
    ".mat": "a MATLAB file",
    **dict.fromkeys((".h5", ".hdf5", ".keras"), "an HDF5 file"),
    ".onnx": "an ONNX model",
    ".pb": "a protocol buffer",
    ".tflite": "a TensorFlow model",
    ".gguf": "a GGUF model",
    **dict.fromkeys(
        (".pt", ".pth", ".ckpt", ".bin"), "a model file, which `qeclose relu` reads if PyTorch wrote it"
    ),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a pickle, which is never read"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet: save it as .csv"),
    ".parquet": "a Parquet file",
    **dict.fromkeys((".feather", ".arrow"), "an Arrow file"),
    **dict.fromkeys((".rds", ".rda", ".rdata"), "a file of R"),
    **dict.fromkeys((".zip", ".tar", ".tgz"), "an archive: unpack it"),
}
_READ_BY_ENDING = (".npz", ".npy", ".mtx", ".safetensors", ".csv", ".tsv")


def refuse_foreign(data: bytes, path: str, ending: str) -> None:
    """Raise ``InputError`` naming the kind of a file whose first bytes tell that it is not what ``read`` reads.

    ``ending`` is that of the path, less ``.gz``.
    """
    kind = _kind(data, ending)
    if kind is not None:
        raise InputError(path, 0, 0, f"{kind}; read are {KNOWN}")


def named_by_ending(path: str, ending: str) -> InputError | None:
    """The error that names the kind of file which ends so, if it is not read."""
    kind = _ENDINGS.get(ending)
    return None if kind is None else InputError(path, 0, 0, f"{kind}; read are {KNOWN}")


def is_pointer(data: bytes) -> bool:
    """Whether the file only stands for another one, which Git LFS has."""
    return data.startswith(_POINTER)


def _kind(data: bytes, ending: str) -> str | None:
    own = {".npy": b"\x93NUMPY", ".mtx": b"%%MatrixMarket"}.get(ending, b"-")
    for start, kind in _BEGINNINGS:
        if data.startswith(start) and start != own:
            return kind
    if data.startswith(b"PK\x03\x04") and ending != ".npz":
        return _ENDINGS.get(ending) or _zip_kind(data)
    if ending not in _READ_BY_ENDING and _is_safetensors(data):
        return "a safetensors file: give it the ending .safetensors"
    return None


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        names = []
    if any(name.endswith("/data.pkl") for name in names):
        return "a PyTorch file, which `qeclose relu` reads"
    if any(name.startswith("xl/") for name in names):
        return "an Excel spreadsheet: save it as .csv"
    if names and all(name.endswith(".npy") for name in names):
        return "a file of numpy arrays: give it the ending .npz"
    return "a zip archive: unpack it"


def _is_safetensors(data: bytes) -> bool:
    return (
        data[8:9] == b"{"
        and 8 < int.from_bytes(data[:8], "little") + 8 <= len(data)
        and b"data_offsets" in data[:4096]
    )
