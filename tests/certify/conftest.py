"""The checker's tests know how to change a certificate; the tests here change those that the search makes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "checker"))
