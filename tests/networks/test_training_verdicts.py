"""The verdicts of docs/relu.md: each claim checked by computation on small cases, and never more than is known."""

import itertools
import json
import random
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from qeclose.cli.app import app
from qeclose.decide.strategy import check
from qeclose.decide.verdict import Verdict
from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.errors import InputError, UsageError
from qeclose.files.read import read
from qeclose.formula.builders import SetName
from qeclose.formula.operations import free_variables, substitute
from qeclose.networks import Biases, DataSet, judge
from qeclose.networks.deciding import decide_image
from qeclose.networks.files import write_dataset
from qeclose.networks.image import image, image_formula, image_pieces, outputs
from qeclose.networks.points import read_points
from qeclose.networks.training import by_cones, layer_pairs
from qeclose.networks.weights import Weights
from qeclose.report.training import training_report
from qeclose.support import Support
from qeclose.support.families import butterfly, full, lu, random_support

LIMITS = Limits(600, 2000)


def trained(support, biases=None):
    return judge(support, check(support, timeout=600), biases)


def every_bias(support):
    return Biases.every(support.inner[0], support.shape[0])


# What is well-posed


@pytest.mark.parametrize("seed", range(5))
def test_one_output_is_well_posed_whatever_the_support_and_the_biases(seed):
    support = random_support(1, 4, 3, 0.6, seed)
    for biases in (None, Biases.parse("none", "none", (3, 1)), Biases.parse("010", "1", (3, 1))):
        training = by_cones(support, biases)
        assert training is not None and training.verdict == "well-posed"


def test_hidden_units_that_feed_one_output_each_make_a_well_posed_network():
    support = Support([[1, 0, 0], [0, 1, 1]], [[1, 1, 1], [0, 1, 1]])
    assert by_cones(support, None) is not None
    assert by_cones(Support([[1, 0, 1], [0, 1, 1]], [[1, 1, 1], [0, 1, 1]]), None) is None


def test_weights_of_the_second_layer_may_be_taken_from_minus_one_zero_one():
    rng = random.Random(1)
    for _ in range(50):
        y1, y2, b, w, c = (Fraction(rng.randint(-4, 4)) for _ in range(5))
        size = abs(w)
        sign = Fraction((w > 0) - (w < 0))
        plain = Weights(((y1, y2),), (b,), ((w,),), (c,))
        scaled = Weights(((size * y1, size * y2),), (size * b,), ((sign,),), (c,))
        for x in itertools.product((Fraction(-2), Fraction(1, 3), Fraction(5)), repeat=2):
            assert plain(x) == scaled(x)


# What is ill-posed


def test_a_set_that_is_not_closed_makes_training_ill_posed_with_a_place():
    training = trained(lu(3), every_bias(lu(3)))
    assert training.verdict == "ill-posed" and training.theorem
    assert training.frontier is not None and training.status == 1
    assert len(training.frontier.rows) == len(training.frontier.columns) == 2


def test_an_exact_solver_refutes_loss_zero_on_the_data_set():
    training = trained(lu(2), every_bias(lu(2)))
    data = DataSet.of(lu(2), training.frontier, training.biases)
    formula = image(lu(2), data.inputs)
    targets = [Fraction(entry) for row in data.targets for entry in row]
    free = outputs(lu(2), len(data.inputs))
    exact_fit = substitute(formula, {z: rational(value) for z, value in zip(free, targets, strict=True)})
    assert find_engine("z3").satisfy(exact_fit, LIMITS).value is False


def rational(value):
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def test_the_same_solver_finds_a_network_for_targets_that_have_one():
    inputs = [(Fraction(a), Fraction(b)) for a, b in ((0, 0), (1, 0), (0, 1), (1, 1))]
    network = Weights(
        ((Fraction(1), Fraction(2)), (Fraction(0), Fraction(-1))),
        (Fraction(0), Fraction(1)),
        ((Fraction(1), Fraction(0)), (Fraction(2), Fraction(1))),
        (Fraction(0), Fraction(1)),
    )
    values = [entry for x in inputs for entry in network(x)]
    free = outputs(lu(2), len(inputs))
    formula = substitute(image(lu(2), inputs), {z: rational(v) for z, v in zip(free, values, strict=True)})
    assert find_engine("z3").satisfy(formula, LIMITS).value not in (False, None)


