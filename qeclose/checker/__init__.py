"""The independent checker of certificates; it shares no code with the search that finds them."""

from qeclose.checker.loading import load_certificate
from qeclose.checker.questions import Answer, Ask, Question, asker
from qeclose.checker.verify import EngineWord, Verification, verify

__all__ = ["Answer", "Ask", "EngineWord", "Question", "Verification", "asker", "load_certificate", "verify"]
