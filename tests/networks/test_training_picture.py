"""Training on a data set without an optimum, and the picture of it."""

from __future__ import annotations

from fractions import Fraction
from time import monotonic

import numpy as np
import pytest
from click.testing import CliRunner

from qeclose.certify import Certified, certify
from qeclose.cli.app import app
from qeclose.networks import Biases, DataSet, Frontier
from qeclose.networks.picture import certified, start, train
from qeclose.support.families import lu


@pytest.fixture(scope="module")
def data():
    settled = certify(lu(2), deadline=monotonic() + 30)
    assert isinstance(settled, Certified)
    frontier = Frontier.from_certificate(settled.certificate)
    assert frontier is not None
    return DataSet.of(lu(2), frontier, Biases.every(2, 2))


def trained(data, by, steps):
    begin, masks = start(data, 0)
    inputs, targets = (np.array(rows, dtype=float) for rows in (data.inputs, data.targets))
    return by(begin, masks, inputs, targets, steps, 0.03)


def by_torch(begin, masks, inputs, targets, steps, rate):
    """The same training written for PyTorch's own Adam and its gradients."""
    import torch

    names = ("W1", "b1", "W2", "b2")
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in begin.items()}
    fixed = {name: torch.tensor(mask) for name, mask in masks.items()}
    x, z = torch.tensor(inputs), torch.tensor(targets)
    adam = torch.optim.Adam(list(weights.values()), lr=rate, betas=(0.9, 0.999), eps=1e-12)
    history = []
    for step in range(1, steps + 1):
        adam.zero_grad()
        adam.param_groups[0]["lr"] = rate / (1 + step / 2000) ** 0.75
        W1, b1, W2, b2 = (weights[name] * fixed[name] for name in names)
        loss = ((torch.relu(x @ W1.T + b1) @ W2.T + b2 - z) ** 2).sum() / len(inputs)
        loss.backward()
        size = float((abs(W2) @ abs(W1)).max().detach())
        history.append((step, loss.item(), size))
        adam.step()
    return history


def test_training_lowers_the_loss_while_the_weights_grow(data):
    history = trained(data, train, 3000)
    (_, first_loss, first_size), (_, last_loss, last_size) = history[0], history[-1]
    assert last_loss < first_loss / 50 and last_size > 10 * first_size


@pytest.mark.slow
def test_pytorch_trains_alike(data):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = (np.array(trained(data, by, 200)) for by in (train, by_torch))
    assert np.allclose(ours, theirs, rtol=1e-6)


def test_the_dashed_line_of_the_picture_is_the_certificates_own_curve(data):
    sizes, losses = certified(data, 100.0)
    assert sizes[-1] > 100 and losses[-1] < losses[0]
    assert losses[1] == pytest.approx(float(data.loss(Fraction(1, 2))) / len(data.inputs))


def test_relu_draws_the_picture(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from qeclose.networks import picture

    monkeypatch.setattr(picture.training_picture, "__kwdefaults__", {"steps": 300, "seed": 0})
    mask, drawn = tmp_path / "lu.txt", tmp_path / "training.svg"
    mask.write_text("I:\n10\n11\nJ:\n10\n11\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--plot", str(drawn)])
    assert result.exit_code == 1, result.output
    assert "smaller loss only with larger weights" in drawn.read_text()


def test_there_is_no_picture_of_a_network_without_such_data(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    mask, drawn = tmp_path / "full.txt", tmp_path / "training.png"
    mask.write_text("I:\n1\nJ:\n1\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--plot", str(drawn)])
    assert "no data set" in result.stderr and not drawn.exists()
    assert CliRunner().invoke(app, ["relu", str(mask), "--plot", str(tmp_path / "x.txt")]).exit_code == 2