@pytest.mark.parametrize(
    ("hidden", "output"), [("none", "all"), ("all", "none"), ("10", "all"), ("none", "none")]
)
def test_a_set_that_is_not_closed_makes_training_ill_posed_whatever_the_biases(hidden, output):
    biases = Biases.parse(hidden, output, (2, 2))
    training = trained(lu(2), biases)
    assert training.verdict == "ill-posed" and "whatever biases" in training.reason
    with pytest.raises(ValueError, match="biases"):
        DataSet.of(lu(2), training.frontier, biases)


@pytest.mark.parametrize("seed", range(5))
def test_without_biases_flipped_signs_keep_every_unit_active_near_a_point(seed):
    # The step of the proof that needs no biases, on random matrices: the flipped weights compute the product.
    rng = random.Random(seed)
    sizes = [2, 3, 3, 2]
    layers = [
        [[Fraction(rng.randint(-3, 3)) for _ in range(columns)] for _ in range(rows)]
        for columns, rows in itertools.pairwise(sizes)
    ]
    x = [Fraction(rng.randint(-99, 99), 7), Fraction(rng.randint(-99, 99), 11)]
    linear, rectified, signs = x, x, [1, 1]
    for number, weights in enumerate(layers):
        linear = [sum(w * v for w, v in zip(row, linear, strict=True)) for row in weights]
        last = number == len(layers) - 1
        new = [1 if last or value >= 0 else -1 for value in linear]
        flipped = [
            [sign * w * before for w, before in zip(row, signs, strict=True)]
            for sign, row in zip(new, weights, strict=True)
        ]
        rectified = [sum(w * v for w, v in zip(row, rectified, strict=True)) for row in flipped]
        rectified = rectified if last else [max(Fraction(0), value) for value in rectified]
        signs = new
    assert rectified == linear


# What is not known


def test_a_closed_set_leaves_the_question_open():
    training = trained(full(2, 2, 2), every_bias(full(2, 2, 2)))
    assert training.verdict == "undecided" and training.status == 3
    assert "only the necessary condition" in training.reason


DENSE_INPUTS = [(-2, 0), (-1, 0), (0, 0), (1, 0), (2, 0), (1, 1)]
DENSE_TARGETS = [(2, 0), (1, 0), (0, 0), (-2, 0), (-4, 0), (0, 1)]
"""A data set without an optimum for 2 → 2 → 2 without sparsity, after Lim, Michałek and Qi."""


def test_closedness_is_not_sufficient_the_dense_network_comes_as_near_as_one_likes():
    xs = [tuple(map(Fraction, x)) for x in DENSE_INPUTS]
    zs = [tuple(map(Fraction, z)) for z in DENSE_TARGETS]
    losses = []
    for big in (Fraction(10) ** 2, Fraction(10) ** 4, Fraction(10) ** 6):
        shift = 2 * big + 2  # keeps the first unit active on all inputs
        network = Weights(
            ((Fraction(1), -big), (Fraction(-1), 2 * big - 1)),
            (shift, Fraction(0)),
            ((Fraction(-2), Fraction(-1)), (-1 / big, Fraction(0))),
            (2 * shift, shift / big),
        )
        losses.append(network.loss(xs, zs))
    assert losses[0] > losses[1] > losses[2] > 0
    assert losses[2] < Fraction(1, 10**6)


def test_closedness_is_not_sufficient_no_dense_network_fits_exactly():
    support = full(2, 2, 2)
    xs = [tuple(map(Fraction, x)) for x in DENSE_INPUTS]
    free = outputs(support, len(xs))
    values = [Fraction(v) for z in DENSE_TARGETS for v in z]
    formula = substitute(image(support, xs), {z: rational(v) for z, v in zip(free, values, strict=True)})
    assert find_engine("z3").satisfy(formula, LIMITS).value is False


def test_an_undecided_set_gives_an_undecided_network():
    verdict = Verdict(lu(2), "undecided", "staged", 0.0, "out of time")
    training = judge(lu(2), verdict, None)
    assert training.verdict == "undecided" and "out of time" in training.reason


# More layers


def test_a_chain_is_judged_by_its_own_set_and_so_are_its_pairs_alone():
    chain = Support.of_factors([[[1, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [0, 1]]], name="ldu")
    assert trained(chain).verdict == "ill-posed"
    pairs = layer_pairs(chain)
    assert [pair.factors for pair in pairs] == [chain.factors[1:], chain.factors[:2]]
    assert [pair.name for pair in pairs] == ["ldu layers 1-2", "ldu layers 2-3"]
    assert trained(butterfly(4)).verdict == "undecided"


def test_one_output_says_nothing_about_three_layers():
    chain = Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1, 1], [0, 1]]])
    assert by_cones(chain, None) is None


