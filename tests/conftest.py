"""Fixtures that several folders share; what they make is in tests/support/."""

import gc
import signal

import pytest
from hypothesis import settings
from tests.support.bundles import BundleBuilder
from tests.support.kept_models import kept_model
from tests.support.mlflow_world import mlflow_server
from tests.support.pinned import trust_in
from tests.support.s3_world import s3_endpoint
from tests.support.sample_world import card_default

from affidavit.verify import Trust

# No test asserts a time: a machine that stands still for a moment has found no fault. The cases are
# the same in each run, which says of a change whether it broke something; `make slow` draws anew.
settings.register_profile("affidavit", deadline=None, derandomize=True)
settings.register_profile("anew", deadline=None, derandomize=False)
settings.load_profile("affidavit")

__all__ = ["card_default", "kept_model", "mlflow_server", "s3_endpoint"]


def pytest_configure() -> None:
    """Ctrl-C is one, also where the tests run in the background of a script, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that build go first: begun last, one of them would run on alone at the end."""
    items.sort(key=lambda item: not item.path.name.startswith("test_building"))


def pytest_collection_finish() -> None:
    """What collecting left stays to the end: Python need not look through it at each collection.

    Eight thousand tests are half a second of looking, which statsmodels asks for at each call.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    """One sealed bundle for all tests; its builder writes every change to another file."""
    return BundleBuilder(tmp_path_factory.mktemp("sealed"))


@pytest.fixture(scope="session")
def pinned(sealed: BundleBuilder) -> Trust:
    """Trust in the key that sealed it."""
    return trust_in(sealed)
