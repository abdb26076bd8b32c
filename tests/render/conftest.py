from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.cards import Rendered, render_sample
from tests.support.records import RecordBuilder


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """One card, made once for the tests that only look at it."""
    return render_sample(RecordBuilder(tmp_path_factory.mktemp("card")).build())


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The same with its PDF: needs Pango, so its tests carry the mark `system`."""
    return render_sample(RecordBuilder(tmp_path_factory.mktemp("printed")).build(), pdf=True)


@pytest.fixture
def builder(tmp_path: Path) -> RecordBuilder:
    return RecordBuilder(tmp_path)
