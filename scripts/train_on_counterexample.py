"""Train a two-layer ReLU network on a data set without an optimum, and draw the loss falling while the weights grow.

    qeclose relu supports/lu-2.txt --dataset trap.json
    python scripts/train_on_counterexample.py trap.json trap.png

The data set is one that ``qeclose relu --dataset FILE.json`` wrote. Training is Adam on the mean squared error over all
data with a falling learning rate, with PyTorch if it is installed and NumPy if not, from the curve's weights at t = 1 with
a little noise and larger biases: training that switches a unit off early may end in a local optimum.
The size of the weights is the largest entry of |W2|·|W1|: rescaling a hidden unit does not change it, and what grows without
bound is hidden in no bias. The dashed line is the certificate's curve of weights. Drawing needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qeclose.networks import Biases, DataSet, Frontier
from qeclose.support import Mask, Support

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Parameters = dict[str, NDArray[np.float64]]

_BETA1, _BETA2, _TINY = 0.9, 0.999, 1e-12
_MARGIN = 3.0
_NAMES = ("W1", "b1", "W2", "b2")


def main() -> None:
    arguments = _arguments()
    data = _data_set(Path(arguments.dataset))
    start, masks = _start(data, arguments.seed)
    inputs, targets = (np.array(rows, dtype=float) for rows in (data.inputs, data.targets))
    train = _train_with_torch if find_spec("torch") else _train_with_numpy
    history = train(start, masks, inputs, targets, arguments.steps, arguments.rate)
    for step, loss, size in history[:: max(1, len(history) // 10)]:
        print(f"step {step:>7}   mean squared error {loss:.3e}   |W2|·|W1| {size:.3e}")
    _draw(history, data, arguments.picture)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", help="a .json file written by qeclose relu --dataset")
    parser.add_argument("picture", help="where to draw: .png, .pdf or .svg")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=0.03, help="Adam's learning rate")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _data_set(path: Path) -> DataSet:
    certificate = json.loads(path.read_text(encoding="utf-8"))
    proof = certificate["proof"]
    support = Support.of_factors(
        Mask.from_lists([[digit == "1" for digit in row] for row in factor])
        for factor in certificate["mask"]["factors"]
    )
    frontier = Frontier.from_certificate({**certificate, "proof": proof["frontier"]})
    if frontier is None:
        raise SystemExit(f"{path} holds no data set")
    biases = Biases.parse(
        proof["biases"]["hidden"], proof["biases"]["output"], (*support.inner, support.shape[0])
    )
    return DataSet.of(support, frontier, biases)


def _start(data: DataSet, seed: int) -> tuple[Parameters, Parameters]:
    """The curve's weights at t = 1 with noise inside the supports, and the masks of all parameters."""
    rng = np.random.default_rng(seed)
    at_one = data.weights(Fraction(1))
    masks = {
        "W1": data.support.factors[1].to_array().astype(float),
        "b1": np.array(data.biases.hidden, dtype=float),
        "W2": data.support.factors[0].to_array().astype(float),
        "b2": np.array(data.biases.output, dtype=float),
    }
    start = {}
    for name in _NAMES:
        value = np.array(getattr(at_one, name), dtype=float)
        start[name] = masks[name] * (value + 0.1 * rng.standard_normal(value.shape))
    start["b1"] += _MARGIN * masks["b1"]
    start["b2"] -= masks["b2"] * (start["W2"] @ (_MARGIN * masks["b1"]))
    return start, masks


def _train_with_numpy(
    start: Parameters,
    masks: Parameters,
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    steps: int,
    rate: float,
) -> list[tuple[int, float, float]]:
    weights = {name: value.copy() for name, value in start.items()}
    first = {name: np.zeros_like(value) for name, value in weights.items()}
    second = {name: np.zeros_like(value) for name, value in weights.items()}
    history = []
    for step in range(1, steps + 1):
        loss, gradient = _loss_and_gradient(weights, inputs, targets)
        history.append((step, loss, _size(weights["W1"], weights["W2"])))
        for name in _NAMES:
            slope = masks[name] * gradient[name]
            first[name] = _BETA1 * first[name] + (1 - _BETA1) * slope
            second[name] = _BETA2 * second[name] + (1 - _BETA2) * slope**2
            mean, spread = first[name] / (1 - _BETA1**step), second[name] / (1 - _BETA2**step)
            weights[name] -= _slowed(rate, step) * mean / (np.sqrt(spread) + _TINY)
    return history


