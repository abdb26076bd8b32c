"""What `affidavit build` says at its end; the builds themselves are in tests/test_building.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.cli.build import _next_lines, _telling_if_sealed
from affidavit.cli.options import worker_options
from affidavit.cli.progress import Drawn
from affidavit.errors import UsageError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_next_step_names_the_public_half_that_lies_beside_the_key(here: Path) -> None:
    bundle, signer = here / "m-3.evidence.zip", ("keys/release.pem",)
    assert _next_lines(bundle, signer) == [
        "next: affidavit verify m-3.evidence.zip --key SIGNER.pub"
    ]
    (here / "keys").mkdir()
    (here / "keys" / "release.pub").touch()

    assert _next_lines(bundle, signer) == [
        "next: affidavit verify m-3.evidence.zip --key keys/release.pub"
    ]
    assert _next_lines(bundle, ()) == ["next: affidavit verify m-3.evidence.zip"]


def test_the_next_step_of_other_signers_needs_a_trust_file(here: Path) -> None:
    for signers in (("cert:k.pem?chain=c.pem",), ("a.pem", "b.pem")):
        assert _next_lines(here / "m-3.evidence.zip", signers) == [
            "next: affidavit verify m-3.evidence.zip --trust trust.toml"
        ]


def test_a_long_next_step_goes_on_in_a_second_line(here: Path) -> None:
    first, second = _next_lines(here / ("m" * 50 + ".zip"), ("release.pem",))

    assert first.endswith(" \\")
    assert second == "      --key SIGNER.pub"


def test_an_environment_of_ones_own_and_a_wheelhouse_exclude_each_other(here: Path) -> None:
    with pytest.raises(UsageError, match="--wheelhouse and --model-env exclude each other"):
        worker_options(here, here)

    assert worker_options(here, None).wheelhouse == here
    assert worker_options(None, here).model_env == here


@pytest.mark.parametrize(
    ("stages", "out", "notes"),
    [
        (["resolve", "recompute"], Path("x.zip"), []),
        (["resolve", "seal"], Path("x.zip"), ["x.zip was already complete"]),
        (["resolve", "seal"], None, ["the bundle was already complete"]),
    ],
)
def test_an_interrupt_tells_whether_the_bundle_is_complete(
    stages: list[str], out: Path | None, notes: list[str]
) -> None:
    progress = Drawn(verbosity=-1)
    with pytest.raises(KeyboardInterrupt) as interrupt, _telling_if_sealed(progress, out):
        for stage in stages:
            progress.done(stage, "done")
        raise KeyboardInterrupt

    assert getattr(interrupt.value, "__notes__", []) == notes
