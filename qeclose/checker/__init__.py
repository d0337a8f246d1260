"""The independent checker of certificates; it shares no code with the search that finds them."""

from qeclose.checker.loading import Claimed, load_certificate, load_certificates
from qeclose.checker.questions import Answer, Ask, Question
from qeclose.checker.verify import EngineWord, Verification, is_about, verify

__all__ = [
    "Answer",
    "Ask",
    "Claimed",
    "EngineWord",
    "Question",
    "Verification",
    "is_about",
    "load_certificate",
    "load_certificates",
    "verify",
]
