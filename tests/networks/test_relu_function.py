"""``qeclose.relu``: the command as a function."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import qeclose
from qeclose.cli.app import app
from qeclose.errors import UsageError
from qeclose.support.families import lu


def test_the_function_says_what_the_command_says(tmp_path):
    path = tmp_path / "lu.txt"
    path.write_text("I:\n10\n11\nJ:\n10\n11\n")
    report = qeclose.relu(path)
    assert (report.verdict, report.status, report.name) == ("ill-posed", 1, "lu")
    printed = CliRunner().invoke(app, ["relu", str(path)]).stdout
    assert report.report() == printed
    shown = json.loads(CliRunner().invoke(app, ["relu", str(path), "--format", "json"]).stdout)
    own = report.to_json()
    for found in (shown, own):
        found["closure"] = found["closure"]["verdict"]
    assert json.loads(json.dumps(own)) == shown


def test_supports_are_judged_one_by_one():
    assert qeclose.relu(lu(2)).verdict == "ill-posed"
    assert [report.verdict for report in qeclose.relu([lu(2), lu(1)])] == ["ill-posed", "well-posed"]
    assert str(qeclose.relu(lu(2), hidden_bias="none").training.biases) == "no hidden units, all outputs"


def test_a_wrong_kind_of_thing_is_a_type_error_that_says_what_is_taken():
    for wrong in (3, [1], np.ones((2, 2)), []):
        with pytest.raises(TypeError, match="takes a path, a Support, a list of them or a torch module"):
            qeclose.relu(wrong)


def test_options_for_models_are_refused_with_masks(tmp_path):
    with pytest.raises(UsageError, match="are for models"):
        qeclose.relu(lu(2), layers=["a", "b"])
    path = tmp_path / "lu.txt"
    path.write_text("I:\n10\n11\nJ:\n10\n11\n")
    for options in (["--layers", "a,b"], ["--threshold", "0.1"]):
        result = CliRunner().invoke(app, ["relu", str(path), *options])
        assert result.exit_code == 2 and "holds masks" in result.stderr


@pytest.mark.parametrize(("kind", "smallest"), [("<f8", 5e-324), ("<f2", 6e-8), ("<i1", 1)])
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_threshold_is_compared_exactly(tmp_path, kind, smallest, ending):
    least = np.iinfo(kind).min if kind == "<i1" else -2.0
    arrays = {"W1": np.array([[2, 0], [smallest, least]], kind), "W2": np.array([[2, 2]], kind)}
    path = str(tmp_path / f"m.{ending}")
    if ending == "npz":
        np.savez(path, **arrays)
    else:
        from safetensors.numpy import save_file

        save_file(arrays, path)
    for threshold, inside in ((0, [[1, 0], [1, 1]]), (1, [[1, 0], [0, 1]]), (1.5, [[1, 0], [0, 1]])):
        support = qeclose.relu(path, threshold=threshold).training.support
        assert support.factors[1].to_lists() == inside
