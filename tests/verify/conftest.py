"""One sealed bundle for all tests here; its builder writes every change to another file."""

from __future__ import annotations

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.verify import Trust


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("sealed"))


@pytest.fixture(scope="session")
def pinned(sealed: BundleBuilder) -> Trust:
    return trust_in(sealed)
