"""The numbers of effort of the search: how often it tries, how large a thing it begins, which share of the time a part gets.

None of them is part of a theorem. What is found is checked, so that another number may cost an answer or bring one, and never
a wrong one. They are counts and not seconds wherever that is possible: what is found must not depend on how fast the machine
is. Each says first what it counts, and then what it is for. Where no measurement is named they were chosen by hand, on the
masks of ``supports/`` and on random ones. ``docs/effort.md`` lists them all.

The order in which random numbers are drawn follows from them: with another number another proof may be found first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

__all__ = [
    "CHAINS",
    "CHAIN_COVERS",
    "CHAIN_CURVES",
    "CHAIN_REFUTATIONS",
    "CHAIN_ROUNDS",
    "COVERS",
    "ECHELON",
    "GENERIC",
    "HOLES",
    "MINORS",
    "NORMAL_FORMS",
    "NUMERIC",
    "OBSTRUCTIONS",
    "PAIRS",
    "PAIR_CURVES",
    "PAIR_ROUNDS",
    "PLANS",
    "POINTS",
    "RANK_CONDITIONS",
    "REFUTATIONS",
    "SUB_CHAINS",
    "SUB_MASKS",
    "UNIONS",
    "UNION_COVERS",
    "UNION_ROUNDS",
    "Effort",
    "UnionEffort",
]


@final
@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a round tries (``pairs/block.py``, ``chains/decide.py``).

    Its representation seeds the random numbers of a block: names and order of the fields matter.
    """

    curves: int
    """Random curves, in each orientation. They come first: they cost little, and where E is not closed some hundreds nearly
    always tell."""
    explorations: int = 0
    """Covers of the full space that are begun. Each draws other generic solutions."""
    regions: int = 0
    """Regions of a cover. A cover that needs more is given up for another one."""
    patience: int = 0
    """Draws of a generic solution in one region. A region where none of them is a solution may be a hole."""


PAIR_ROUNDS: Final = (
    Effort(40),
    Effort(60, 1, 150, 150),
    Effort(200, 2, 600, 300),
    Effort(1000, 4, 2000, 1000),
    Effort(10_000, 100, 3000, 3000),
)
"""Rounds for a block of two factors, each as an `Effort`. All blocks have a round before one of them has the next, so that
easy ones do not wait for hard ones; the last round is there to use up the time."""

CHAIN_ROUNDS: Final = (
    Effort(2, 2, 40, 100),
    Effort(6, 4, 100, 150),
    Effort(20, 8, 200, 400),
    Effort(60, 10, 500, 1000),
)
"""Rounds for a chain, each as an `Effort`. Fewer curves than for two factors: each is tried with every factor as the free one."""


@final
@dataclass(frozen=True, slots=True)
class UnionEffort:
    """How hard a round tries to settle one maximal support of a union (``unions/decide.py``, ``unions/cover.py``)."""

    points: int
    """Frontier points of the support that are tried. Each has to be refuted for all other supports."""
    covers: int
    """Covers that are begun. Each draws other generic solutions."""
    regions: int
    """Regions of a cover. A cover that needs more is given up for another one."""
    patience: int
    """Draws of a generic solution in one region. A region where none of them is a solution gives a point to look at."""


UNION_ROUNDS: Final = (UnionEffort(3, 2, 60, 150), UnionEffort(20, 3, 200, 300), UnionEffort(60, 8, 400, 600))
"""Rounds for a union, each as a `UnionEffort`. The last one is repeated until the time is over."""


@final
@dataclass(frozen=True, slots=True)
class Pairs:
    """The order of things for two factors (``pairs/decide.py``, ``pairs/block.py``)."""

    scan_share: float = 0.1
    """Share of the time left for small ill-posed sub-masks of a large mask before presolve has its turn. What is ill-posed
    mostly is so on a few lines; if not, presolve must not come too late."""
    before_presolve: int = 500
    """Sub-masks of a large mask that are asked about before presolve has its turn. The same, as a count."""
    quickly_presolved: int = 10_000
    """Positions of Q up to which presolve comes before the search for sub-masks. It then takes a fraction of a second."""
    tractable: int = 150
    """Unknowns in X and Y up to which systems of equations are searched. With more the search is hopeless."""


