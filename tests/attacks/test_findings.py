"""Signed findings outside any bundle: what refutes them, each beside the genuine one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.clock import Clock, signature_of, stamped
from tests.support.payloads import sha256_of
from tests.support.pinned import trust_in
from tests.support.pki import DAY, NOW

from affidavit.bundle import layout
from affidavit.bundle.canonical import dumps
from affidavit.bundle.findings import findings_of
from affidavit.bundle.statement import statement_bytes
from affidavit.cli.file_lines import findings_lines
from affidavit.errors import Contradicted, Seen, UsageError
from affidavit.seal.keys import LocalSigner
from affidavit.seal.refusing import findings_files, sign_findings, write_findings
from affidavit.verify import FindingsVerdict, Trust, expecting, read_trust, verify_findings

GAP = ("code.dirty", "gap", "nothing says whether the tree was clean", "", "", "log the tag")
REFUSAL = Contradicted(
    "1 contradiction", contradictions=(("two digests", "sha256 aa", "sha256 bb", "ask"),),
    seen=Seen("m", "3", (GAP,)),
)  # fmt: skip
PAGE = b"<!doctype html><title>why</title>"


@dataclass
class Refused:
    """findings.json, its page, and the statement beside them."""

    file: Path
    page: Path
    proof: Path
    builder: BundleBuilder

    @property
    def signer(self) -> LocalSigner:
        assert self.builder.signer is not None
        return self.builder.signer

    def judged(
        self, trust: Trust | None = None, now: datetime | None = None, file: Path | None = None,
        **wanted: Any,
    ) -> FindingsVerdict:  # fmt: skip
        return verify_findings(
            file or self.file, self.proof, trust=trust or trust_in(self.builder),
            wanted=expecting(**wanted), now=now,
        )  # fmt: skip

    def sign(self, *, kind: str = "findings", name: str = "findings.json", digest: str = "",
             signer: LocalSigner | None = None, **changed: Any) -> None:  # fmt: skip
        said = {"schema": "affidavit/findings-signed", "version": 1, "asked": "models:/m/3",
                "subject": {"name": "m", "version": "3"}, "contradictions": 1,
                "made_on": "2026-11-20", "page": sha256_of(PAGE), **changed}  # fmt: skip
        subject = digest or sha256_of(self.file.read_bytes())
        signed = (signer or self.signer).sign(statement_bytes(kind, name, subject, said))
        self.proof.write_bytes(signed)


@pytest.fixture
def refusal(sealed: BundleBuilder, tmp_path: Path) -> Refused:
    found = findings_of(REFUSAL, asked="models:/m/3", affidavit="1", day="2026-11-20")
    files = findings_files(tmp_path / "findings.json", 1)
    write_findings(found, PAGE, files)
    assert sealed.signer is not None
    sign_findings(found, PAGE, files, (sealed.signer,))
    made = Refused(files.record, files.page, files.statements[0], sealed)
    assert made.judged().word == "FILE VERIFIED"
    return made


def failed(verdict: FindingsVerdict) -> list[str]:
    assert (verdict.word, verdict.exit_code) == ("NOT VERIFIED", 1)
    return [c.id for c in verdict.failed]


def test_genuine_findings_are_verified_and_told(refusal: Refused) -> None:
    verdict = refusal.judged(expect="models:/m/3")

    told = " ".join(" ".join(findings_lines(verdict)).split())
    assert verdict.exit_code == 0
    assert "findings.json: why models:/m/3 has no bundle" in told
    assert "contradiction two digests expected sha256 aa found sha256 bb" in told
    assert "signed by release.pub" in told
    assert "besides 0 exceptions, 1 gap" in told


def test_the_page_is_verified_by_the_same_statement_and_tells_whose_it_is(refusal: Refused) -> None:
    copy = refusal.page.rename(refusal.page.with_name("from the mail.html"))

    verdict = refusal.judged(file=copy, expect="models:/m/3")

    told = " ".join(" ".join(findings_lines(verdict)).split())
    assert (verdict.word, verdict.is_page, verdict.findings) == ("FILE VERIFIED", True, None)
    assert "from the mail.html: why models:/m/3 has no bundle" in told
    assert "says 1 contradiction, on the page" in told
    assert failed(refusal.judged(file=copy, expect="models:/m/4")) == ["expected-subject"]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c + b"\n",
        lambda c: c.replace(b"why", b"all is well"),
        lambda _: b"<",
        lambda c: b"\xef\xbb\xbf" + c,
    ],
)
def test_refuses_a_page_that_was_changed(
    refusal: Refused, change: Callable[[bytes], bytes]
) -> None:
    refusal.page.write_bytes(change(PAGE))

    verdict = refusal.judged(file=refusal.page)

    assert "findings" in failed(verdict)
    assert verdict.signed is None
    assert "why models:/m/3" not in " ".join(findings_lines(verdict))


def test_refuses_a_page_in_the_place_of_the_record_and_the_other_way_round(
    refusal: Refused,
) -> None:
    """One statement, two digests: each stands for its own form alone."""
    record = refusal.file.read_bytes()

    refusal.sign(digest=sha256_of(PAGE))
    assert failed(refusal.judged()) == ["findings"]
    assert refusal.judged(file=refusal.page).exit_code == 0

    refusal.sign(page=sha256_of(record))
    assert refusal.judged().exit_code == 0
    assert failed(refusal.judged(file=refusal.page)) == ["findings"]


def test_a_page_without_trust_is_nobodys(refusal: Refused) -> None:
    verdict = verify_findings(refusal.page, refusal.proof, trust=None, wanted=expecting())

    assert (verdict.word, verdict.exit_code) == ("INTACT, SIGNER NOT TRUSTED", 3)


def test_findings_asked_for_by_an_alias_are_of_the_version_that_it_was(
    refusal: Refused, tmp_path: Path
) -> None:
    found = findings_of(REFUSAL, asked="models:/m@champion", affidavit="1", day="2026-11-20")
    files = findings_files(tmp_path / "by-alias.json", 1)
    write_findings(found, PAGE, files)
    sign_findings(found, PAGE, files, (refusal.signer,))

    def judged(expect: str) -> FindingsVerdict:
        return verify_findings(
            files.record, files.statements[0], trust=trust_in(refusal.builder),
            wanted=expecting(expect=expect),
        )  # fmt: skip

    assert judged("models:/m/3").exit_code == 0
    assert "version models:/m/3" in " ".join(
        " ".join(findings_lines(judged("models:/m/3"))).split()
    )
    assert failed(judged("models:/m/4")) == ["expected-subject"]


def test_without_trust_they_are_nobodys(refusal: Refused) -> None:
    verdict = verify_findings(refusal.file, refusal.proof, trust=None, wanted=expecting())

    assert (verdict.word, verdict.exit_code) == ("INTACT, SIGNER NOT TRUSTED", 3)
    assert refusal.signer.fingerprint() in " ".join(findings_lines(verdict))


def test_refuses_findings_that_were_changed(refusal: Refused) -> None:
    said = json.loads(refusal.file.read_bytes())
    said["contradictions"][0]["what"] = "nothing much"
    refusal.file.write_bytes(dumps(said))

    assert failed(refusal.judged()) == ["findings"]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c + b"\n",
        lambda c: c.replace(b'"version":1', b'"version":1,"more":1'),
        lambda c: c.replace(b'"version":1', b'"version":2'),
        lambda _: b"[]",
        lambda _: b"\xff",
        lambda _: b"[" * 5000,
    ],
)
def test_refuses_what_is_no_findings_file_though_it_is_signed(
    refusal: Refused, change: Callable[[bytes], bytes]
) -> None:
    refusal.file.write_bytes(change(refusal.file.read_bytes()))
    refusal.sign()

    assert failed(refusal.judged()) == ["record"]


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "seal"},
        {"kind": "attestation"},
        {"name": layout.TAG_MANIFEST},
        {"name": "other.json"},
        {"digest": "0" * 64},
        {"asked": "models:/m/4"},
        {"contradictions": 2},
        {"contradictions": 0},
        {"made_on": "2026-11-21"},
        {"subject": None},
        {"subject": {"name": "m", "version": "4"}},
        {"page": None},
        {"page": "0"},
        {"version": 2},
        {"more": 1},
    ],
)
def test_refuses_a_statement_that_is_not_of_these_findings(
    refusal: Refused, changed: dict[str, Any]
) -> None:
    refusal.sign()
    assert refusal.judged().exit_code == 0

    refusal.sign(**changed)

    assert failed(refusal.judged()) == ["findings"]


def test_refuses_a_key_that_nobody_pinned(refusal: Refused) -> None:
    refusal.sign(signer=refusal.builder.other_signer())

    assert failed(refusal.judged()) == ["signer"]


@pytest.mark.parametrize(
    ("roles", "more", "check"),
    [
        ('"approver"', "", "signer"),
        ('"sealer"', "valid_until = 2026-01-01\n", "signer"),
        ('"sealer"', '[[revoked]]\nfingerprint = "{key}"\nreason = "lost"\n', "revoked"),
        ('"sealer"', "", None),
    ],
)
def test_refuses_a_key_that_does_not_count(
    refusal: Refused, tmp_path: Path, roles: str, more: str, check: str | None
) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(
        f'version = 1\n[[signer]]\nname = "r"\nkey = "{refusal.builder.public_key}"\n'
        f"roles = [{roles}]\n" + more.format(key=refusal.signer.fingerprint())
    )

    assert [c.id for c in refusal.judged(read_trust(path)).failed] == ([check] if check else [])


def test_refuses_a_statement_whose_signature_was_swapped(refusal: Refused) -> None:
    genuine = json.loads(refusal.proof.read_bytes())
    refusal.sign(contradictions=2)
    other = json.loads(refusal.proof.read_bytes())
    genuine["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]
    refusal.proof.write_bytes(dumps(genuine))

    assert failed(refusal.judged()) == ["signature"]


def test_refuses_findings_on_another_version(refusal: Refused) -> None:
    assert failed(refusal.judged(expect="models:/m/4")) == ["expected-subject"]


def test_findings_have_no_age_and_no_model(refusal: Refused) -> None:
    with pytest.raises(UsageError, match="the version alone"):
        refusal.judged(max_age="3")


def test_a_pipe_in_place_of_the_findings_keeps_nobody_waiting(refusal: Refused) -> None:
    refusal.file.unlink()
    os.mkfifo(refusal.file)

    with pytest.raises(UsageError, match="is not a plain file"):
        refusal.judged()


def test_a_required_time_and_number_of_signers_hold_for_findings_too(
    refusal: Refused, tmp_path: Path
) -> None:
    clock = Clock.make()
    (tmp_path / "clock.pem").write_text(clock.root.pem)

    def trust(*top: str) -> Trust:
        path = tmp_path / "trust.toml"
        path.write_text("\n".join([
            "version = 1", *top,
            "[[signer]]", 'name = "release"', f'key = "{refusal.builder.public_key}"',
            'roles = ["sealer"]',
            "[[timestamp]]", 'name = "clock"', 'roots = "clock.pem"',
        ]))  # fmt: skip
        return read_trust(path)

    timed = "required_timestamp = true"
    assert refusal.judged(trust()).exit_code == 0
    assert failed(refusal.judged(trust(timed))) == ["timestamp"]
    two = refusal.judged(trust("required = 2"))
    assert (two.word, two.exit_code, [c.id for c in two.not_run]) == ("UNDECIDED", 4, ["signers"])
    assert failed(refusal.judged(trust('algorithms = ["p256"]'))) == ["signer"]
    signed = refusal.proof.read_bytes()
    refusal.proof.write_bytes(stamped(signed, clock.stamp(signature_of(signed), NOW - DAY)))
    verdict = refusal.judged(trust(timed), now=NOW)
    assert (verdict.exit_code, verdict.failed) == (0, ())
    assert "timestamp" in {c.id for c in verdict.checks}
