"""What has to hold before anything of a bundle is loaded, and what then says how it was run.

A recheck and the explanation of a row run the same stranger's model: by these rules, both.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping

from affidavit.config import Config
from affidavit.errors import AffidavitError
from affidavit.recompute.worker.levels import LEVELS, lacking_text
from affidavit.reproduce.isolation import Isolation, isolation_here
from affidavit.reproduce.record import EnvironmentUsed, IsolationUsed, Machine
from affidavit.verify import Verdict
from affidavit.verify.records import Records

UNKNOWN_SIGNER = "nobody vouches for this bundle: no key was given"
# What a reader's machine gives a bundle's model at most, whatever its affidavit.toml asks for.
_MOST = {
    "memory_mb": 16_384, "timeout_s": 3_600, "cpu_s": 3_600, "processes": 0, "printed_mb": 256,
    "scratch_mb": 4_096, "batch_rows": 1 << 20, "threads": 16,
}  # fmt: skip


def is_trusted(verdict: Verdict) -> bool:
    """Whether a signer that the reader pinned made the bundle, of which files may be withheld."""
    return verdict.word in {"VERIFIED", "VERIFIED IN PART"}


def may_load(verdict: Verdict, *, run_untrusted: bool) -> bool:
    """Whether anything of the bundle may be loaded; never of one that was refuted.

    What was withheld is for the caller to ask: this says only that what is there was signed so.
    """
    return is_trusted(verdict) or (verdict.word == "INTACT, SIGNER NOT TRUSTED" and run_untrusted)


def require_config(records: Records, unless: str) -> Config:
    """The configuration in the bundle.

    Args:
        records: as verify read them.
        unless: what cannot be done without, for the error.

    Raises:
        AffidavitError: the bundle has none.
    """
    if records.config is None:
        raise AffidavitError(
            f"{unless}: the bundle has no affidavit.toml",
            "it says what is predicted, for whom it is good, and on which data",
            "ask for a bundle that was built with one",
        )
    return records.config


def bounded(config: Config, *, run_untrusted: bool) -> Config:
    """The configuration with limits that a stranger's file cannot raise on the reader's machine."""
    if run_untrusted:
        return config
    asked = config.worker
    held = {
        name: min(value, most)
        for name, most in _MOST.items()
        if (value := getattr(asked, name)) is not None
    }
    return config.model_copy(update={"worker": asked.model_copy(update=held)})


def require_isolation(*, run_untrusted: bool) -> Isolation:
    """What would shut the model in here.

    Raises:
        AffidavitError: less than landlock and seccomp, and nobody said to go on.
    """
    found = isolation_here()
    if not found.is_enough and not run_untrusted:
        raise AffidavitError(
            f"nothing was loaded: the isolation here is {found.level} alone", found.lacking,
            "install bubblewrap; or, if you answer for the model, add --run-untrusted-model",
        )  # fmt: skip
    return found


def overridden(verdict: Verdict, isolation: Isolation | None) -> tuple[str, ...]:
    """What --run-untrusted-model was needed for, by name."""
    words = () if is_trusted(verdict) else (UNKNOWN_SIGNER,)
    if isolation is not None and not isolation.is_enough:
        words = (*words, f"isolation is {isolation.level} alone: {isolation.lacking}")
    return words


def environment_as_run(
    environment: EnvironmentUsed | None, tools: Mapping[str, str]
) -> EnvironmentUsed | None:
    """The environment of a lock, in the words of the stage that made it of it."""
    words = tools.get("worker.environment")
    if environment is None or environment.how != "lock" or words is None:
        return environment
    source = "; the bundle's wheels" if environment.wheels else ""
    return environment.model_copy(update={"about": f"{words}{source}"})


def isolation_as_run(isolation: Isolation | None, words: str) -> IsolationUsed:
    """What really shut the model in, which the worker said when it was started."""
    if isolation is None:
        return IsolationUsed(level="none", used="")
    level = next((name for name in LEVELS if words.startswith(f"{name}:")), isolation.level)
    lacking = isolation.lacking if level == isolation.level else lacking_text(level)
    return IsolationUsed(level=level, used=words, lacking=lacking)


def this_machine() -> Machine:
    """Where it is run."""
    return Machine(
        system=platform.system(), architecture=platform.machine(),
        python=platform.python_version(),
    )  # fmt: skip
