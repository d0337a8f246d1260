"""Which layer of a model is known to follow which, told from names, shapes and the order in a file."""

from __future__ import annotations

import pytest

from qeclose.files.layers import LayoutError, Tensor, plan_layers


def linear(name, rows, columns, bias=True):
    weight = Tensor(f"{name}.weight", (rows, columns))
    return [weight, Tensor(f"{name}.bias", (rows,))] if bias else [weight]


def tensors(**shapes):
    return [Tensor(name.replace("__", "."), shape) for name, shape in shapes.items()]


def norm(name, width):
    vectors = [
        Tensor(f"{name}.{part}", (width,)) for part in ("weight", "bias", "running_mean", "running_var")
    ]
    return [*vectors, Tensor(f"{name}.num_batches_tracked", (), integer=True)]


def chains(found, *, ordered=True, **options):
    plan = plan_layers(found, ordered=ordered, **options)
    return [[layer.name for layer in chain.layers] for chain in plan.chains]


def refusal(found, *, ordered=True, **options):
    with pytest.raises(LayoutError) as caught:
        plan_layers(found, ordered=ordered, **options)
    return str(caught.value)


AUTOENCODER = [*linear("encoder", 3, 5), *linear("decoder", 5, 3)]
CONV_NET = [
    *tensors(conv1__weight=(6, 1, 5, 5), conv1__bias=(6,), conv2__weight=(16, 6, 5, 5), conv2__bias=(16,)),
    *linear("fc1", 120, 256),
    *linear("fc2", 84, 120),
    *linear("fc3", 10, 84),
]
TRANSFORMER = [
    *tensors(self_attn__in_proj_weight=(24, 8), self_attn__in_proj_bias=(24,)),
    *linear("self_attn.out_proj", 8, 8),
    *linear("linear1", 16, 8),
    *linear("linear2", 8, 16),
    *tensors(norm1__weight=(8,), norm1__bias=(8,), norm2__weight=(8,), norm2__bias=(8,)),
]


# Order


def test_the_order_of_definition_counts_where_the_file_keeps_it():
    plan = plan_layers(AUTOENCODER, ordered=True)
    assert plan.whole and plan.chains[0].order == "the order in which the file defines them"
    assert chains(AUTOENCODER) == [["encoder", "decoder"]]


def test_without_an_order_or_numbers_the_question_is_refused_with_how_to_ask():
    said = refusal(AUTOENCODER, ordered=False)
    assert (
        "which layer follows which is not known: encoder (3x5), decoder (5x3); say it with relu --layers"
        in said
    )
    assert chains(AUTOENCODER, ordered=False, layers=["encoder", "decoder"]) == [["encoder", "decoder"]]


def test_the_only_order_in_which_shapes_chain_is_proposed_not_taken():
    said = refusal([*linear("out", 2, 5), *linear("body", 5, 3)], ordered=False)
    assert said.endswith("--layers (the shapes chain as body,out)")


@pytest.mark.parametrize(
    "names",
    [
        ("0", "2", "4"),
        ("net.0", "net.3", "net.10"),
        ("fc1", "fc2", "fc3"),
        ("layer_9", "layer_10", "layer_11"),
    ],
)
@pytest.mark.parametrize("ordered", [True, False])
def test_numbers_in_names_tell_the_order(names, ordered):
    layers = [*linear(names[0], 4, 3), *linear(names[1], 5, 4), *linear(names[2], 2, 5)]
    assert chains(layers if ordered else sorted(layers, key=lambda t: t.name), ordered=ordered) == [
        list(names)
    ]


def test_numbers_that_contradict_the_order_of_definition_tell_nothing():
    assert "not known" in refusal([*linear("fc2", 4, 4), *linear("fc1", 4, 4)])


def test_layers_of_different_modules_are_not_joined():
    found = [
        *linear("encoder.0", 4, 6),
        *linear("encoder.2", 3, 4),
        *linear("decoder.0", 4, 3),
        *linear("decoder.2", 6, 4),
    ]
    plan = plan_layers(found, ordered=True)
    assert not plan.whole
    assert chains(found) == [["encoder.0", "encoder.2"], ["decoder.0", "decoder.2"]]