# The image on given inputs


def test_the_image_has_one_free_variable_an_output_and_input():
    formula = image(lu(2), [(Fraction(0), Fraction(1))] * 3)
    assert free_variables(formula) == set(outputs(lu(2), 3))
    sentence = image_formula(lu(2), [(Fraction(0), Fraction(1))], SetName.SENTENCE)
    assert not free_variables(sentence)


@pytest.mark.parametrize("hidden", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_image_of_a_tiny_network_is_decided_by_elimination(hidden):
    # With one output the image is a finite union of cones: closed, which QEPCAD finds by itself.
    support = full(1, 1, hidden)
    finding = decide_image(support, [(Fraction(x),) for x in (0, 1, 2)], timeout=600, memory_mb=2000)
    assert not isinstance(finding, str) and finding.closed and finding.runs


@pytest.mark.slow
def test_the_pieces_of_the_image_together_are_the_image():
    # At outputs that some piece reaches, and at outputs that none reaches, an exact solver agrees on image and pieces.
    support, inputs = full(1, 1, 1), [(Fraction(x),) for x in (0, 1, 2, 3)]
    free, engine = outputs(support, 4), find_engine("z3")
    for values, reached in (
        ((0, 0, 1, 2), True),
        ((3, 1, 1, 1), True),
        ((0, 1, 0, 1), False),
        ((1, 0, 0, 1), False),
    ):
        at = {z: rational(Fraction(v)) for z, v in zip(free, values, strict=True)}
        whole = engine.satisfy(substitute(image(support, inputs), at), LIMITS).value
        pieces = [
            engine.satisfy(substitute(piece, at), LIMITS).value for piece in image_pieces(support, inputs)
        ]
        assert (whole is not False) is reached
        assert any(value is not False for value in pieces) is reached


def test_patterns_of_larger_networks_are_refused():
    with pytest.raises(UsageError, match="patterns"):
        next(image_pieces(full(2, 2, 4), [(Fraction(0), Fraction(0))] * 3))


def test_inputs_of_the_wrong_length_are_refused():
    with pytest.raises(UsageError, match="2 coordinates"):
        image(lu(2), [(Fraction(0),)])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1,2\n3\n", ":2:1: 1 numbers"),
        ("1,x\n", ":1:3: 'x'"),
        ("# nothing\n", "no point"),
        ("1e99999,2\n", ":1:1:"),
        ("x1,y1\n1,2\n1,z\n1\n", ":4:1: 1 numbers"),
        ("x1,x2\n1,\n", ":2:3: ''"),
        ("nan,nan\n1,2\n", ":1:1: 'nan'"),
        ("1,x\n2,3\n", ":1:3: 'x'"),
        ("0,1\n1,0\n", ":1:1: the first row, 0,1, could be a header or a point"),
        ("y1,y2\n1,2\n", ":1:1: the header names no column of inputs"),
    ],
)
def test_a_malformed_table_of_points_is_refused_at_its_place(tmp_path, text, problem):
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_points(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "1.000000000000000000e+00,2.000000000000000000e+00\n3.0e+00,-1.000000000000000082e-05\n",
        "1e0 2e0\n3e0  -1.000000000000000082e-05\n",
        "x1,x2,y1\n1.0,2.0,7\n3.0,-1.000000000000000082e-05,8\n",
        ",x1,x2,target\n0,1.0,2.0,7\n1,3.0,-1.000000000000000082e-05,8\n",
        ",0,1\n0,1.0,2.0\n1,3.0,-1.000000000000000082e-05\n",
        "\ufeffa;b\n1.0;2\n3;-1.000000000000000082e-05\n",
        '"a"\t"b"\n1.0\t2\n3\t-1.000000000000000082e-05\n',
    ],
)
def test_tables_of_points_are_read_as_numpy_and_pandas_write_them(tmp_path, text):
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    assert read_points(str(path)) == [
        (Fraction(1), Fraction(2)),
        (Fraction(3), Fraction("-1.000000000000000082e-05")),
    ]


# Files and the command


@pytest.mark.parametrize("ending", ["json", "csv", "npz"])
def test_relu_reads_as_inputs_what_it_writes_as_a_data_set(tmp_path, ending):
    training = trained(lu(2), every_bias(lu(2)))
    data = DataSet.of(lu(2), training.frontier, training.biases)
    path = str(tmp_path / f"trap.{ending}")
    write_dataset(path, data)
    assert read_points(path) == list(data.inputs)


