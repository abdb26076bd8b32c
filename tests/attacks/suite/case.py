"""What an attack of the suite is, and the one way in which all of them are judged.

An attack forges, and says which check has to name it. The real command judges: `affidavit verify`
with `--json`, in this process, through everything that stands between a shell and the checks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.clock import Clock
from tests.support.pki import Holder, Pki
from tests.support.raw_archives import Entries, pack_raw

from affidavit.cli.main import cli
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.printable import printable
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Verdict

_OUR_COLOURS = re.compile("\x1b\\[(?:0|2|1|32|33|1;31)?m")
USAGE = "usage"  # not a check: the command line, a key or trust.toml is refused before any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A forged bundle and how it is checked, and what has to pass in its place.

    Attributes:
        options: of `affidavit verify`; None pins the key of the good bundle.
        twin: the untouched bundle. twin_options: as `options` where they are None.
    """

    bundle: Path
    options: tuple[str, ...] | None = None
    twin: Path | None = None
    twin_options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        id: group and name; stable.
        does: what the attacker does, as a sentence for docs/attacks.md.
        make: forges; a path alone is checked with the key of the good bundle.
        check: which check names it.
        says: words that the check says, where its id alone would not tell.
    """

    id: str
    does: str
    make: Callable[[World], Attempt | Path]
    check: str
    exit_code: int = 1
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """An attack whose test needs another world than a bundle: where that test stands."""

    id: str
    does: str
    named_by: str
    test: str


@dataclass
class World:
    """One sealed bundle that everything is forged from, and what else an attacker may hold."""

    good: BundleBuilder
    folder: Path
    _once: dict[str, Path] = field(default_factory=dict)
    _passed: set[tuple[Path, tuple[str, ...]]] = field(default_factory=set)

    @property
    def by_key(self) -> tuple[str, ...]:
        return ("--key", str(self.good.public_key))

    @property
    def signer(self) -> LocalSigner:
        """The right key, for what its owner signs carelessly or a thief signs with it."""
        assert self.good.signer is not None
        return self.good.signer

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        """The same key, for signatures that no signer of ours would make."""
        pem = self.good.private_key.read_bytes()
        key = load_pem_private_key(pem, PASSPHRASE.encode())
        assert isinstance(key, Ed25519PrivateKey)
        return key

    @property
    def whole(self) -> Entries:
        """Every entry under its full name."""
        return [(f"{self.good.folder_name}/{n}", c) for n, c in self.good.entries]

    @property
    def seal(self) -> bytes:
        return next(c for n, c in self.good.entries if n.startswith("signatures/seal-"))

    @cached_property
    def older(self) -> BundleBuilder:
        """A genuine bundle of the version before, by the same key."""
        return self._another("older", version="2")

    @cached_property
    def other_model(self) -> BundleBuilder:
        """A genuine bundle of another model, by the same key."""
        return self._another("other", name="mortgage")

    @cached_property
    def curve(self) -> BundleBuilder:
        """A bundle sealed on P-256."""
        return BundleBuilder(self.folder / "p256", kind="p256")

    @cached_property
    def explained(self) -> BundleBuilder:
        """A bundle with both files of explanations."""
        return BundleBuilder(self.folder / "explained", is_explained=True)

    @cached_property
    def pki(self) -> Pki:
        return Pki.make()

    @cached_property
    def released(self) -> Holder:
        """The certificate that the bank's authority gave its release pipeline."""
        return self.pki.release()

    @cached_property
    def clock(self) -> Clock:
        return Clock.make()

    def once(self, name: str, make: Callable[[], Path]) -> Path:
        """A file that several attacks have as their twin."""
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def pack(self, entries: Entries) -> Path:
        """Full names as they are; nothing is put in order or repaired."""
        return self.good.write_file(pack_raw(entries))

    def file(self, name: str, content: bytes | str) -> Path:
        """A file of the reader's, or of the attacker's."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def trusting(self, *lines: str) -> tuple[str, ...]:
        """`--trust` with these lines; the same lines are the same file."""
        text = "\n".join(["version = 1", *lines])
        name = f"trust-{hashlib.sha256(text.encode()).hexdigest()[:16]}.toml"
        return ("--trust", str(self.file(name, text)))

    def require_twin(self, attempt: Attempt) -> None:
        """The untouched bundle passes, checked in the same way; asked once for each."""
        twin = attempt.twin or self.good.path
        given = attempt.twin_options if attempt.twin_options is not None else attempt.options
        options = self.by_key if given is None else given
        if (twin, options) not in self._passed:
            assert verified(twin, options).exit_code == 0
            self._passed.add((twin, options))

    def _another(
        self, folder: str, *, name: str = "credit-risk", version: str = "3"
    ) -> BundleBuilder:
        made = BundleBuilder(self.folder / folder, name=name, version=version)
        made.signer = self.good.signer
        made.path = made.resign()
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the command ended. `verdict` is None where it ended before there was one."""

    exit_code: int
    verdict: Verdict | None
    error: str

    @property
    def named(self) -> dict[str, str]:
        """What was refuted or left undecided: check and all that it says."""
        if self.verdict is None:
            return {USAGE: self.error}
        found: dict[str, str] = {}
        for check in self.verdict.checks:
            is_open = check.status == "not-run" and check.required and self.exit_code == 4
            if check.status == "failed" or is_open:
                words = f"{check.what} {check.expected} {check.found}"
                found[check.id] = f"{found.get(check.id, '')}{words}\n"
        return found


def verified(bundle: Path, options: tuple[str, ...]) -> Outcome:
    """`affidavit verify`, and that nothing of it leaks: no exception, no raw character."""
    result = CliRunner().invoke(cli, ["verify", str(bundle), *options, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert "fault in Affidavit" not in result.output
    assert result.output.isascii() or is_harmless(result.output)
    is_verdict = '"affidavit/verdict"' in result.stdout
    verdict = Verdict.model_validate_json(result.stdout) if is_verdict else None
    for line in verdict_lines(verdict) if verdict else ():
        assert is_harmless(_OUR_COLOURS.sub("", line)), line
    return Outcome(exit_code=result.exit_code, verdict=verdict, error=result.stderr)


def is_harmless(text: str) -> bool:
    """Whether a terminal would act on nothing of it but its line breaks."""
    return all(printable(line) == line for line in text.split("\n"))


@cache
def all_attacks() -> tuple[Attack, ...]:
    """The attacks of every group, in the order of docs/attacks.md."""
    from tests.attacks.suite import (
        bag_cases,
        certificate_cases,
        envelope_cases,
        record_cases,
        replay_cases,
        statement_cases,
        trust_cases,
        zip_cases,
        zip_name_cases,
    )

    groups = (
        zip_cases, zip_name_cases, bag_cases, envelope_cases, statement_cases, certificate_cases,
        trust_cases, replay_cases, record_cases,
    )  # fmt: skip
    return tuple(attack for group in groups for attack in group.ATTACKS)
