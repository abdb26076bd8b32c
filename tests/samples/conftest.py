"""The demo's modules stand beside each other and import each other by name, as `run.py` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "samples" / "demo"))