def test_relu_reads_an_array_of_points(tmp_path):
    np.save(tmp_path / "p.npy", np.array([[0, 1], [0.5, -2]]))
    assert read_points(str(tmp_path / "p.npy")) == [(0, 1), (Fraction(1, 2), -2)]
    np.savez(tmp_path / "p.npz", a=np.ones((2, 2)), b=np.ones(2))
    with pytest.raises(InputError, match="none of them called inputs: a, b"):
        read_points(str(tmp_path / "p.npz"))
    np.save(tmp_path / "p.npy", np.array([[0, np.nan]]))
    with pytest.raises(InputError, match="not a finite number"):
        read_points(str(tmp_path / "p.npy"))


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({}, "no array"),
        ({"inputs": np.ones(2)}, "the inputs are a matrix of real numbers"),
        ({"inputs": np.array([["1", "2"]])}, "the inputs are a matrix of real numbers"),
        ({"inputs": np.array([[1j]])}, "the inputs are a matrix of real numbers"),
        (
            {"inputs": np.array([[{}]], dtype=object)},
            "inputs: holds pickled Python objects, which are never read",
        ),
    ],
)
def test_arrays_that_are_no_points_are_refused(tmp_path, arrays, problem):
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(InputError, match=problem):
        read_points(str(tmp_path / "p.npz"))


def test_relu_writes_a_data_set_that_verify_accepts(tmp_path):
    runner = CliRunner()
    mask, data = tmp_path / "lu.txt", tmp_path / "trap.json"
    mask.write_text("I:\n10\n11\nJ:\n10\n11\n")
    result = runner.invoke(app, ["relu", str(mask), "--dataset", str(data), "--format", "json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["verdict"] == "ill-posed" and report["obstruction"]["inputs"] == [0, 1]
    assert report["dataset"] == str(data)
    result = runner.invoke(app, ["verify", str(data), str(mask)])
    assert result.exit_code == 0 and "training-ill-posed" in result.stdout


def test_relu_reports_the_pairs_of_a_chain_without_a_claim_about_the_whole(tmp_path):
    mask = tmp_path / "chain.txt"
    mask.write_text("F1:\n10\n11\nF2:\n11\n01\nF3:\n11\n01\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--timeout", "20"])
    assert "nothing proven about the whole" in result.stdout
    assert "layers 2-3: training is ill-posed" in result.stdout


def test_relu_prints_the_image_formula(tmp_path):
    mask, points = tmp_path / "m.txt", tmp_path / "p.csv"
    mask.write_text("I:\n1\nJ:\n1\n")
    points.write_text("1/2\n-0.25\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--inputs", str(points), "--emit", "redlog"])
    assert result.exit_code == 0 and "z21" in result.stdout and "or" in result.stdout


def test_relu_refuses_bias_digits_of_the_wrong_length(tmp_path):
    mask = tmp_path / "m.txt"
    mask.write_text("I:\n10\n11\nJ:\n10\n11\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--hidden-bias", "101"])
    assert result.exit_code == 2 and "2 digits" in result.output


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--hidden-bias", "none"), "all biases"),
        (("--dataset", "trap.json"), "without --dataset"),
        (("--engine", "z3", "--engine", "qepcad"), "one --engine"),
    ],
)
def test_relu_on_inputs_refuses_what_it_would_not_heed(tmp_path, options, problem):
    mask, points = tmp_path / "m.txt", tmp_path / "p.csv"
    mask.write_text("I:\n1\nJ:\n1\n")
    points.write_text("1\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--inputs", str(points), *options])
    assert result.exit_code == 2 and problem in result.output


def test_relu_on_inputs_asks_the_engine_that_is_named(tmp_path):
    mask, points = tmp_path / "m.txt", tmp_path / "p.csv"
    mask.write_text("I:\n1\nJ:\n1\n")
    points.write_text("1\n")
    result = CliRunner().invoke(app, ["relu", str(mask), "--inputs", str(points), "--engine", "z3"])
    assert result.exit_code == 3 and "no engine eliminates" in result.output


def test_the_report_calls_inputs_outputs_and_hidden_units_what_the_file_calls_them(tmp_path):
    (tmp_path / "n.I.csv").write_text(",t1,t2\nmouse,1,0\ncat,1,1\n")
    (tmp_path / "n.J.csv").write_text(",t1,t2\nred,1,0\nblue,1,1\n")
    (support,) = read(str(tmp_path / "n.I.csv"))
    text = training_report(trained(support))
    assert "where    outputs mouse, cat, inputs red, blue\n  hidden   t1, t2\n" in text
