"""The script that trains a network on a data set without an optimum."""

import importlib.util
from fractions import Fraction
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from qeclose.certify import Certified, certify
from qeclose.networks import Biases, DataSet, Frontier
from qeclose.networks.files import write_dataset
from qeclose.support.families import lu

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_on_counterexample.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("train_on_counterexample", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data():
    settled = certify(lu(2), deadline=monotonic() + 30)
    assert isinstance(settled, Certified)
    frontier = Frontier.from_certificate(settled.certificate)
    assert frontier is not None
    return DataSet.of(lu(2), frontier, Biases.every(2, 2))


def trained(script, data, train, steps):
    start, masks = script._start(data, 0)
    inputs, targets = (np.array(rows, dtype=float) for rows in (data.inputs, data.targets))
    return train(start, masks, inputs, targets, steps, 0.03)


def test_training_lowers_the_loss_while_the_weights_grow(script, data):
    history = trained(script, data, script._train_with_numpy, 3000)
    (_, first_loss, first_size), (_, last_loss, last_size) = history[0], history[-1]
    assert last_loss < first_loss / 50 and last_size > 10 * first_size


@pytest.mark.slow
def test_pytorch_and_numpy_train_alike(script, data):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = (
        np.array(trained(script, data, train, 200))
        for train in (script._train_with_numpy, script._train_with_torch)
    )
    assert np.allclose(ours, theirs, rtol=1e-6)


def test_the_dashed_line_of_the_picture_is_the_certificates_own_curve(script, data, tmp_path):
    write_dataset(str(tmp_path / "trap.json"), data)
    sizes, losses = script._certified(script._data_set(tmp_path / "trap.json"), 100.0)
    assert sizes[-1] > 100 and losses[-1] < losses[0]
    assert losses[1] == pytest.approx(float(data.loss(Fraction(1, 2))) / len(data.inputs))
