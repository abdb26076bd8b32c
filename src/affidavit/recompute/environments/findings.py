"""What is to be said of the environment that the model was run in."""

from __future__ import annotations

import hashlib
from typing import Literal

from affidavit.evidence import Basis, Digest, Fact, Finding
from affidavit.recompute.environments.lock import LOCK
from affidavit.wording import count_text

WORKER_FACT = "environment.worker"
_NAMED = 20


def environment_fact(lock: bytes, words: str, basis: Basis) -> Fact:
    """What the model was run in; the digest is that of worker.lock.

    Args:
        lock: the file; empty where no requirement is pinned, so that there is nothing to lock.
        words: for people.
        basis: declared where a person vouches for it, else measured.
    """
    digest = Digest(algorithm="sha256", value=hashlib.sha256(lock).hexdigest()) if lock else None
    source = LOCK.removeprefix("data/") if lock else "this build"
    return Fact(
        id=WORKER_FACT, kind="environment", value=words, digest=digest, basis=basis,
        source=source,
    )  # fmt: skip


def other_python(wanted: str, found: str) -> Finding:
    """The model was made with a Python that is not at hand."""
    minor = ".".join(wanted.split(".")[:2])
    return _finding(
        "interpreter", "exception", "the model was run with another Python than it was made with",
        expected=f"Python {minor} (made with {wanted})", found=f"Python {found}",
        fix=f"install Python {minor} and build again, or name one that has the model's packages: "
        "--model-env PATH",
    )  # fmt: skip


def yanked(pins: tuple[str, ...]) -> tuple[Finding, ...]:
    """Versions that the index has withdrawn; they were used, since the model was made with them."""
    if not pins:
        return ()
    return (
        _finding(
            "yanked", "exception",
            f"{count_text(len(pins), 'package')} of the model's environment "
            f"{'was' if len(pins) == 1 else 'were'} withdrawn by the index",
            expected="versions that their makers stand by", found=_listed(pins),
            fix="train and log the model again with versions that are not withdrawn",
        ),
    )  # fmt: skip


def named_environment(differing: tuple[str, ...]) -> Finding:
    """The builder said what the model is run in."""
    return _finding(
        "named", "exception", "the model was run in an environment that the builder named",
        expected="the logged requirements, built from wheels by their digests",
        found=_listed(differing) if differing else "every pinned version is there, as installed",
        fix="build without --model-env",
    )  # fmt: skip


def no_wheels() -> Finding:
    """Wheels were to travel, and there are none."""
    return _finding(
        "wheels", "gap", "the wheels of the model's environment do not travel with the bundle",
        expected='[environment] include = "wheels"', found="an environment that no lock built",
        fix="pin the model's requirements, and build without --model-env",
    )  # fmt: skip


def _finding(
    name: str, kind: Literal["gap", "exception"], what: str, *, expected: str, found: str, fix: str
) -> Finding:
    return Finding(
        id=f"environment.{name}", kind=kind, stage="recompute", what=what, expected=expected,
        found=found, fix=fix,
    )  # fmt: skip


def _listed(texts: tuple[str, ...]) -> str:
    more = len(texts) - _NAMED
    return "; ".join([*texts[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
