"""The bank, and its worlds built once for all tests of a process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.support.mlflow_world import Server
from tests.worlds.bank import DAY, Bank, open_bank
from tests.worlds.four_places import Built
from tests.worlds.stories import BUILT, Story

from affidavit import pipeline

Worlds = Callable[[str], Built]


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory, mlflow_server: Server) -> Bank:
    return open_bank(tmp_path_factory.mktemp("bank"), mlflow_server)


@pytest.fixture(scope="session")
def world(bank: Bank) -> Worlds:
    """A world by its name, built by the command when it is first asked for."""
    kept: dict[str, Built] = {}

    def built(name: str) -> Built:
        if name not in kept:
            kept[name] = build(bank, BUILT[name](bank))
        return kept[name]

    return built


def build(bank: Bank, story: Story) -> Built:
    """Build it by the command; what `--json` says of it comes without building it again."""
    out = bank.here / f"{story.name}-1.evidence.zip"
    words = (
        "build", story.ref, *bank.where(story.remote), "--signer", bank.key.relative_to(bank.here),
        "--no-pdf", "--as-of", DAY, *story.given,
    )  # fmt: skip
    made: list[pipeline.Built] = []
    real = pipeline.build
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "build", lambda *a: made.append(real(*a)) or made[0])
        done = bank.affidavit(*words)
        assert done.exit_code == 0, done.output
        patch.setattr(pipeline, "build", lambda *_: made[0])
        told = bank.affidavit(*words, "--json")
    assert told.exit_code == 0, told.output
    return Built(bundle=out, printed=done.stdout, told=json.loads(told.stdout))