PAIRS: Final = Pairs()


@final
@dataclass(frozen=True, slots=True)
class SubMasks:
    """Which small sub-masks are candidates (``pairs/submasks.py``)."""

    sizes: tuple[tuple[int, int], ...] = (
        (2, 2),
        (2, 3),
        (3, 2),
        (3, 3),
        (2, 4),
        (4, 2),
        (3, 4),
        (4, 3),
        (4, 4),
    )
    """Rows × columns of the sub-masks, in this order. Small ones first: their certificates are short."""
    all_up_to: int = 4000
    """Sub-masks of one size up to which all of them are looked at. Of more only those around overlaps are."""
    twins: int = 3
    """Lines of one type that are kept. More of them make the same sub-masks again; a size of 4 that needs four alike is left to
    the rest of the search."""
    most_terms: int = 40
    """Terms that may meet a sub-mask. On a few lines more than these nearly always fill everything, and take long to look at."""
    pairs: int = 20_000
    """Overlapping pairs of terms that are looked at in a mask too large for a complete search. The memory they take grows with
    them."""
    pairs_a_row: int = 200
    """Pairs of terms taken from one row. A heavy row has far more, and must not be all that is looked at."""


SUB_MASKS: Final = SubMasks()


@final
@dataclass(frozen=True, slots=True)
class Obstructions:
    """Sub-masks of masks that are too large for a complete search (``pairs/obstructions.py``)."""

    before_padding: int = 300
    """Sub-masks around overlaps that are asked about before terms are taken out. Taking terms out makes larger certificates."""
    padded_pairs: int = 50
    """Pairs of terms that are looked at alone, all others taken out. Those with the smallest rectangles come first: they leave
    most lines for the pads."""


OBSTRUCTIONS: Final = Obstructions()


@final
@dataclass(frozen=True, slots=True)
class NormalForms:
    """Proofs by orthogonal normal forms (``compact/pair.py``)."""

    enumerated: int = 7
    """Terms, or vectors of a column, up to which all subsets D and all spanning families are tried. Their number doubles with
    each: 128 for seven."""


NORMAL_FORMS: Final = NormalForms()


@final
@dataclass(frozen=True, slots=True)
class PairCurves:
    """Random curves X(t) of polynomials (``frontier/pair_curves.py``). An entry that is listed twice is drawn twice as often."""

    constants: tuple[tuple[int, ...], ...] = ((0, 1), (0, 1, 1), (0, 1, -1), (1,), (0, 1, 2, -1))
    """Constant terms of entries, one of these lists for a curve. Zeros make the column spaces jump at t = 0."""
    slopes: tuple[int, ...] = (0, 0, 1, -1, 2)
    """Coefficients of t, t², … of entries. Mostly 0, which keeps limits and certificates short."""
    degrees: tuple[int, ...] = (1, 1, 1, 2, 2, 3)
    """Degrees in t, one for a curve. Degree 1 reaches most frontiers; some need more."""
    coefficients: tuple[int, ...] = (0, 1, 1, -1, 2)
    """Coefficients with which a matrix is put together from a basis of the limit space. Small ones, for short certificates."""
    points_a_curve: int = 3
    """Matrices taken from the limit space of one curve. A curve costs more than a matrix."""


PAIR_CURVES: Final = PairCurves()


@final
@dataclass(frozen=True, slots=True)
class ChainCurves:
    """Random curves of all factors but one (``frontier/chain_curves.py``). As for two factors, where not said otherwise."""

    constants: tuple[tuple[int, ...], ...] = ((0, 1), (0, 1, 1), (1,), (0, 1, -1))
    """Constant terms of entries, one of these lists for a factor. Zeros make the space of products jump at t = 0."""
    slopes: tuple[int, ...] = (0, 0, 1, -1)
    """Coefficients of t and t² of entries. Mostly 0, since the factors are multiplied with each other."""
    degrees: tuple[int, ...] = (0, 1, 1, 2)
    """Degrees in t, one for a factor. 0 leaves a factor constant, so that not all of them move at once."""
    coefficients: tuple[int, ...] = (0, 1, 1, -1, 2)
    """Coefficients with which a matrix is put together from a basis of the limit space. Small ones, for short certificates."""
    points_a_curve: int = 3
    """Matrices taken from the limit space of one curve. A curve costs more than a matrix."""
    largest_system: int = 4000
    """Entries of the free factor times entries of A up to which a limit space is computed. A larger one is not worth its time."""


