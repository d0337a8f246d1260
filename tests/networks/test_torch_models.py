"""Models that PyTorch saves or holds, as a user has them; skipped where PyTorch is not installed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import qeclose
from qeclose.cli.app import app
from qeclose.errors import InputError, UsageError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn

FIRST = [[1.0, 1], [0, 1]]
SECOND = [[1.0, 0], [1, 1]]
"""The supports of a network that is ill-posed; with all weights inside, nothing is known."""


@pytest.fixture
def run(tmp_path):
    """Runs ``qeclose relu`` on a state saved under a name; returns status, JSON and what went to stderr."""

    def run(state, *options, name="model.pt"):
        path = tmp_path / name
        if name.endswith(".safetensors"):
            from safetensors.torch import save_file

            save_file({key: value.contiguous() for key, value in state.items()}, path)
        else:
            torch.save(state, path)
        result = CliRunner().invoke(app, ["relu", str(path), "--format", "json", *options])
        return result.exit_code, json.loads(result.stdout) if result.stdout else None, result.stderr

    return run


def mlp(*sizes, names=None):
    """Linear layers of these sizes, with a ReLU between, all weights 1."""
    layers = [nn.Linear(columns, rows) for columns, rows in zip(sizes, sizes[1:], strict=False)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    parts = [part for layer in layers for part in (layer, nn.ReLU())][:-1]
    return nn.Sequential(*parts)


def pruned():
    from torch.nn.utils import prune

    model = mlp(2, 2, 2)
    for layer, rows in ((model[0], FIRST), (model[2], SECOND)):
        prune.custom_from_mask(layer, "weight", torch.tensor(rows) != 0)
    return model


class Masked(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", torch.tensor(mask))

    def forward(self, weight):
        return weight * self.mask


def parametrized():
    from torch.nn.utils import parametrize

    model = mlp(2, 2, 2)
    for layer, rows in ((model[0], FIRST), (model[2], SECOND)):
        parametrize.register_parametrization(layer, "weight", Masked(rows))
    return model


def with_buffers(name):
    model = mlp(2, 2, 2)
    for layer, rows in ((model[0], FIRST), (model[2], SECOND)):
        layer.register_buffer(name, torch.tensor(rows))
    return model


SPELLINGS = {
    "prune": pruned,
    "parametrize": parametrized,
    "weight_mask": lambda: with_buffers("weight_mask"),
    "mask": lambda: with_buffers("mask"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "name", ["model.pt", "model.pth", "model.bin", "model.ckpt", "model.pth.tar", "model.safetensors"]
)
def test_a_pruned_model_is_the_same_network_in_every_spelling_and_file(run, spelling, name):
    status, found, _ = run(SPELLINGS[spelling]().state_dict(), name=name)
    assert (status, found["verdict"], found["names"]) == (1, "ill-posed", ["0", "2"])
    assert found["obstruction"] == {"outputs": [0, 1], "inputs": [0, 1], "hidden": [0, 1]}
    assert found["order"] == "the numbers in their names"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_module_is_judged_as_its_file_is(spelling):
    report = qeclose.relu(SPELLINGS[spelling]())
    assert report.verdict == "ill-posed" and report.whole
    assert report.parts[0].layers == ("0", "2") and "torch.fx" in report.report()
    assert report.to_json()["biases"] == {"hidden": "11", "output": "11"}


def test_the_mask_counts_not_the_zeros_among_the_weights_it_keeps(run):
    state = with_buffers("mask").state_dict()
    state["0.weight"] = torch.zeros(2, 2)
    assert run(state)[1]["verdict"] == "ill-posed"
    # Asked for by a threshold, zeros count too: nothing is left to be ill-posed.
    assert run(state, "--threshold", "0.5")[1]["verdict"] == "undecided"


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(2, 2)
        self.decoder = nn.Linear(2, 2)
        with torch.no_grad():
            self.encoder.weight.copy_(torch.tensor(FIRST))
            self.decoder.weight.copy_(torch.tensor(SECOND))

    def forward(self, x):
        return self.decoder(torch.relu(self.encoder(x)))


def test_encoder_and_decoder_are_judged_in_the_order_of_definition(run):
    state = Autoencoder().state_dict()
    status, found, _ = run(state)
    assert (status, found["names"]) == (1, ["encoder", "decoder"])
    assert found["order"] == "the order in which the file defines them"
    status, found, said = run(state, name="model.safetensors")
    assert status == 2 and found is None and "say it with relu --layers" in said
    for layers in ("encoder,decoder", "decoder,encoder"):
        found = run(state, "--layers", layers, name="model.safetensors")[1]
        assert (",".join(found["names"]), found["order"]) == (layers, "as given (--layers)")
    assert qeclose.relu(Autoencoder()).parts[0].layers == ("encoder", "decoder")


def test_a_transformer_block_is_not_judged_by_its_pair(run):
    block = nn.TransformerEncoderLayer(d_model=4, nhead=2, dim_feedforward=8, batch_first=True)
    status, found, said = run(block.state_dict())
    assert (status, found["verdict"], found["whole"]) == (3, "undecided", False)
    assert [part["names"] for part in found["parts"]] == [["linear1", "linear2"]]
    assert {"self_attn.in_proj_weight", "norm1.weight"} <= {out["tensor"] for out in found["left_out"]}
    assert "(attention)" in said and "normalisation" in said
    assert "in_proj" not in json.dumps(found["parts"])


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.fc1 = nn.Linear(8, 3)
        self.fc2 = nn.Linear(3, 2)

    def forward(self, x):
        x = torch.relu(self.conv(x)).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


def test_a_conv_net_is_not_judged_by_its_linear_layers(run):
    status, found, said = run(ConvNet().state_dict())
    assert (status, found["verdict"], found["whole"]) == (3, "undecided", False)
    assert [out["tensor"] for out in found["left_out"]] == ["conv.weight", "conv.bias"]
    assert "2 (a convolution)" in said
    report = qeclose.relu(ConvNet())
    assert report.verdict == "undecided" and not report.whole and "conv.weight" in report.report()
    assert [part.layers for part in report.parts] == [("fc1", "fc2")]


def test_packed_weights_are_refused(run):
    pieces = ("qweight", "qzeros", "scales", "g_idx")
    state = {f"fc{k}.{piece}": torch.ones(2, 2, dtype=torch.int32) for k in (1, 2) for piece in pieces}
    for name in ("model.pt", "model.safetensors"):
        status, _, said = run(state, name=name)
        assert status == 2 and "packed quantized weights (fc1." in said


def test_a_lightning_checkpoint_is_read_by_its_state_dict(run):
    state = {f"model.{name}": value for name, value in pruned().state_dict().items()}
    checkpoint = {
        "epoch": 3,
        "global_step": 10,
        "pytorch-lightning_version": "2.0",
        "state_dict": state,
        "ema": state,
        "loops": {"fit_loop": {"state_dict": {}}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": []}],
    }
    status, found, _ = run(checkpoint, name="last.ckpt")
    assert (status, found["names"]) == (1, ["model.0", "model.2"])
    del checkpoint["pytorch-lightning_version"]
    status, _, said = run(checkpoint, name="last.ckpt")
    assert status == 2 and "several state dictionaries (state_dict, ema)" in said


def test_a_threshold_takes_small_weights_out(run):
    state = mlp(2, 2, 2).state_dict()
    state["0.weight"] = torch.tensor([[1.0, 1], [1e-3, 1]])
    state["2.weight"] = torch.tensor([[1.0, -1e-3], [1, 1]])
    for name in ("model.pt", "model.safetensors"):
        assert run(state, name=name)[1]["verdict"] == "undecided"
        assert run(state, "--threshold", "0.002", name=name)[1]["verdict"] == "ill-posed"
        # 1e-3 as a 32-bit float is above 1e-3.
        assert run(state, "--threshold", "0.001", name=name)[1]["verdict"] == "undecided"


def test_the_biases_are_those_of_the_model(run):
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1))
    assert run(model.state_dict())[1]["biases"] == {"hidden": "00", "output": "1"}
    assert run(model.state_dict(), "--hidden-bias", "10")[1]["biases"]["hidden"] == "10"


def test_three_layers_are_judged_as_a_whole_and_pairs_alone(run):
    state = mlp(2, 2, 2, 2).state_dict()
    state["0.weight"], state["2.weight"] = torch.tensor(FIRST), torch.tensor(SECOND)
    status, found, _ = run(state, "--timeout", "30")
    assert found["layers"] == 3 and found["names"] == ["0", "2", "4"]
    assert [pair["name"] for pair in found["pairs"]] == ["0>2", "2>4"]
    assert found["pairs"][0]["verdict"] == "ill-posed"
    # The last layer is full: the product of all three is any matrix.
    assert (status, found["verdict"]) == (3, "undecided")


# Modules


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x):
        hidden = torch.relu(self.one(x))
        return self.two(hidden) + hidden


def test_a_skip_connection_is_seen_in_a_module():
    with pytest.raises(UsageError, match=r"a ReLU and nothing else; name the layers meant with layers="):
        qeclose.relu(Residual())
    assert qeclose.relu(Residual(), layers=["one", "two"]).whole


@pytest.mark.parametrize("activation", [nn.GELU, nn.LeakyReLU, nn.Identity, nn.Tanh, nn.ReLU6])
def test_other_activations_are_not_taken_for_a_relu(activation):
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.relu(nn.Sequential(nn.Linear(2, 2), activation(), nn.Linear(2, 2)))


def test_normalisation_dropout_and_a_relu_at_the_end_are_heeded():
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.relu(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ReLU(), nn.Linear(2, 2)))
    dropped = qeclose.relu(
        nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.ReLU(), nn.Dropout(), nn.Linear(2, 1))
    )
    assert dropped.whole and dropped.verdict == "well-posed" and "dropout" in dropped.warnings[0]
    assert not qeclose.relu(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.ReLU())).whole


def test_layers_that_share_a_weight_are_no_network_of_their_own():
    layer = nn.Linear(2, 2)
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.relu(nn.Sequential(layer, nn.ReLU(), layer))
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.relu(nn.Sequential(first, nn.ReLU(), second))


def test_a_weight_that_is_not_trained_is_warned_of():
    model = mlp(2, 2, 1)
    model[0].weight.requires_grad = False
    assert "0.weight is not trained" in qeclose.relu(model).report()


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x):
        return self.two(torch.relu(self.one(x))) if x.sum() > 0 else x


def test_a_module_that_cannot_be_traced_is_refused_with_what_to_do():
    with pytest.raises(UsageError, match=r"cannot be traced .*name its layers with layers="):
        qeclose.relu(Branching())
    assert qeclose.relu(Branching(), layers="one,two").verdict == "well-posed"


def test_weights_on_no_device_are_refused():
    with pytest.raises(InputError, match="no weights"):
        qeclose.relu(mlp(2, 2, 2).to("meta"))
