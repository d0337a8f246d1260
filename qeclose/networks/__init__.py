"""Sparse ReLU networks: what the closedness of E says about training them, and data sets without an optimum."""

from qeclose.networks.biases import Biases
from qeclose.networks.dataset import DataSet
from qeclose.networks.frontier import Frontier
from qeclose.networks.training import Training, judge

__all__ = ["Biases", "DataSet", "Frontier", "Training", "judge"]
