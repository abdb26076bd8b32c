"""Says at the end of `make test` which tests were left out, and how they are run.

Tests run in several processes: each collects all, and tells the first of what it left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

_RUN_BY = {"slow": "make slow", "system": "make conformance"}
_LEFT_OUT: dict[str, str] = {}


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        for mark in _RUN_BY:
            if item.get_closest_marker(mark):
                _LEFT_OUT[item.nodeid] = mark


def pytest_sessionfinish(session: pytest.Session) -> None:
    told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = _LEFT_OUT


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _LEFT_OUT.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mark, command in _RUN_BY.items():
        names = [name for name, marked in _LEFT_OUT.items() if marked == mark]
        if names:
            terminalreporter.write_line(f"left out, {len(names)} marked {mark} ({command}):")
            for name in names:
                terminalreporter.write_line(f"  {name}")
