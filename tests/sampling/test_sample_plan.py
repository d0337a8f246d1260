"""Which masks are drawn."""

from __future__ import annotations

import itertools

import pytest
from scipy.stats import binomtest

from qeclose.decide.options import Options
from qeclose.errors import UsageError
from qeclose.sampling import Plan, parse_densities
from qeclose.support import generate


def plan(**changes: object) -> Plan:
    given = {"m": 3, "n": 2, "r": 2, "densities": (0.3, 0.7), "count": 40, "seed": 5, "options": Options()}
    return Plan(**{**given, **changes})


def masks(drawn: Plan) -> dict[tuple[float, int], object]:
    return {(s.density, s.index): s.item.support for s in drawn.samples(lambda _: True)}


def test_every_density_gets_its_count_of_masks_of_the_shape():
    drawn = masks(plan())
    assert set(drawn) == set(itertools.product((0.3, 0.7), range(40)))
    assert {(support.shape, support.inner) for support in drawn.values()} == {((3, 2), (2,))}


def test_a_mask_depends_on_seed_density_and_index_alone():
    more = masks(plan(densities=(0.1, 0.7, 0.3), count=60))
    for place, support in masks(plan()).items():
        assert more[place] == support
    other = masks(plan(seed=6))
    assert sum(other[place] == support for place, support in masks(plan()).items()) < 40


def test_samples_have_identities_of_their_own():
    items = [sample.item.identity for sample in plan().samples(lambda _: True)]
    assert len(set(items)) == 80


def test_the_source_is_the_command_that_generates_the_mask():
    support = plan().support(0.3, 7)
    assert generate("random", *support.source.split()[3:]) == support


def test_densities_no_longer_wanted_are_drawn_no_more():
    wanted = {0.3: True, 0.7: True}
    drawn = []
    for sample in plan().samples(wanted.__getitem__):
        drawn.append(sample.density)
        wanted[0.7] = sample.index < 9
    assert (drawn.count(0.3), drawn.count(0.7)) == (40, 9)


@pytest.mark.parametrize("density", [0.0, 0.25, 0.8, 1.0])
def test_entries_are_inside_with_the_density_as_chance(density):
    drawn = masks(plan(densities=(density,), count=300)).values()
    inside = sum(support.I.nnz + support.J.nnz for support in drawn)
    assert binomtest(inside, 300 * 10, density).pvalue > 1e-4


@pytest.mark.parametrize(
    ("text", "densities"),
    [("0.5", (0.5,)), ("0.2,1", (0.2, 1.0)), ("0.1:0.4:4", (0.1, 0.2, 0.3, 0.4)), ("1:0:3", (1.0, 0.5, 0.0))],
)
def test_densities_are_listed_or_a_range(text, densities):
    assert parse_densities(text) == densities


@pytest.mark.parametrize(
    "text", ["", "a", "0.1:0.9", "0.1:0.9:1", "0:1:2.5", "1.1", "-0.1", "nan", "0.2,,0.3"]
)
def test_what_is_no_density_is_refused(text):
    with pytest.raises(UsageError, match="density"):
        parse_densities(text)


@pytest.mark.parametrize("change", [{"densities": (0.5, 0.5)}, {"count": 0}, {"seed": -1}, {"m": 0}])
def test_plans_without_sense_are_refused(change):
    with pytest.raises(UsageError):
        plan(**change)
