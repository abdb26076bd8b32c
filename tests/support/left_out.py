"""Says at the end of `make test` which tests were left out, and how they are run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

_LEFT_OUT: list[pytest.Item] = []
_RUN_BY = {"slow": "make slow", "system": "make conformance"}


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    _LEFT_OUT.extend(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mark, command in _RUN_BY.items():
        names = [i.nodeid for i in _LEFT_OUT if i.get_closest_marker(mark)]
        if names:
            terminalreporter.write_line(f"left out, {len(names)} marked {mark} ({command}):")
            for name in names:
                terminalreporter.write_line(f"  {name}")