def test_two_heads_do_not_make_a_chain():
    # The variational autoencoder of many tutorials: fc21 and fc22 take the same input.
    sizes = {"fc1": (400, 784), "fc21": (20, 400), "fc22": (20, 400), "fc3": (400, 20), "fc4": (784, 400)}
    found = [tensor for name, shape in sizes.items() for tensor in linear(name, *shape)]
    plan = plan_layers(found, ordered=True)
    assert chains(found) == [["fc3", "fc4"]] and not plan.whole
    assert {out.tensor for out in plan.left_out} == {"fc1.weight", "fc21.weight", "fc22.weight"}


def test_adapters_beside_a_weight_leave_it_out():
    adapted = [
        *linear("fc1", 4, 4),
        *tensors(fc1__lora_A__weight=(2, 4), fc1__lora_B__weight=(4, 2)),
        *linear("fc2", 4, 4),
    ]
    assert "fc1.weight (a linear layer with more than a weight and a bias)" in refusal(adapted)


def test_layers_that_the_user_names_must_chain_and_exist():
    assert "cannot follow" in refusal([*linear("a", 4, 3), *linear("b", 4, 3)], layers=["a", "b"])
    assert "no layer is called 'c'; linear layers here: a, b" in refusal(
        [*linear("a", 4, 3), *linear("b", 3, 4)], layers=["a", "c"]
    )
    assert "twice" in refusal(linear("a", 4, 4), layers=["a", "a"])
    assert "at least two" in refusal(linear("a", 4, 4), layers=["a"])
    assert "no linear layer's matrix" in refusal(CONV_NET, layers=["conv1", "fc1"])
    nested = [*linear("net.one", 4, 3), *linear("net.two", 3, 4)]
    assert chains(nested, layers=["two", "one"]) == [["net.two", "net.one"]]


# What else is in the file


def test_nothing_is_said_of_a_conv_net_as_a_whole_and_its_convolutions_are_named():
    plan = plan_layers(CONV_NET, ordered=True)
    assert chains(CONV_NET) == [["fc1", "fc2", "fc3"]] and not plan.whole
    assert [(out.tensor, out.kind) for out in plan.left_out] == [
        (name, "a convolution") for name in ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias")
    ]


def test_a_convolution_that_could_stand_between_two_layers_keeps_them_from_being_judged():
    said = refusal(sorted(CONV_NET, key=lambda tensor: tensor.name), ordered=False)
    assert "what may stand between: conv1.bias (a convolution)" in said
    assert chains(CONV_NET, ordered=False, layers=["fc1", "fc2", "fc3"]) == [["fc1", "fc2", "fc3"]]


@pytest.mark.parametrize("place", ["1", "norm", "norms.0"])
@pytest.mark.parametrize("ordered", [True, False])
def test_normalisation_that_could_stand_between_two_layers_keeps_them_from_being_judged(place, ordered):
    names = ("0", "2") if place == "1" else ("fc1", "fc2")
    for found in (
        [*linear(names[0], 4, 3), *norm(place, 4), *linear(names[1], 2, 4)],
        [*linear(names[0], 4, 3), *linear(names[1], 2, 4), *norm(place, 4)],
    ):
        assert f"{place}.running_mean (normalisation" in refusal(found, ordered=ordered)


def test_normalisation_before_or_after_numbered_layers_is_only_left_out():
    found = [*norm("0", 3), *linear("1", 4, 3), *linear("3", 2, 4), *norm("4", 2)]
    for ordered in (True, False):
        plan = plan_layers(found, ordered=ordered)
        assert chains(found, ordered=ordered) == [["1", "3"]] and not plan.whole
        assert "0.num_batches_tracked" not in {out.tensor for out in plan.left_out}


def test_a_transformer_block_has_one_pair_and_attention_and_normalisation_are_named():
    plan = plan_layers(TRANSFORMER, ordered=True)
    assert chains(TRANSFORMER) == [["linear1", "linear2"]] and not plan.whole
    kinds = {out.tensor: out.kind for out in plan.left_out}
    assert kinds["self_attn.in_proj_weight"] == kinds["self_attn.out_proj.weight"] == "attention"
    assert kinds["norm1.weight"].startswith("normalisation") and len(kinds) == 8


