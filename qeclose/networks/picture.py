"""Training a two-layer ReLU network on a data set without an optimum, and the picture: the loss falls while the weights grow.

Training is Adam on the mean squared error over all data with a falling learning rate, from the curve's weights at t = 1 with a
little noise and larger biases: training that switches a unit off early may end in a local optimum. The size of the weights is
the largest entry of |W2|·|W1|: rescaling a hidden unit does not change it, and what grows without bound is hidden in no bias.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qeclose.networks.dataset import DataSet

    Parameters = dict[str, NDArray[np.float64]]
    History = list[tuple[int, float, float]]

__all__ = ["certified", "draw", "start", "train", "training_picture"]

STEPS = 20_000
RATE = 0.03
_BETA1, _BETA2, _TINY = 0.9, 0.999, 1e-12
_MARGIN = 3.0
_NAMES = ("W1", "b1", "W2", "b2")


def training_picture(data: DataSet, path: str, *, steps: int = STEPS, seed: int = 0) -> History:
    """Train for so many steps, and draw what came of it into a .png, .svg or .pdf file.

    Returns (step, mean squared error, size of the weights) of every step. Raises ``ImportError`` without matplotlib.
    """
    import numpy as np

    begin, masks = start(data, seed)
    inputs, targets = (np.array(rows, dtype=float) for rows in (data.inputs, data.targets))
    history = train(begin, masks, inputs, targets, steps, RATE)
    draw(history, data, path)
    return history


def start(data: DataSet, seed: int) -> tuple[Parameters, Parameters]:
    """The curve's weights at t = 1 with noise inside the supports, and the masks of all parameters."""
    import numpy as np

    rng = np.random.default_rng(seed)
    at_one = data.weights(Fraction(1))
    masks = {
        "W1": data.support.factors[1].to_array().astype(float),
        "b1": np.array(data.biases.hidden, dtype=float),
        "W2": data.support.factors[0].to_array().astype(float),
        "b2": np.array(data.biases.output, dtype=float),
    }
    begin = {}
    for name in _NAMES:
        value = np.array(getattr(at_one, name), dtype=float)
        begin[name] = masks[name] * (value + 0.1 * rng.standard_normal(value.shape))
    begin["b1"] += _MARGIN * masks["b1"]
    begin["b2"] -= masks["b2"] * (begin["W2"] @ (_MARGIN * masks["b1"]))
    return begin, masks


def train(
    begin: Parameters,
    masks: Parameters,
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    steps: int,
    rate: float,
) -> History:
    """Step, loss and size of the weights, of every step of Adam inside the masks."""
    import numpy as np

    weights = {name: value.copy() for name, value in begin.items()}
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
    return float(rate / (1 + step / 2000) ** 0.75)


def _size(W1: NDArray[np.float64], W2: NDArray[np.float64]) -> float:
    return float((abs(W2) @ abs(W1)).max())


def _loss_and_gradient(
    weights: Parameters, inputs: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[float, Parameters]:
    import numpy as np

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


def certified(data: DataSet, size: float) -> tuple[list[float], list[float]]:
    """Sizes and losses along the certificate's curve, until the weights are some times larger than ``size``."""
    import numpy as np

    sizes: list[float] = []
    losses: list[float] = []
    t = Fraction(1)
    while not sizes or sizes[-1] < 4 * size:
        weights = data.weights(t)
        sizes.append(_size(np.array(weights.W1, dtype=float), np.array(weights.W2, dtype=float)))
        losses.append(float(weights.loss(data.inputs, data.targets)) / len(data.inputs))
        t /= 2
    return sizes, losses


def draw(history: History, data: DataSet, path: str) -> None:
    """Two diagrams: loss and size against the steps, and the loss against the size, with the certificate's own curve."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.figure import Figure

    steps, losses, sizes = (np.array(column) for column in zip(*history, strict=True))
    best = np.minimum.accumulate(losses)
    improved = losses == best
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.loglog(steps, losses, color="lightsteelblue", linewidth=0.6, label="mean squared error")
    left.loglog(steps, best, color="tab:blue", label="its least value so far")
    left.loglog(steps, sizes, color="tab:red", label="largest entry of |W2|·|W1|")
    left.set_xlabel("step of Adam")
    left.set_title("training: the loss falls, the weights grow")
    left.legend()
    right.loglog(*certified(data, sizes.max()), "--", color="black", label="the certificate's weights, t → 0")
    right.loglog(
        sizes[improved], best[improved], color="tab:blue", label="training, where the loss is least so far"
    )
    right.set_xlabel("largest entry of |W2|·|W1|")
    right.set_ylabel("mean squared error")
    right.set_title("smaller loss only with larger weights")
    right.legend()
    metadata = {"Date": None} if path.lower().endswith(".svg") else None
    with mpl.rc_context({"svg.hashsalt": "qeclose", "svg.fonttype": "none"}):
        figure.savefig(path, dpi=120, metadata=metadata)
