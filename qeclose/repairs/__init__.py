"""The fewest entries of a two-factor mask to change so that it becomes well-posed."""

from qeclose.repairs.repairing import Change, Mode, Repair, repair

__all__ = ["Change", "Mode", "Repair", "repair"]
