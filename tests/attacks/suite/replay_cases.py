"""Attacks with genuine bundles, shown as another: what the reader expects has to be said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.attacks.suite.case import Attack, Attempt, World

NAME = "models:/credit-risk/3"


def shown_as_ours(genuine: Callable[[World], Path], *expected: str) -> Callable[[World], Attempt]:
    """A genuine bundle under the file name of ours."""

    def attempt(world: World) -> Attempt:
        folder = world.folder / "replayed"
        folder.mkdir(exist_ok=True)
        copy = folder / world.good.path.name
        shutil.copyfile(genuine(world), copy)
        return Attempt(bundle=copy, options=(*world.by_key, *expected))

    return attempt


def expected_evidence(genuine: Callable[[World], Path]) -> Callable[[World], Attempt]:
    return lambda w: shown_as_ours(genuine, "--evidence-id", w.good.sealed.evidence_id)(w)


def rebuilt(world: World) -> Path:
    """A genuine earlier build of the same version, with another threshold."""
    config = world.good.read("data/config/affidavit.toml")
    return world.good.replace(
        "data/config/affidavit.toml", config + b"# an earlier build\n", "resign"
    )


def deployed(change: Callable[[Path], None]) -> Callable[[World], Attempt]:
    """Another model lies where the attested one should."""

    def attempt(world: World) -> Attempt:
        folders = world.folder / "deployed", world.folder / "as-attested"
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, content in world.good.entries:
                if name.startswith("data/model/"):
                    (folder / name.removeprefix("data/model/")).write_bytes(content)
        change(folders[0])
        return Attempt(
            bundle=world.good.path, options=(*world.by_key, "--model-dir", str(folders[0])),
            twin_options=(*world.by_key, "--model-dir", str(folders[1])),
        )  # fmt: skip

    return attempt


def _append(path: Path, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)


def _a(name: str, does: str, make: object, check: str) -> Attack:
    assert callable(make)
    return Attack(id=f"replay/{name}", does=does, make=make, check=check)


ATTACKS = (
    _a("older-version", "A genuine bundle of an older version is shown under this name.",
       shown_as_ours(lambda w: w.older.path, "--expect", NAME), "expected-subject"),
    _a("other-model", "A genuine bundle of another model is shown under this name.",
       shown_as_ours(lambda w: w.other_model.path, "--expect", NAME), "expected-subject"),
    _a("older-build", "A genuine earlier build of the same version is shown.",
       expected_evidence(rebuilt), "expected-evidence"),
    _a("other-evidence", "A genuine bundle of another version is shown.",
       expected_evidence(lambda w: w.older.path), "expected-evidence"),
    _a("other-bytes-deployed", "The deployed model has a byte more than the attested one.",
       deployed(lambda f: _append(f / "model.pkl", b"\0")), "expected-model"),
    _a("more-deployed", "A file lies beside the deployed model.",
       deployed(lambda f: (f / "sitecustomize.py").write_text("")), "expected-model"),
    _a("less-deployed", "A file of the model is not deployed.",
       deployed(lambda f: (f / "MLmodel").unlink()), "expected-model"),
    _a("linked-deployed", "The deployed model is a link to another file.",
       deployed(lambda f: _linked(f / "model.pkl")), "expected-model"),
)  # fmt: skip


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")
