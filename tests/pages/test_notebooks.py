"""What a notebook shows of supports, verdicts, witnesses and explanations."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest

import qeclose


@pytest.fixture(scope="module")
def verdict():
    return qeclose.check(qeclose.Support(["10", "11"], ["10", "11"]), method="certify", timeout=60)


def test_a_verdict_shows_its_page_in_a_frame_of_its_own(verdict):
    shown = verdict._repr_html_()
    assert shown.startswith("<iframe ")
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', shown)[1])
    assert page.startswith("<!doctype html>")
    assert "Some matrices A have no best approximation" in page


def test_a_support_shows_its_masks_in_html_and_latex(verdict):
    assert "svg" in html.unescape(verdict.support._repr_html_())
    assert verdict.support._repr_latex_() == (
        r"$\displaystyle X Y^\top \in \begin{pmatrix}\ast & 0 \\ \ast & \ast\end{pmatrix} "
        r"\begin{pmatrix}\ast & \ast \\ 0 & \ast\end{pmatrix}$"
    )


def test_a_witness_is_written_in_latex(verdict):
    assert r"X = \begin{pmatrix}-t & 0 \\ -1 & 1\end{pmatrix}" in verdict.witness._repr_latex_()
    assert verdict._repr_latex_() == verdict.witness._repr_latex_()


def test_a_witness_at_a_time_gives_arrays_whose_product_is_near_a(verdict):
    target = np.array([[float(entry) for entry in row] for row in verdict.witness.A])
    for t in (0.1, 0.001):
        x, y = verdict.witness.at(t)
        assert np.linalg.norm(target - x @ y.T) == pytest.approx(t)


def test_a_witness_in_sympy_has_a_as_its_limit(verdict):
    sympy = pytest.importorskip("sympy")
    a, x, y = verdict.witness.sympy()
    assert (x * y.T).applyfunc(lambda entry: sympy.limit(entry, sympy.Symbol("t"), 0, "+")) == a


def test_the_plot_shows_a_line_for_the_distance_and_one_for_each_norm(verdict):
    pytest.importorskip("matplotlib")
    (axes,) = verdict.plot().axes
    distance, x, y = (line.get_ydata() for line in axes.lines)
    assert distance[-1] < distance[0]
    assert max(x[-1], y[-1]) > 100 * min(x[0], y[0])


def test_what_does_not_diverge_is_not_plotted():
    with pytest.raises(ValueError, match="no diverging factors"):
        qeclose.check(qeclose.Support(["1"], ["1"]), timeout=60).plot()
