from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.cards import Rendered, render_sample
from tests.support.records import RecordBuilder


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """One card with its PDF, made once for the tests that only look at it."""
    return render_sample(RecordBuilder(tmp_path_factory.mktemp("card")).build(), pdf=True)


@pytest.fixture
def builder(tmp_path: Path) -> RecordBuilder:
    return RecordBuilder(tmp_path)
