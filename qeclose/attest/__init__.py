"""What engines say of certificates: their word asked again, and second opinions on what the checker accepts."""

from qeclose.attest.asking import asker
from qeclose.attest.second import Opinion, SecondOpinion, second_opinion

__all__ = ["Opinion", "SecondOpinion", "asker", "second_opinion"]
