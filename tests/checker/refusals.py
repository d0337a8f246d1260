"""What the tests of refused certificates share."""

from __future__ import annotations

import re
from typing import Any

import pytest
from mutations import Place, replaced

from qeclose.checker import verify
from qeclose.checker.masks import Asked
from qeclose.errors import CertificateError


def refused(problem: str, cert: dict[str, Any], asked: Asked | None = None) -> None:
    with pytest.raises(CertificateError, match=f"^{re.escape(problem)}"):
        verify(cert, asked)


def changed(cert: dict[str, Any], *changes: tuple[Place, Any]) -> dict[str, Any]:
    for place, new in changes:
        cert = replaced(cert, ("proof", *place), new)
    return cert