def test_blocks_are_told_apart():
    found = [
        Tensor(f"layers.{number}.{tensor.name}", tensor.shape)
        for number in range(2)
        for tensor in TRANSFORMER
    ]
    assert chains(found) == [[f"layers.{k}.linear1", f"layers.{k}.linear2"] for k in range(2)]


def test_embeddings_and_queries_are_no_layers_of_a_chain():
    found = [Tensor("embedding.weight", (4, 4)), *linear("fc1", 5, 4), *linear("fc2", 2, 5)]
    assert chains(found) == [["fc1", "fc2"]]
    triple = [tensor for name in ("query", "key", "value") for tensor in linear(f"self.{name}", 4, 4)]
    assert "no linear layer here" in refusal(triple)
    assert chains([*linear("body", 4, 3), *linear("value", 1, 4)]) == [["body", "value"]]


# Spellings


@pytest.mark.parametrize(
    ("weight", "mask"),
    [
        ("weight_orig", "weight_mask"),
        ("weight", "weight_mask"),
        ("weight", "mask"),
        ("weight", "weight.mask"),
        ("weight", "pruning_mask"),
        ("weight", "mask_weight"),
        ("parametrizations.weight.original", "parametrizations.weight.0.mask"),
        ("kernel", "kernel_mask"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_masks_belong_to_the_weight_beside_them(weight, mask, first):
    pairs = [[Tensor(f"fc{k}.{weight}", (4, 4)), Tensor(f"fc{k}.{mask}", (4, 4))] for k in (1, 2)]
    found = [tensor for pair in pairs for tensor in (pair if first else reversed(pair))]
    (chain,) = plan_layers(found, ordered=False).chains
    assert [(layer.name, layer.masks) for layer in chain.layers] == [
        (f"fc{k}", (f"fc{k}.{mask}",)) for k in (1, 2)
    ]


def test_a_mask_of_another_shape_or_of_an_unknown_weight_is_refused():
    layers = [*linear("fc1", 4, 4), *linear("fc2", 4, 4)]
    assert "its shape is 4x1, not 4x4" in refusal([*layers, Tensor("fc1.mask", (4, 1))])
    assert "not known of which weights: masks.fc1.weight" in refusal(
        [*layers, Tensor("masks.fc1.weight", (4, 4))]
    )
    assert "not known of which weights: fc1_mask_scores" in refusal(
        [*layers, Tensor("fc1_mask_scores", (4, 4))]
    )


def test_a_parametrized_weight_without_a_mask_is_not_taken_for_what_it_is_made_of():
    found = [
        *tensors(fc1__parametrizations__weight__original=(4, 4)),
        *linear("fc2", 4, 4),
        *linear("fc3", 4, 4),
    ]
    assert chains(found) == [["fc2", "fc3"]]


@pytest.mark.parametrize(
    "pieces",
    [
        ("qweight", "qzeros", "scales", "g_idx"),
        ("weight", "weight.absmax", "weight.quant_map", "weight.quant_state.bitsandbytes__nf4"),
        ("weight", "SCB", "weight_format"),
        ("weight_packed", "weight_scale", "weight_shape"),
        ("weight", "weight_scale_inv"),
    ],
)
def test_packed_quantized_weights_are_refused_in_words(pieces):
    found = [Tensor(f"fc{k}.{piece}", (4, 4)) for k in (1, 2) for piece in pieces]
    assert "packed quantized weights" in refusal(found)
    assert "packed quantized weights" in refusal(found, layers=["fc1", "fc2"])
    assert chains([*found, *linear("a", 4, 4), *linear("b", 4, 4)], layers=["a", "b"]) == [["a", "b"]]


def test_hand_made_names_and_transposed_kernels_are_read():
    named = [*tensors(W1=(3, 2), b1=(3,), W2=(2, 3), b2=(2,)), Tensor("step", (1,), integer=True)]
    plan = plan_layers(named, ordered=False)
    assert plan.whole and [layer.bias for layer in plan.chains[0].layers] == ["b1", "b2"]
    kernels = [Tensor("Dense_0/kernel", (3, 4)), Tensor("Dense_1/kernel", (4, 2))]
    assert [layer.shape for layer in plan_layers(kernels, ordered=False).chains[0].layers] == [(4, 3), (2, 4)]
