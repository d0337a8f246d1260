"""The parts of ``scripts/campaign.py``: each attacks qeclose from one side and counts what it compared."""
