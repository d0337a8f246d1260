"""The gate: every verdict that has a certificate goes through ``require`` on its way out, whichever command it is of.

So a mistake in the search, in presolve, in the table, in a cache or in a relabelling costs an answer, never truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qeclose.errors import CertificateError

if TYPE_CHECKING:
    from qeclose.checker import Ask
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["require"]


def require(
    certificate: Mapping[str, Any] | None,
    support: Support | BoundedSupport,
    verdict: str,
    *,
    ask: Ask | None = None,
) -> None:
    """Return if the independent checker accepts that the certificate proves this verdict about this support.

    ``ask`` puts what rests on an engine's word to engines again; without it such a certificate does not pass. Raises
    ``CertificateError``, and what ``ask`` raises.
    """
    from qeclose.checker import verify

    verification = verify(certificate if certificate is None else dict(certificate), support, ask=ask)
    if verification.claim != verdict:
        raise CertificateError(f"it says {verdict}, its certificate {verification.claim}")
    if not verification.complete:
        raise CertificateError("no engine confirmed what its certificate takes from one")