CHAIN_CURVES: Final = ChainCurves()


@final
@dataclass(frozen=True, slots=True)
class Numeric:
    """Levenberg–Marquardt on X Yᵀ = A, a hint where exact searches are worth their time (``frontier/numeric.py``)."""

    starts: int = 4
    """Random starts. If there is a solution nearly always one of them finds it."""
    steps: int = 80
    """Steps from each start. A run that converges needs far fewer."""
    dampings: int = 6
    """Dampings that are tried in one step. When none of them makes the error smaller the run is over."""
    damping_grows: float = 4.0
    """Factor of the damping after a step that was no better. As usual for the method."""
    damping_shrinks: float = 5.0
    """Divisor of the damping after a step that was better. As usual for the method."""
    least_damping: float = 1e-15
    """Damping that is not gone below. It keeps singular systems solvable in rounding errors."""
    solved: float = 1e-18
    """Sum of squares at which the equations count as solved. Errors of 10⁻⁹, well above rounding errors."""
    large: float = 1e3
    """Size of entries of factors, relative to the matrix. Larger ones are those of a sequence without a limit."""


NUMERIC: Final = Numeric()


@final
@dataclass(frozen=True, slots=True)
class Covers:
    """Covers of the space of all A by regions (``cover/regions.py``)."""

    draws: int = 50
    """Draws after which the solutions found so far are compared. Simpler denominators save whole branches, but each draw costs
time in every region."""
    turns: int = 3
    """Solutions of a region that get a chance. If the best one leads to too many regions another may not."""


COVERS: Final = Covers()


@final
@dataclass(frozen=True, slots=True)
class Echelon:
    """Covers with moves of the matrix, for two factors (``cover/echelon.py``)."""

    quick: int = 10
    """Draws before the next pivot is looked for, and beside plans that work. A pivot costs little and makes A simpler."""
    successes: int = 5
    """Solutions that are compared; fewer if their denominators are long. Each costs a draw."""
    beginnings: int = 10
    """Good beginnings that are remembered. What worked in one region often works in the next."""
    few: int = 2
    """Remembered beginnings, and as many random ones, that are tried before the next pivot is looked for. They cost a draw
    each in every state."""
    plans: int = 400
    """Plans that are tested in one state. A test is arithmetic modulo a prime, much cheaper than a draw."""
    kept: int = 3
    """Plans of which polynomials are made. These are the expensive part."""
    special: int = 10
    """Special points of a state on which plans are tested. A plan that works at all of them mostly works everywhere."""
    special_values: tuple[int, ...] = (0, 0, 1, 1, 2)
    """Values of the variables at special points. Zeros and ones are where denominators vanish."""
    points: int = 20
    """Points of a state that are tried for one where no unit vanishes; the first has nothing but ones. A state without one
    among these is passed over."""
    point_values: tuple[int, ...] = (1, 1, 2, -1, 3, -2, 5)
    """Values of the variables at those points. Small integers, for short certificates."""


ECHELON: Final = Echelon()


@final
@dataclass(frozen=True, slots=True)
class Plans:
    """Plans of what is solved for what (``cover/normalisations.py``)."""

    remembered: int = 30
    """Plans that worked everywhere in one region and are tested first in others. A test is cheap."""


PLANS: Final = Plans()


