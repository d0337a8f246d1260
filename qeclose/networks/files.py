"""Data sets written to files, and their certificates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from qeclose.decide.gate import require
from qeclose.errors import UsageError
from qeclose.networks.clusters import parameters
from qeclose.networks.dataset import DataSet
from qeclose.networks.weights import Matrix
from qeclose.proof.certificate import sign
from qeclose.proof.training import DataSetProof, DrawnBiases, Numbers, NumbersOfWeights

__all__ = ["dataset_certificate", "is_exact", "write_dataset"]


def dataset_certificate(data: DataSet) -> dict[str, Any]:
    """The certificate that training on ``data`` has no optimum (docs/certificates.md, claim ``training-ill-posed``)."""
    t = data.small_time()
    weights = data.weights(t)
    proof = DataSetProof(
        biases=DrawnBiases(**data.biases.to_json()),
        frontier=data.frontier.proof(),
        rows=data.frontier.rows,
        columns=data.frontier.columns,
        parameters=_texts(parameters(len(data.inputs))),
        inputs=_numbers(data.inputs),
        targets=_numbers(data.targets),
        time=str(t),
        weights=NumbersOfWeights(
            _numbers(weights.W1), _texts(weights.b1), _numbers(weights.W2), _texts(weights.b2)
        ),
        loss=str(weights.loss(data.inputs, data.targets)),
    )
    return sign(data.support, "training-ill-posed", proof)


def write_dataset(path: str, data: DataSet) -> None:
    """Write the data set: ``.npz`` (arrays inputs, targets), ``.csv`` (a line a pair) or ``.json`` (its certificate).

    Raises ``CertificateError`` if the checker does not accept the certificate, ``UsageError`` for another ending, or if
    the file cannot be written.
    """
    try:
        match Path(path).suffix.lower():
            case ".json":
                certificate = dataset_certificate(data)
                require(certificate, data.support, certificate["claim"])
                Path(path).write_text(json.dumps(certificate, indent=1) + "\n", encoding="utf-8")
            case ".csv":
                Path(path).write_text(_table(data), encoding="utf-8")
            case ".npz":
                _write_arrays(path, data)
            case ending:
                raise UsageError(f"a data set is written as .npz, .csv or .json, not {ending or path!r}")
    except OSError as error:
        raise UsageError.unwritable(path, error) from None


def is_exact(data: DataSet) -> bool:
    """Whether every number of the data is a floating-point number, so that ``.npz`` and ``.csv`` lose nothing."""
    return all(float(entry) == entry for rows in (data.inputs, data.targets) for row in rows for entry in row)


def _table(data: DataSet) -> str:
    m, n = data.support.shape
    lines = [",".join([*(f"x{j + 1}" for j in range(n)), *(f"y{i + 1}" for i in range(m))])]
    for x, y in zip(data.inputs, data.targets, strict=True):
        lines.append(",".join(repr(float(entry)) for entry in (*x, *y)))
    return "\n".join(lines) + "\n"


def _write_arrays(path: str, data: DataSet) -> None:
    import numpy as np

    with Path(path).open("wb") as file:
        np.savez(file, inputs=np.array(data.inputs, dtype=float), targets=np.array(data.targets, dtype=float))


def _numbers(rows: Matrix) -> Numbers:
    return tuple(map(_texts, rows))


def _texts(entries: Iterable[Fraction]) -> tuple[str, ...]:
    return tuple(map(str, entries))
