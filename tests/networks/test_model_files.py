"""Networks read from model files; those of PyTorch need it installed, and are skipped without."""

from pathlib import Path

import numpy as np
import pytest

from qeclose.errors import InputError, UsageError
from qeclose.files import write_npz
from qeclose.files.model import Model
from qeclose.networks.models import read_networks
from qeclose.support.families import lu

FIRST = [[1.0, 4], [0, 1]]
SECOND = [[1.0, 0], [2, 3]]
"""Weights with the supports of lu(2)."""


def arrays():
    return {"fc10.weight": np.array(SECOND), "fc9.weight": np.array(FIRST), "fc9.bias": np.ones(2)}


def network(path, **options):
    """The only network of a model, with its name, which must be the whole of it."""
    model = read_networks(path, **options)
    assert isinstance(model, Model) and model.whole
    (found,) = model.networks
    return found.support


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture
def saved(torch, tmp_path):
    """Saves an object as PyTorch does; returns the path."""

    def save(value, **options):
        path = tmp_path / "model.pt"
        torch.save(value, path, **options)
        return str(path)

    return save


def two_layers(torch, convert=lambda weight: weight):
    first, second = (convert(torch.tensor(rows)) for rows in (FIRST, SECOND))
    return {"0.weight": first, "0.bias": torch.ones(2), "2.weight": second, "2.bias": torch.ones(2)}


def test_a_npz_model_is_read_as_consecutive_layers(tmp_path):
    np.savez(tmp_path / "model.npz", **arrays())
    support = network(str(tmp_path / "model.npz"))
    assert support.name == "fc9>fc10"
    assert support.factors == lu(2).factors


def test_arrays_of_a_npz_model_may_have_any_shape_type_and_order(tmp_path):
    others = {
        "kernel": np.ones((2, 1, 3)),
        "step": np.array(7),
        "names": np.array(["a", "b"]),
        "none": np.ones((0, 2)),
    }
    layers = {
        "fc10.weight": np.array(SECOND, dtype=">f4", order="F"),
        "fc9.weight": np.array(FIRST) != 0,
    }
    np.savez_compressed(tmp_path / "model.npz", **others, **layers)
    assert network(str(tmp_path / "model.npz"), layers=["fc9.weight", "fc10.weight"]).factors == lu(2).factors


def test_pickled_objects_in_a_npz_model_are_not_read(tmp_path):
    np.savez(tmp_path / "model.npz", **arrays(), extra=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="extra: holds pickled Python objects, which are never read"):
        read_networks(str(tmp_path / "model.npz"))


def test_a_npz_of_masks_is_read_as_masks(tmp_path):
    write_npz(str(tmp_path / "masks.npz"), [lu(3)])
    assert read_networks(str(tmp_path / "masks.npz")) == [lu(3)]


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_the_support_of_a_pruned_weight_is_its_mask(tmp_path, ending):
    dense = np.ones((2, 2))
    pruned = {
        "0.weight_orig": np.array([[1.0, 0], [5, 1]]),
        "0.weight_mask": (np.array(FIRST) != 0).astype(float),
        "2.weight_orig": dense,
        "2.weight_mask": (np.array(SECOND) != 0).astype(float),
    }
    path = str(tmp_path / f"model.{ending}")
    if ending == "npz":
        np.savez(path, **pruned)
    else:
        from safetensors.numpy import save_file

        save_file(pruned, path)
    support = network(path)
    assert (support.name, support.factors) == ("0>2", lu(2).factors)


def test_a_pytorch_file_needs_pytorch(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    (tmp_path / "model.pt").write_bytes(b"x")
    with pytest.raises(UsageError, match="PyTorch"):
        read_networks(str(tmp_path / "model.pt"))


def test_a_state_dictionary_is_read_whichever_way_it_was_saved(torch, saved):
    for options in ({}, {"_use_new_zipfile_serialization": False}):
        support = network(saved(two_layers(torch), **options))
        assert (support.name, support.factors) == ("0>2", lu(2).factors)


@pytest.mark.parametrize("layout", ["to_sparse", "to_sparse_csr", "to_sparse_csc"])
def test_sparse_weights_are_read(torch, saved, layout):
    state = two_layers(torch, lambda weight: getattr(weight, layout)())
    assert network(saved(state)).factors == lu(2).factors


@pytest.mark.parametrize(
    "kind", ["bool", "int64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "complex64"]
)
def test_weights_of_every_type_are_read(torch, saved, kind):
    state = two_layers(torch, lambda weight: weight.to(getattr(torch, kind)))
    assert network(saved(state)).factors == lu(2).factors


def test_a_weight_that_is_purely_imaginary_is_not_zero(torch, saved):
    state = two_layers(torch, lambda weight: weight * 1j)
    assert network(saved(state)).factors == lu(2).factors


@pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # PyTorch deprecates what makes them, not files that hold them
def test_parameters_and_quantized_weights_are_read(torch, saved):
    for convert in (
        torch.nn.Parameter,
        lambda weight: torch.quantize_per_tensor(weight, 0.5, 0, torch.qint8),
    ):
        assert network(saved(two_layers(torch, convert))).factors == lu(2).factors


def test_a_pruned_module_is_read_by_its_masks(torch, saved):
    from torch.nn.utils import prune

    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2))
    for layer, rows in ((model[0], FIRST), (model[2], SECOND)):
        prune.custom_from_mask(layer, "weight", torch.tensor(rows) != 0)
    support = network(saved(model.state_dict()))
    assert (support.name, support.factors) == ("0>2", lu(2).factors)


def test_a_state_dictionary_inside_a_checkpoint_is_found_if_it_is_the_only_one(torch, saved):
    state = two_layers(torch)
    support = network(saved({"model": state, "epoch": 3, "optimizer": {"state": {}}}))
    assert support.factors == lu(2).factors
    with pytest.raises(InputError, match=r"several state dictionaries \(model, average\)"):
        read_networks(saved({"model": state, "average": state}))


def test_a_whole_module_is_refused_with_what_to_do(torch, saved):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2))
    with pytest.raises(InputError, match=r"whole module.*save model.state_dict\(\)"):
        read_networks(saved(model))


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_in_a_pytorch_file_is_executed(torch, saved, tmp_path):
    trap = tmp_path / "sprung"
    create, path = Trap(trap).__reduce__()
    create(*path)
    assert trap.exists()
    trap.unlink()
    with pytest.raises(InputError, match="code"):
        read_networks(saved({"0.weight": Trap(trap)}))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (lambda torch: [1, 2], "holds a list"),
        (lambda torch: {}, "no linear layer here"),
        (lambda torch: two_layers(torch, lambda weight: weight / 0), "not a number"),
        (lambda torch: two_layers(torch, lambda weight: weight.to("meta")), "no weights"),
    ],
)
def test_a_pytorch_file_without_usable_weights_is_refused(torch, saved, value, problem):
    with pytest.raises(InputError, match=problem):
        read_networks(saved(value(torch)))


def test_a_damaged_pytorch_file_is_refused(torch, saved, tmp_path):
    whole = Path(saved(two_layers(torch))).read_bytes()
    for part in (b"", b"x" * 50, whole[: len(whole) // 2]):
        (tmp_path / "cut.pt").write_bytes(part)
        with pytest.raises(InputError, match="damaged"):
            read_networks(str(tmp_path / "cut.pt"))
