"""Small chains, what is said of them, and random ones."""

import itertools
import json
import random
from time import monotonic

from hypothesis import strategies as st

from qeclose.certify.chains.decide import certify_chain
from qeclose.checker.verify import verify
from qeclose.support import Support

__all__ = ["chain", "confirmed", "masks_of", "settled"]


def chain(*masks):
    return Support.of_factors([[[int(digit) for digit in row] for row in mask.split()] for mask in masks])


def settled(support, seconds=20):
    return certify_chain(support, deadline=monotonic() + seconds)


def confirmed(result, support):
    return verify(json.loads(json.dumps(result.certificate)), support)


@st.composite
def masks_of(draw):
    sizes = draw(st.lists(st.integers(1, 3), min_size=4, max_size=5))
    rng, density = random.Random(draw(st.integers(0, 10**6))), draw(st.sampled_from([0.5, 0.7, 0.85]))
    return Support.of_factors(
        [
            [[int(rng.random() < density) for _ in range(n)] for _ in range(m)]
            for m, n in itertools.pairwise(sizes)
        ]
    )
