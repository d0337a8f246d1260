"""One thing changed in a certificate: it is rejected, or it is the same proof, or another one that is valid too."""

from __future__ import annotations

import json
import random

import pytest
from handmade import HANDMADE, support_of
from mutations import canonical, mutations

from qeclose.checker import verify
from qeclose.errors import CertificateError

# Changes that give a different proof which is also valid, with the reason.
OTHER_PROOFS = {
    "lu_engine": {
        # The engine is asked again about whatever the positions say.
        "proof.refutation.positions",
    },
    "lu_of_three_factors": {
        # With y00 = 0 both equations have become −1 = 0.
        "proof.refutation.tree.zero.zero.then.contradiction: 1 becomes 2",
        # x00·y00 is nonzero where x00·y00² is.
        "proof.refutation.tree.split.0.1.1.1: 1 becomes 2",
    },
    "rank_two_independent": {
        # The terms have the same rectangle; any order makes one orthogonal to the other.
        "proof.order: entries 0 and 1 exchanged",
    },
    "rank_two_of_rows": {"proof.order: entries 0 and 1 exchanged"},
    "spanning_with_forced_term": {
        "proof.order: entries 0 and 1 exchanged",
        # With nothing dropped, terms 0 and 2 span the rows just as 0 and 1 do.
        "proof.cases.0.columns.0.1.spans.0.vectors.1: 1 becomes 2",
        "proof.cases.0.columns.1.1.spans.0.vectors.1: 1 becomes 2",
    },
    "independent_after_spans": {
        # The terms have no common row.
        "proof.order: entries 0 and 1 exchanged",
    },
    # The two steps do not touch each other.
    "capped_and_absorbed": {"proof.steps: entries 0 and 1 exchanged"},
    "split_into_blocks": {"proof.steps: entries 0 and 1 exchanged"},
    "several_components": {"proof.steps: entries 0 and 1 exchanged"},
    # a₀₀² is nonzero where a₀₀ is.
    "triangular_full_space": {"proof.tree.split.0.1.0.1: 1 becomes 2"},
    "rank_one_variety": {"proof.equations: entry 0 doubled"},
    "restricted": {
        # Rows 1 and 2 of the larger mask are alike.
        "proof.rows.0.1: 2 becomes 1",
        # Other larger masks that have the same proof.
        "proof.mask.factors.0",
    },
}


@pytest.mark.parametrize("name", HANDMADE)
def test_a_mutated_certificate_is_rejected_unless_it_is_a_proof_as_well(name: str) -> None:
    certificate = HANDMADE[name]()
    support = support_of(certificate)
    original = json.dumps(certificate)
    assert verify(certificate, support).claim == certificate["claim"]
    accepted, total = [], 0
    for description, mutated in mutations(certificate, random.Random(1)):
        total += 1
        try:
            verify(mutated, support)
        except CertificateError as error:
            assert str(error).partition(":")[2].strip(), description
            continue
        if canonical(mutated) != canonical(certificate):
            accepted.append(description)
    assert json.dumps(certificate) == original
    assert total > 100
    known = OTHER_PROOFS.get(name, set())
    unexplained = [d for d in accepted if d not in known and d.rsplit(": ", 1)[0] not in known]
    assert [d for d in unexplained if not any(d.startswith(f"{place}.") for place in known)] == []


def test_the_mutations_are_more_than_ten_thousand() -> None:
    assert sum(1 for make in HANDMADE.values() for _ in mutations(make(), random.Random(0))) > 10_000


@pytest.mark.parametrize("name", HANDMADE)
def test_no_certificate_proves_the_opposite_claim(name: str) -> None:
    certificate = HANDMADE[name]()
    opposite = {"ill-posed": "well-posed", "well-posed": "ill-posed"}[certificate["claim"]]
    if name == "sentence_by_engine":
        # Here the claim is what the engine is asked about.
        assert not verify({**certificate, "claim": opposite}).complete
        return
    with pytest.raises(CertificateError, match=r"^proof(\.kind)?: "):
        verify({**certificate, "claim": opposite})


@pytest.mark.parametrize("name", HANDMADE)
def test_a_certificate_of_another_mask_is_refused(name: str) -> None:
    certificate = HANDMADE[name]()
    first = certificate["mask"]["factors"][0]
    changed = [("1" if first[0][0] == "0" else "0") + first[0][1:], *first[1:]]
    other = {**certificate, "mask": {"factors": [changed, *certificate["mask"]["factors"][1:]]}}
    with pytest.raises(CertificateError, match=r"^mask\.factors\[0\]\[0\]: not the mask of the file"):
        verify(certificate, support_of(other))
