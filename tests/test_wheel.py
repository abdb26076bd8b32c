"""The wheel, alone in an empty environment: what a reviewer installs, and what a builder adds."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.sample_world import SampleWorld

from affidavit.recompute.explain.backends.choosing import OURS

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).parent / "uv"
FORBIDDEN = ("mlflow", "dvc", "pandas", "numpy", "weasyprint")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["UV_LINK_MODE"] = "copy"
    words = [str(c) for c in command]
    return subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def succeed(*command: str | Path, cwd: Path = ROOT) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    succeed(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def reviewer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the base install alone, from the pinned list."""
    home = tmp_path_factory.mktemp("reviewer") / "env"
    succeed(UV, "venv", "--quiet", "--python", sys.executable, home)
    python = home / "bin" / "python"
    pinned = ROOT / "requirements" / "reviewer.txt"
    succeed(UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", pinned)
    succeed(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    return home / "bin"


def test_what_runs_in_an_explainer_s_environment_travels_with_its_locks(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    folder = "affidavit/recompute/explain/backends/locks"
    for backend in OURS.values():
        assert f"{folder}/{backend.lock.name}" in names
        assert f"affidavit/recompute/affidavit_explainer/{backend.module}.py" in names


def test_the_base_install_pulls_in_nothing_heavy(reviewer: Path) -> None:
    listed = succeed(
        UV, "pip", "list", "--python", reviewer / "python", "--format", "freeze"
    ).lower()

    names = {line.partition("==")[0] for line in listed.split()}
    assert "affidavit" in names
    assert not names & set(FORBIDDEN)
    assert len(names) < 40
    site = next(reviewer.parent.glob("lib/python*/site-packages"))
    files = (p for p in site.rglob("*") if p.is_file() and p.suffix != ".pyc")
    assert sum(p.stat().st_size for p in files) < 60e6


def test_the_base_install_verifies_shows_diffs_and_indexes_from_any_folder(
    reviewer: Path, tmp_path: Path
) -> None:
    bundle = BundleBuilder(tmp_path / "made")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    affidavit = reviewer / "affidavit"

    verdict = succeed(affidavit, "verify", bundle.path, "--key", bundle.public_key, cwd=elsewhere)
    assert verdict.startswith("VERIFIED")
    forged = succeed(affidavit, "demo-forgeries", cwd=elsewhere)
    assert "ALL REFUSED  17 forgeries of sample-1.evidence.zip" in forged
    shown = succeed(affidavit, "show", bundle.path, "--key", bundle.public_key, cwd=elsewhere)
    assert "credit-risk" in shown
    succeed(affidavit, "diff", bundle.path, bundle.path, cwd=elsewhere)
    index = ("index", tmp_path / "made", "--key", bundle.public_key, "--jobs", "2")
    assert "1 model, 1 bundle" in succeed(affidavit, *index, cwd=elsewhere)
    assert (elsewhere / "affidavit-index.html").is_file()

    changed = bundle.flip_bit("data/evidence.json")
    refused = run(affidavit, "verify", changed, "--key", bundle.public_key, cwd=elsewhere)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stdout + refused.stderr


def test_the_base_install_names_the_extra_that_building_needs(
    reviewer: Path, tmp_path: Path
) -> None:
    refused = run(
        reviewer / "affidavit",
        "build",
        "models:/x/1",
        "--tracking-uri",
        "sqlite:///x.db",
        "--allow-unsigned",
        cwd=tmp_path,
    )

    assert refused.returncode == 2
    assert "affidavit[build]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_wheel_carries_templates_and_policies(reviewer: Path) -> None:
    code = "from affidavit.shipped import shipped; print(shipped('templates')); print(*shipped('policies').rglob('*.yaml'))"
    found = succeed(reviewer / "python", "-c", code, cwd=Path("/"))

    assert "_shipped/templates" in found
    assert "sr-26-2.yaml" in found


@pytest.mark.system
def test_the_recheck_install_rechecks_a_native_booster_without_mlflow(
    wheel: Path, card_default: SampleWorld, tmp_path: Path
) -> None:
    home = tmp_path / "env"
    succeed(UV, "venv", "--quiet", "--python", sys.executable, home)
    install = (UV, "pip", "install", "--quiet", "--python", home / "bin" / "python")
    succeed(*install, "--require-hashes", "-r", ROOT / "requirements" / "recheck.txt")
    # The bundle has no lock, so its model is run in this environment.
    succeed(*install, "lightgbm==4.7.0")
    succeed(*install, "--no-deps", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    told = succeed(
        home / "bin" / "affidavit", "recheck", card_default.bundle, "--key",
        card_default.public_key, "--data", card_default.repository, cwd=elsewhere,
    )  # fmt: skip

    assert told.startswith("EQUAL")
    listed = succeed(UV, "pip", "list", "--python", home / "bin" / "python", "--format", "freeze")
    assert not {"mlflow", "dvc", "weasyprint"} & {n.partition("==")[0] for n in listed.split()}


@pytest.mark.system
def test_the_build_install_builds_from_any_folder(
    wheel: Path, card_default: SampleWorld, tmp_path: Path
) -> None:
    """127 packages: too many for every `make test`, so `make conformance` does it."""
    home = tmp_path / "env"
    succeed(UV, "venv", "--quiet", "--python", sys.executable, home)
    python = home / "bin" / "python"
    pinned = ROOT / "requirements" / "builder.txt"
    # The sample's model needs LightGBM: it is run in the builder's interpreter.
    install = (UV, "pip", "install", "--quiet", "--python", python)
    succeed(*install, "--require-hashes", "-r", pinned)
    succeed(*install, "lightgbm==4.7.0")
    succeed(*install, "--no-deps", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    _, *words = card_default.arguments(Path("made.zip"))
    built = subprocess.run(
        [str(python), *words], cwd=elsewhere, env=card_default.environ(None), capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert built.returncode == 0, built.stdout + built.stderr
    verdict = succeed(
        home / "bin" / "affidavit", "verify", "made.zip", "--key", card_default.public_key,
        cwd=elsewhere,
    )  # fmt: skip
    assert verdict.startswith("VERIFIED")