@final
@dataclass(frozen=True, slots=True)
class Generic:
    """Draws of generic solutions (``cover/generic.py``). An entry that is listed twice is drawn twice as often."""

    whole_vectors: float = 0.5
    """Probability that a draw begins with whole vectors x_k or y_k. As a person would; else with single entries."""
    unit_vector: float = 0.4
    """Probability that such a vector is a unit vector. It makes a term a line of A."""
    one_entry: float = 0.3
    """Probability that such a vector only gets one entry 1. It takes out the scaling of the term; else the vector is left."""
    constants: tuple[tuple[int, ...], ...] = ((0, 1), (0, 0, 1), (0, 1, -1))
    """Numbers for single entries to begin with, one of these lists for a draw. Zeros make equations short."""
    interrupted: float = 0.3
    """Probability that a number is chosen although an equation could be solved, if solving it divides by something that may
    vanish. So draws do not all divide by the same."""
    later: tuple[int, ...] = (0, 1, 1, -1)
    """Numbers that are chosen on the way. 0 less often than 1: a unit can be divided by."""
    long_equation: int = 40
    """Monomials of an equation that is solved. Longer ones make solutions that no certificate wants."""
    large_system: int = 400
    """Monomials of all open equations together. A draw that has more is given up."""


GENERIC: Final = Generic()


@final
@dataclass(frozen=True, slots=True)
class Points:
    """Points of regions (``cover/points.py``)."""

    tried: int = 20
    """Points of a region that are tried; the first has nothing but ones. A region without one among these is passed over."""
    values: tuple[int, ...] = (1, 1, 2, -1, 3, -2, 5)
    """Values of the entries of A at them. Small integers, for short certificates."""


POINTS: Final = Points()


@final
@dataclass(frozen=True, slots=True)
class Holes:
    """Points of a region without solutions, and curves to them (``cover/holes.py``, ``cover/chain.py``)."""

    solutions: int = 3
    """Generic solutions that are tried for two factors. Each may have a pole of another order at the point."""
    directions: int = 5
    """Lines through the point that are tried for two factors; the first goes in direction (1, 1, …). Along some a denominator
    vanishes."""
    chain_directions: int = 3
    """Lines through the point that are tried for a chain. Fewer: its rational functions are longer."""
    steps: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    """Components of the directions. Small integers, for short certificates."""


HOLES: Final = Holes()


@final
@dataclass(frozen=True, slots=True)
class ChainCovers:
    """Covers for a chain (``cover/chain.py``)."""

    guesses: int = 20
    """Matrices of zeros and ones that are tried as frontier points before a cover is begun. LU factors have a permutation as
    one."""
    densities: tuple[float, ...] = (0.2, 0.4, 0.6)
    """Probabilities of a one in those matrices, one for a matrix. Sparse and dense ones, as it is not known which help."""
    unknowns: int = 150
    """Unknowns in all factors up to which systems of equations are searched. With more the search is hopeless."""


CHAIN_COVERS: Final = ChainCovers()


@final
@dataclass(frozen=True, slots=True)
class RankConditions:
    """Equations that hold on all of E (``cover/rank_variety.py``)."""

    choices: int = 20_000
    """Submatrices up to which all of them are looked at. With more no conditions are made at all."""
    conditions: int = 300
    """Conditions up to which they are used. Every region of a cover carries all of them."""


RANK_CONDITIONS: Final = RankConditions()


@final
@dataclass(frozen=True, slots=True)
class Refutations:
    """Trees that refute a system of equations (``refute/elimination.py``, ``refute/confirm.py``)."""

    nodes: int = 400
    """Nodes a refutation may have. A point that needs more is given up for a simpler one."""
    dense: int = 120
    """Monomials that a substitution may write. Longer ones are put off in favour of a case distinction."""
    monomials: int = 3000
    """Monomials in all equations of a case together. With more the case is given up."""


REFUTATIONS: Final = Refutations()


@final
@dataclass(frozen=True, slots=True)
class ChainRefutations:
    """Refutations for a chain (``refute/chain.py``)."""

    equations: int = 100
    """Positions of the product up to which a refutation is tried. With more it takes too long."""
    monomials: int = 1500
    """Paths through the masks up to which a refutation is tried. With more it takes too long."""
    groupings: int = 40
    """Ways to group the factors that are tried first. Fewer groups make shorter systems; a long chain has 2ᴸ⁻¹ ways."""


CHAIN_REFUTATIONS: Final = ChainRefutations()


