"""Locks that travel, the part of each that holds here, and what is said when nothing can be built."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.explainers import TINY

from affidavit.errors import MissingExtra, SourceError
from affidavit.progress import Silent
from affidavit.recompute.environments.building import Builder
from affidavit.recompute.environments.installed import Python
from affidavit.recompute.environments.pythons import running_python
from affidavit.recompute.explain.backends import environment
from affidavit.recompute.explain.backends.choosing import BUSINESS_SOURCE, OURS
from affidavit.recompute.explain.backends.environment import build_environment, read_shipped
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.worker.options import WorkerOptions

INDEX = "http://index.invalid/simple"
NOWHERE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is started to find out what pip was told."""
    monkeypatch.setattr(
        environment,
        "read_index_settings",
        lambda **_: {"UV_DEFAULT_INDEX": INDEX, "UV_HTTP_RETRIES": "0", **NOWHERE},
    )


def python(version: str) -> environment.FoundPython:
    return replace(running_python(), python=Python(version))


@pytest.mark.parametrize(
    ("name", "version", "package", "held"),
    [
        ("shap", "3.11.7", "shap", ""), ("shap", "3.13.0", "shap", ""),
        ("alibi", "3.11.7", "alibi", "0.9.4"), (BUSINESS_SOURCE, "3.11.7", "alibi", "0.9.6"),
    ],
)  # fmt: skip
def test_each_lock_pins_a_whole_environment_by_digest(
    name: str, version: str, package: str, held: str
) -> None:
    lock = read_shipped(OURS[name].lock, python(version))

    assert lock.is_hashed
    assert len(lock.entries) > 10
    found = {e.name: e.version for e in lock.entries}
    assert found[package].startswith(held)
    assert {"numpy", "scikit-learn"} < set(found)


@pytest.mark.parametrize("backend", OURS.values(), ids=lambda b: b.name)
def test_no_lock_says_where_packages_come_from(backend: environment.Backend) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links", backend.lock.read_text())


def test_only_the_part_for_this_python_holds(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        f"a==1 ; python_full_version < '3.12' \\\n    {HASH}\n"
        f"a==2 ; python_full_version >= '3.12' \\\n    {HASH}\n"
        f"w==1 ; sys_platform == 'win32' \\\n    {HASH}\nb==3 \\\n    {HASH}\n"
    )

    old, new = (read_shipped(lock, python(v)) for v in ("3.11.9", "3.12.1"))

    assert [(e.name, e.version) for e in old.entries] == [("a", "1"), ("b", "3")]
    assert [(e.name, e.version) for e in new.entries] == [("a", "2"), ("b", "3")]


def test_another_python_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "find_python", lambda minor: None)

    with pytest.raises(Unusable) as caught:
        build_environment(OURS["alibi"], WorkerOptions(cache_dir=tmp_path), Silent())

    assert caught.value.reason == "alibi needs Python 3.11, which is not on this machine"
    assert caught.value.fix == (
        "install Python 3.11 beside yours and build again, or leave alibi out of [explain] second"
    )


def test_a_folder_without_its_wheels_is_named(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()

    with pytest.raises(Unusable) as caught:
        build_environment(
            OURS["shap"], WorkerOptions(cache_dir=tmp_path / "c", wheelhouse=wheels), Silent()
        )

    assert caught.value.reason.startswith("the environment of shap cannot be built: ")
    assert "--wheelhouse DIR" in caught.value.fix
    assert caught.value.fix.endswith("or leave shap out of [explain] second")
    assert "--model-env" not in caught.value.fix


def test_an_index_out_of_reach_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        build_environment(OURS["shap"], WorkerOptions(cache_dir=tmp_path), Silent())

    assert "the package index does not answer" in caught.value.reason
    assert "UV_DEFAULT_INDEX" in caught.value.fix


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            MissingExtra("x", "", "y"),
            "the environment of shap cannot be built: uv is not installed",
        ),
        (SourceError("no wheel", "of llvmlite", "do"), "no wheel: of llvmlite"),
    ],
)
def test_every_failure_is_a_reason(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Builder, "packages", fail)

    with pytest.raises(Unusable) as caught:
        build_environment(OURS["shap"], WorkerOptions(cache_dir=tmp_path), Silent())

    assert caught.value.reason == reason
    assert caught.value.fix


def test_a_plug_in_without_its_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        build_environment(TINY, WorkerOptions(cache_dir=tmp_path), Silent())

    assert caught.value.reason.startswith("none.txt cannot be read")
