"""What engines say of certificates: their word asked again, and second opinions on what the checker accepts."""

from qeclose.attest.asking import asker

__all__ = ["asker"]