@final
@dataclass(frozen=True, slots=True)
class Minors:
    """Refutations by one minor, where entries of A are missing (``refute/minors.py``)."""

    free: int = 4
    """Missing entries of a minor. Their 2⁴ values 0 and 1 are all put in; the checker takes up to eight."""
    minors: int = 300
    """Minors that are looked at. The first ones of each point; a tree may refute it as well."""


MINORS: Final = Minors()


@final
@dataclass(frozen=True, slots=True)
class Chains:
    """The order of things for a chain (``chains/decide.py``, ``chains/merging.py``)."""

    merge_share: float = 0.5
    """Share of the time for proofs after merging factors. The other half is for the chain itself."""
    sequences: int = 60
    """Chains made by merges that are tried. A long chain has exponentially many."""
    merged_entries: int = 10_000
    """Entries of a merged factor. Larger ones take long to reduce."""


CHAINS: Final = Chains()


@final
@dataclass(frozen=True, slots=True)
class SubChains:
    """Which parts of a chain are searched for a frontier point (``chains/subchains.py``, ``chains/search.py``)."""

    sizes: tuple[tuple[int, int], ...] = ((2, 2), (2, 3), (3, 2), (3, 3))
    """Rows × columns of the parts, in this order. Small ones first: they are quickly searched."""
    all_up_to: int = 3000
    """Parts of one size up to which all of them are looked at. Of more, random ones are."""
    samples: int = 300
    """Random parts of a size that has more. Which ones depends on the seed."""
    regions: int = 30
    """Regions of a cover of a part. A part that needs more is left to other parts."""
    patience: int = 100
    """Draws of a generic solution in one region of a part. Fewer than for the whole chain, for there are many parts."""


SUB_CHAINS: Final = SubChains()


@final
@dataclass(frozen=True, slots=True)
class Unions:
    """The order of things for bounds on the number of nonzeros (``unions/decide.py``, ``unions/members.py``)."""

    members: int = 20_000
    """Maximal supports up to which all of them are settled. Unions of more are settled by rules and on few lines of A only; the
    checker lists as many."""
    entries: int = 40
    """Entries of the box up to which its maximal supports are listed. Listing takes time in proportion to what has to be
    skipped, so larger ones are not begun."""
    settle_share: float = 1 / 2
    """Share of its part of the time in which a maximal support is settled. What is left is for limits."""
    limit_share: float = 1 / 4
    """Share of its part of the time for each step with an open support. Four steps: settle, frontier points, cover, holes."""
    cases: int = 2000
    """Cases that the supports may be divided into to keep a point out of all of them. A point that needs more is given up."""
    nodes: int = 400
    """Nodes of the refutation for one case. As for two factors."""
    curves: int = 50
    """Random curves for one frontier point of a support. Its certificate has given one already."""
    holes: int = 30
    """Points of regions without solutions that are looked at. Each has to be refuted for all supports."""
    hole_patience: int = 100
    """Draws for a curve that reaches such a point. It need not be a limit at all."""
    passes: int = 50
    """Passes over sub-boxes. Each draws other members and curves, until the time is over."""
    samples: int = 30
    """Members drawn of a sub-box with too many. Of equivalent ones one is kept."""
    glance: float = 1.0
    """Seconds for a member of a sub-box, and again for its frontier points. There are many of them."""
    sub_box_lines: int = 8
    """Rows, and columns, of a sub-box. Larger ones have too many members."""
    sub_boxes: int = 20
    """Sub-boxes of one shape that are drawn. Those that are alike count once."""


UNIONS: Final = Unions()


@final
@dataclass(frozen=True, slots=True)
class UnionCovers:
    """Covers by the supports of a union (``unions/cover.py``)."""

    unknowns: int = 60
    """Entries of the box up to which a cover is tried. With more unknowns the search is hopeless."""
    points: int = 20
    """Points of a region that are tried; the first has nothing but ones. A region without one among these is passed over."""
    point_values: tuple[int, ...] = (1, 1, 2, -1, 3)
    """Values of the entries of A at them. Small integers, for short certificates."""


UNION_COVERS: Final = UnionCovers()
