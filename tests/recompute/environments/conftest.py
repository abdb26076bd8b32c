"""Worlds without any index but a test's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.recompute.environments.world import CLOSED, World
from tests.support.wheels import write_wheelhouse


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wheelhouse(tmp_path_factory.mktemp("wheelhouse"))


@pytest.fixture
def world(tmp_path: Path, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in list(os.environ):
        if name.startswith(("UV_", "PIP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_DEFAULT_INDEX", CLOSED)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return World(tmp_path, wheelhouse)
