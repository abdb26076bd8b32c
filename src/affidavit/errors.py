"""The one family of errors: what is wrong, why, and what to do.

AffidavitError                exit 4  undecided: a source out of reach, our own fault
├── UsageError                exit 2  a file, option or output that cannot be taken as it is
│   ├── ConfigError           exit 2  affidavit.toml, declarations.toml, a catalog, sources.toml
│   ├── KeyProblem            exit 2  a key that cannot be read or unlocked
│   └── MissingExtra          exit 2  a part of Affidavit that is not installed
├── SourceError               exit 4  a registry, repository, remote
│   ├── NoSuchVersion         exit 2  the model, version or alias does not exist
│   └── Unreachable           exit 4  the system does not answer
├── Contradicted              exit 1  facts that cannot both be true
├── WorkerError               exit 4  the model crashed, hung or answered wrongly
└── BundleError               exit 1  an archive that is not a bundle, or a bundle refused
    ├── EntryRefused          exit 1  names the entry and the rule of the format
    └── NewerFormat           exit 4  a format that this version does not know

All arguments are positional strings (or tuples of them), so that every error pickles: they cross
the border of a process. `ValueError` and `RuntimeError` mean a bug of ours.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class AffidavitError(Exception):
    """Something that a person can act on.

    Args:
        what: names the file, field or version and the values, expected before found.
        cause: why, where it is known; never a guess.
        fix: a command, or a decision to take.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, cause: str = "", fix: str = "") -> None:
        super().__init__(what, cause, fix)
        self.what = what
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return self.what if not self.cause else f"{self.what}: {self.cause}"


class UsageError(AffidavitError):
    """What was asked for cannot be taken as it is."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file with faults; all of them at once, one a line, in `what`."""


class KeyProblem(UsageError):
    """A key that cannot be read, unlocked or used."""


class MissingExtra(UsageError):
    """A part of Affidavit that is not installed; the fix is the install command."""


class SourceError(AffidavitError):
    """A registry, repository, remote or store that did not give what was asked for."""


class NoSuchVersion(SourceError):
    """The model, version or alias does not exist; the fix lists those that do."""

    exit_code = 2


class Unreachable(SourceError):
    """The system does not answer, or refuses us."""


class Seen(NamedTuple):
    """The model version whose facts contradict each other.

    Attributes:
        besides: tuples (id, kind, what, expected, found, fix) of its gaps and exceptions.
    """

    name: str
    version: str
    besides: tuple[tuple[str, str, str, str, str, str], ...]


class Contradicted(AffidavitError):
    """Facts that cannot both be true. Nothing is built.

    Args:
        what: one line.
        cause: unused.
        fix: unused; each contradiction has its own.
        contradictions: tuples (what, expected, found, fix), every one that was seen.
        seen: the version and what else was found of it; None where the build ended before that.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        cause: str = "",
        fix: str = "",
        contradictions: tuple[tuple[str, str, str, str], ...] = (),
        seen: Seen | None = None,
    ) -> None:
        super().__init__(what, cause, fix)
        self.args = (what, cause, fix, contradictions, seen)
        self.contradictions = contradictions
        self.seen = seen


class WorkerError(AffidavitError):
    """The model crashed, hung, took too much, or answered something else than scores."""


class BundleError(AffidavitError):
    """An archive that is not a bundle, or a bundle that the format refuses."""

    exit_code = 1


class EntryRefused(BundleError):
    """One entry of an archive that the format does not allow."""


class NewerFormat(BundleError):
    """A bundle of a format newer than this version reads: undecided, not refuted."""

    exit_code = 4
