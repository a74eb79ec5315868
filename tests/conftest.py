"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real files; where there is none the test is skipped, and the report says why."""
    folder = Path(os.environ.get("FANGYI_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no folder of real files at {folder}; FANGYI_REAL_DATA names one")
    return folder