def _slowed(rate: float, step: int) -> float:
    return rate / (1 + step / 2000) ** 0.75


def _size(W1: NDArray[np.float64], W2: NDArray[np.float64]) -> float:
    return float((abs(W2) @ abs(W1)).max())


def _loss_and_gradient(
    weights: Parameters, inputs: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[float, Parameters]:
    before = inputs @ weights["W1"].T + weights["b1"]
    hidden = np.maximum(before, 0)
    error = hidden @ weights["W2"].T + weights["b2"] - targets
    slope = 2 * error / len(inputs)
    back = (slope @ weights["W2"]) * (before > 0)
    gradient = {
        "W1": back.T @ inputs,
        "b1": back.sum(axis=0),
        "W2": slope.T @ hidden,
        "b2": slope.sum(axis=0),
    }
    return float((error**2).sum() / len(inputs)), gradient


def _train_with_torch(
    start: Parameters,
    masks: Parameters,
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    steps: int,
    rate: float,
) -> list[tuple[int, float, float]]:
    import torch

    weights: dict[str, Any] = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    fixed = {name: torch.tensor(mask) for name, mask in masks.items()}
    x, z = torch.tensor(inputs), torch.tensor(targets)
    adam = torch.optim.Adam(list(weights.values()), lr=rate, betas=(_BETA1, _BETA2), eps=_TINY)
    history = []
    for step in range(1, steps + 1):
        adam.zero_grad()
        adam.param_groups[0]["lr"] = _slowed(rate, step)
        W1, b1, W2, b2 = (weights[name] * fixed[name] for name in _NAMES)
        loss = ((torch.relu(x @ W1.T + b1) @ W2.T + b2 - z) ** 2).sum() / len(inputs)
        loss.backward()
        history.append((step, loss.item(), _size(W1.detach().numpy(), W2.detach().numpy())))
        adam.step()
    return history


def _certified(data: DataSet, size: float) -> tuple[list[float], list[float]]:
    """Sizes and losses along the certificate's curve, until the weights are some times larger than ``size``."""
    sizes: list[float] = []
    losses: list[float] = []
    t = Fraction(1)
    while not sizes or sizes[-1] < 4 * size:
        weights = data.weights(t)
        sizes.append(_size(np.array(weights.W1, dtype=float), np.array(weights.W2, dtype=float)))
        losses.append(float(weights.loss(data.inputs, data.targets)) / len(data.inputs))
        t /= 2
    return sizes, losses


def _draw(history: list[tuple[int, float, float]], data: DataSet, path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    steps, losses, sizes = (np.array(column) for column in zip(*history, strict=True))
    best = np.minimum.accumulate(losses)
    improved = losses == best
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    left.loglog(steps, losses, color="lightsteelblue", linewidth=0.6, label="mean squared error")
    left.loglog(steps, best, color="tab:blue", label="its least value so far")
    left.loglog(steps, sizes, color="tab:red", label="largest entry of |W2|·|W1|")
    left.set_xlabel("step of Adam")
    left.set_title("training: the loss falls, the weights grow")
    left.legend()
    right.loglog(
        *_certified(data, sizes.max()), "--", color="black", label="the certificate's weights, t → 0"
    )
    right.loglog(
        sizes[improved], best[improved], color="tab:blue", label="training, where the loss is least so far"
    )
    right.set_xlabel("largest entry of |W2|·|W1|")
    right.set_ylabel("mean squared error")
    right.set_title("smaller loss only with larger weights")
    right.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
