"""A keyless seal: whom a trusted root vouches for, and what the log says of it. No network.

Each refusal stands beside the bundle that passes: one fact differs. The forgeries are made by
whoever owns the archive, an authority that vouches for anybody, or a log that lies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from tests.support.bundles import BundleBuilder
from tests.support.clock import Clock
from tests.support.forgeries import with_seal
from tests.support.pki import DAY, NOW
from tests.support.private_sigstore import (
    ISSUER,
    MINUTE,
    WORKFLOW,
    Ask,
    KeylessHand,
    Sigstore,
    altered,
)

from affidavit.bundle.canonical import Json, dumps
from affidavit.bundle.findings import findings_of
from affidavit.bundle.log_entry import LogEntry
from affidavit.bundle.statement import Material, parse_signed, statement_bytes, statement_name, wrap
from affidavit.cli.main import cli
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import ConfigError, Contradicted, UsageError
from affidavit.verify import (
    Trust,
    Verdict,
    expecting,
    join,
    read_identity,
    read_trust,
    verify_bundle,
    verify_findings,
)

SIGSTORE = Sigstore()
OTHER = Sigstore()


class Remade:
    """A keyless signature of which something was changed after it was made."""

    def __init__(self, change: Callable[[bytes, Material], Material]) -> None:
        self.hand, self.change = KeylessHand(SIGSTORE, Ask()), change

    def sign(self, payload: bytes) -> bytes:
        signature, material = self.hand.parts(payload)
        return wrap(payload, signature, self.change(payload, material))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("keyless"))


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return trusting(tmp_path)


def trusting(
    folder: Path, *more: str, root: bytes | None = None, top: str = "", fetched: str = f"{NOW:%Y-%m-%d}",
    issuer: str = ISSUER, named: str = f'named = ["uri:{WORKFLOW}"]',
) -> Trust:  # fmt: skip
    (folder / "trusted_root.json").write_bytes(root or SIGSTORE.trusted_root())
    path = folder / "trust.toml"
    path.write_text("\n".join([
        "version = 1", top,
        "[[root]]", 'name = "bank"', 'trusted_root = "trusted_root.json"', f"fetched_on = {fetched}",
        *[m for m in more if m.startswith("max_age")],
        "[[signer]]", 'name = "release"', 'root = "bank"', f'issuer = "{issuer}"', named,
        'roles = ["sealer"]', *[m for m in more if not m.startswith("max_age")],
    ]))  # fmt: skip
    return read_trust(path)


def sealed(plain: BundleBuilder, signer: object) -> Path:
    return plain.pack(with_seal(plain.entries, signer, plain.predicate()))  # type: ignore[arg-type]


def verdict_of(path: Path, trust: Trust | None, now: object = NOW) -> Verdict:
    return verify_bundle(path, trust=trust, now=now)  # type: ignore[arg-type]


def said(verdict: Verdict) -> str:
    return " ".join(" ".join(verdict_lines(verdict)).split())


def failing(verdict: Verdict) -> dict[str, str]:
    return {c.id: f"{c.what} {c.found or ''}" for c in verdict.failed}


def test_whom_the_root_vouches_for_seals(plain: BundleBuilder, trust: Trust) -> None:
    verdict = verdict_of(sealed(plain, SIGSTORE.signer()), trust)

    assert (verdict.word, verdict.exit_code, verdict.failed) == ("VERIFIED", 0, ())
    assert verdict.seal is not None
    assert (verdict.seal.by, verdict.seal.time_by) == ("release", "the log of bank")
    assert verdict.seal.time == (NOW - 4 * MINUTE).isoformat()
    assert verdict.seal.certificate == f"uri:{WORKFLOW} by {ISSUER}"
    assert "by the clock of the log of bank" in said(verdict)


def test_it_still_counts_years_later(plain: BundleBuilder, tmp_path: Path) -> None:
    """The certificate counted for ten minutes; the log says that the signature was there then."""
    later = NOW + 3000 * DAY
    trust = trusting(tmp_path, fetched=f"{later:%Y-%m-%d}")

    assert verdict_of(sealed(plain, SIGSTORE.signer()), trust, later).exit_code == 0


def test_without_trust_it_is_intact_at_best(plain: BundleBuilder) -> None:
    verdict = verdict_of(sealed(plain, SIGSTORE.signer()), None)

    assert (verdict.exit_code, verdict.seal.by if verdict.seal else "") == (3, None)


def test_the_short_way_names_identity_issuer_and_root(plain: BundleBuilder, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    root.write_bytes(SIGSTORE.trusted_root())
    path = sealed(plain, SIGSTORE.signer())

    verdict = verdict_of(path, read_identity(WORKFLOW, ISSUER, root))

    assert verdict.exit_code == 0
    assert "nobody says how old the trusted root root.json is" in verdict.warnings[0]
    for identity, issuer in ((WORKFLOW[:-1], ISSUER), (WORKFLOW, f"{ISSUER}/")):
        assert verdict_of(path, read_identity(identity, issuer, root)).exit_code == 1


NAMES = {
    "another's": "https://git.bank.example/other/.ci/release.yml@refs/heads/main",
    "a part of another": WORKFLOW[: -len("main")],
    "another is a part of it": f"{WORKFLOW}-of-mine",
    "behind another": f"https://evil.example/{WORKFLOW}",
    "in other case": WORKFLOW.upper(),
    "that is another kind": None,
}


@pytest.mark.parametrize("case", NAMES)
def test_any_other_identity_seals_nothing(case: str, plain: BundleBuilder, trust: Trust) -> None:
    told = NAMES[case]
    name = x509.DNSName(WORKFLOW) if told is None else x509.UniformResourceIdentifier(told)

    verdict = verdict_of(sealed(plain, SIGSTORE.signer(Ask(names=(name,)))), trust)

    assert verdict.exit_code == 1
    assert "who is no signer that you trust" in failing(verdict)["signer"]


def test_a_letter_that_looks_alike_is_refused_where_it_is_written(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    """A certificate's names are ASCII (punycode), so one in trust.toml that is not is a trap."""
    alike = WORKFLOW.replace("bank", "b\u0430nk")

    with pytest.raises(ConfigError, match="named expected"):
        trusting(tmp_path, named=f'named = ["uri:{alike}"]')
    with pytest.raises(UsageError, match="not ASCII"):
        read_identity(alike, ISSUER, tmp_path / "trusted_root.json")
    with pytest.raises(ConfigError, match="issuer expected"):
        trusting(tmp_path, issuer=ISSUER.replace("bank", "b\u0430nk"))


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (r"^uri:https://git\\.bank\\.example/credit/\\.ci/release\\.yml@refs/heads/[a-z]+$", 0),
        (r"^uri:https://git\\.bank\\.example/credit/$", 1),
        (r"^uri:git\\.bank\\.example.*$", 1),
    ],
)
def test_a_pattern_is_of_the_whole_name(
    pattern: str, code: int, plain: BundleBuilder, tmp_path: Path
) -> None:
    trust = trusting(tmp_path, named=f'named_pattern = "{pattern}"')

    assert verdict_of(sealed(plain, SIGSTORE.signer()), trust).exit_code == code


def _of_another_signature(payload: bytes, material: Material) -> Material:
    _, other = KeylessHand(SIGSTORE, Ask()).parts(payload)
    return replace(material, log_entry=other.log_entry)


def _entry(change: Callable[[LogEntry], LogEntry]) -> Callable[[bytes, Material], Material]:
    def changed(_: bytes, material: Material) -> Material:
        assert material.log_entry is not None
        return replace(material, log_entry=change(material.log_entry))

    return changed


def _of_another_statement(_: bytes, material: Material) -> Material:
    other = statement_bytes("seal", "tagmanifest-sha256.txt", "1" * 64, {})
    _, logged = KeylessHand(SIGSTORE, Ask()).parts(other)
    return replace(material, log_entry=logged.log_entry)


def _by_another_log(entry: LogEntry) -> LogEntry:
    return altered(entry, checkpoint=OTHER.checkpoint(2, entry.proof.root))


def _other_root(entry: LogEntry) -> LogEntry:
    root = hashlib.sha256(b"other").digest()
    return altered(entry, root=root, checkpoint=SIGSTORE.checkpoint(2, root))


def _unsigned_root(entry: LogEntry) -> LogEntry:
    """The proof leads to its root, but the log's signed word is on another."""
    signed = SIGSTORE.checkpoint(2, hashlib.sha256(b"other").digest())
    return altered(entry, checkpoint=signed)


FALSE: dict[str, tuple[object, str, str]] = {
    "the log's entry is of another signature": (
        Remade(_of_another_signature), "log-entry", "do not match"),
    "the log's entry is of another statement": (
        Remade(_of_another_statement), "log-entry", "payload hash"),
    "the inclusion proof leads elsewhere": (Remade(_entry(_other_root)), "log-entry", "nclusion"),
    "a hash of the proof is another": (
        Remade(_entry(lambda e: altered(e, hashes=(b"\1" * 32,)))), "log-entry", "nclusion"),
    "the proof is of another place": (
        Remade(_entry(lambda e: altered(e, index=0))), "log-entry", "nclusion"),
    "the proof is too long": (
        Remade(_entry(lambda e: altered(e, hashes=e.proof.hashes * 2))), "log-entry", "nclusion"),
    "the checkpoint is by another": (
        Remade(_entry(_by_another_log)), "log-entry", "ignature not found"),
    "the checkpoint is of another tree": (
        Remade(_entry(_unsigned_root)), "log-entry", "root hash"),
    "the checkpoint is no note": (
        Remade(_entry(lambda e: altered(e, checkpoint="x\n2\n"))), "log-entry", "note"),
    "the promise is of another time": (
        Remade(_entry(lambda e: replace(e, time=(e.time or 0) - 60))), "log-entry", "SET"),
    "the promise is garbage": (
        Remade(_entry(lambda e: replace(e, promise=b"\0"))), "log-entry", ""),
    "the entry is no JSON": (
        Remade(_entry(lambda e: replace(e, body=b"\xff"))), "log-entry", ""),
    "no promise and no clock": (SIGSTORE.signer(Ask(promise=False)), "log-entry", "no clock"),
    "no certificate log took it in": (SIGSTORE.signer(Ask(sct=0)), "certificate", "SCT"),
    "two entries of certificate logs": (SIGSTORE.signer(Ask(sct=2)), "certificate", "SCT"),
    "another certificate log took it in": (
        replace(SIGSTORE, certificates=OTHER.certificates).signer(), "certificate", "SCT"),
}  # fmt: skip


@pytest.mark.parametrize("case", FALSE)
def test_what_is_false_is_refuted(case: str, plain: BundleBuilder, trust: Trust) -> None:
    signer, check, why = FALSE[case]

    verdict = verdict_of(sealed(plain, signer), trust)

    assert verdict.exit_code == 1
    assert why in failing(verdict)[check]
    assert verdict.seal is None or verdict.seal.by is None


UNKNOWN: dict[str, tuple[object, str]] = {
    "by an authority that is not in the root": (
        replace(SIGSTORE, authority=OTHER.authority).signer(), "no path leads to a root"),
    "in a log that is not in the root": (
        replace(SIGSTORE, log=OTHER.log).signer(), "its log is none that the trusted root names"),
    "all of another Sigstore": (OTHER.signer(), "its log is none"),
    "known by another issuer": (
        SIGSTORE.signer(Ask(issuer="https://accounts.evil.example")), "not by https://accounts.evil"),
    "known by an issuer of which ours is a part": (
        SIGSTORE.signer(Ask(issuer=f"{ISSUER}.evil.example")), "not by"),
    "known by two issuers": (
        SIGSTORE.signer(Ask(old_issuer="https://accounts.evil.example")), "not by None"),
    "its certificate has no name": (SIGSTORE.signer(Ask(names=None)), "is of nobody"),
    "its certificate had ended": (
        SIGSTORE.signer(Ask(logged=NOW + 6 * MINUTE - 10 * MINUTE, issued=NOW - 20 * MINUTE)),
        "its certificate had ended on"),
    "its certificate had not begun": (
        SIGSTORE.signer(Ask(issued=NOW - MINUTE, logged=NOW - 3 * MINUTE)), "begins on"),
    "taken in when it is not yet": (
        SIGSTORE.signer(Ask(issued=NOW + 60 * MINUTE, logged=NOW + 61 * MINUTE)), "is to come"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_whom_the_root_does_not_know_is_nobody(
    case: str, plain: BundleBuilder, trust: Trust
) -> None:
    signer, why = UNKNOWN[case]

    verdict = verdict_of(sealed(plain, signer), trust)

    assert verdict.exit_code == 1
    assert why in failing(verdict)["signer"]


def test_a_certificate_without_a_name_and_a_pattern_that_takes_all(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    """sigstore-python's own policy leaks an exception here; ours finds nobody."""
    trust = trusting(tmp_path, named='named_pattern = "^uri:.*$"')

    assert verdict_of(sealed(plain, SIGSTORE.signer()), trust).exit_code == 0
    assert verdict_of(sealed(plain, SIGSTORE.signer(Ask(names=None))), trust).exit_code == 1


def test_a_root_in_the_bundle_is_refused(plain: BundleBuilder, trust: Trust) -> None:
    """Beside the signature, or as a file: neither is ever read as trust."""
    content = json.loads(OTHER.signer().sign(statement_bytes("seal", "t", "0" * 64, {})))
    content["verificationMaterial"]["trustedRoot"] = json.loads(OTHER.trusted_root())
    raw = dumps(content)
    name = statement_name("seal", raw)
    entries = [*(e for e in plain.entries if not e[0].startswith("signatures/")), (name, raw)]

    verdict = verdict_of(plain.pack(entries), trust)

    assert verdict.exit_code == 1
    assert "unknown fields" in failing(verdict)["statement"]


def test_a_log_entry_taken_away_leaves_nobody(plain: BundleBuilder, trust: Trust) -> None:
    bare = Remade(lambda _, m: replace(m, log_entry=None))

    verdict = verdict_of(sealed(plain, bare), trust)

    # Of an ECDSA signature's two forms, one alone counts without a log: which, is chance here.
    assert verdict.exit_code == 1
    assert set(failing(verdict)) & {"signer", "signature"}
    assert verdict.seal is None or verdict.seal.by is None


def test_a_root_that_is_too_old_decides_nothing(plain: BundleBuilder, tmp_path: Path) -> None:
    path = sealed(plain, SIGSTORE.signer())
    old = f"{NOW - 181 * DAY:%Y-%m-%d}"

    stale = verdict_of(path, trusting(tmp_path, fetched=old))

    assert (stale.word, stale.exit_code) == ("UNDECIDED", 4)
    assert stale["trusted-root"].status == "not-run"
    assert "181 days ago" in stale["trusted-root"].what
    assert "181 days ago" in said(stale)
    assert verdict_of(path, trusting(tmp_path, "max_age_days = 365", fetched=old)).exit_code == 0
    forged = sealed(plain, FALSE["the checkpoint is by another"][0])
    assert verdict_of(forged, trusting(tmp_path, fetched=old)).exit_code == 1


def test_findings_by_a_root_that_is_too_old_are_undecided(tmp_path: Path) -> None:
    refusal = Contradicted("1", contradictions=(("two digests", "sha256 aa", "sha256 bb", "ask"),))
    file, proof = tmp_path / "findings.json", tmp_path / "findings.json.sigstore.json"
    found = findings_of(refusal, asked="models:/m/3", affidavit="1", day=f"{NOW:%Y-%m-%d}")
    content = dumps(found.model_dump(mode="json"))
    file.write_bytes(content)
    said: dict[str, Json] = {"schema": "affidavit/findings-signed", "version": 1, "asked": "models:/m/3",
            "subject": None, "contradictions": 1, "made_on": f"{NOW:%Y-%m-%d}", "page": "0" * 64}  # fmt: skip
    digest = hashlib.sha256(content).hexdigest()
    proof.write_bytes(SIGSTORE.signer().sign(statement_bytes("findings", file.name, digest, said)))

    def judged(fetched: str) -> tuple[int, list[str]]:
        trust = trusting(tmp_path, fetched=fetched)
        found = verify_findings(file, proof, trust=trust, wanted=expecting(), now=NOW)
        return found.exit_code, [c.id for c in (*found.failed, *found.not_run)]

    assert judged(f"{NOW:%Y-%m-%d}") == (0, [])
    assert judged(f"{NOW - 181 * DAY:%Y-%m-%d}") == (4, ["trusted-root"])


def test_a_log_counts_only_while_the_root_says_so(plain: BundleBuilder, tmp_path: Path) -> None:
    """A key that was withdrawn from a log signs nothing after; sigstore-python takes it for ever."""
    path = sealed(plain, SIGSTORE.signer())
    before, after = NOW - 5 * MINUTE, NOW

    assert (
        verdict_of(path, trusting(tmp_path, root=SIGSTORE.trusted_root(end=after))).exit_code == 0
    )
    verdict = verdict_of(path, trusting(tmp_path, root=SIGSTORE.trusted_root(end=before)))

    assert "no authority or certificate log for that time" in failing(verdict)["signer"]


def test_a_signer_counts_within_its_window_by_the_logs_time(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    path = sealed(plain, SIGSTORE.signer())
    begin = (NOW - 2 * MINUTE).isoformat()

    assert verdict_of(path, trusting(tmp_path, f"valid_until = {begin}")).exit_code == 0
    verdict = verdict_of(path, trusting(tmp_path, f"valid_from = {begin}"))

    assert "does not count then" in failing(verdict)["signer"]


def test_the_logs_time_is_a_time_that_may_be_required(plain: BundleBuilder, tmp_path: Path) -> None:
    trust = trusting(tmp_path, top="required_timestamp = true")

    assert verdict_of(sealed(plain, SIGSTORE.signer()), trust).exit_code == 0
    assert verdict_of(plain.path, trust).exit_code == 1


class Stamped:
    """Keyless by a log that gives no time, as Rekor v2 does: a clock gives it."""

    def __init__(self, clock: Clock, *, over: bytes = b"") -> None:
        self.clock, self.over = clock, over

    def sign(self, payload: bytes) -> bytes:
        signature, material = SIGSTORE.signer(Ask(promise=False)).parts(payload)
        stamp = self.clock.stamp(self.over or signature, NOW - 4 * MINUTE)
        return wrap(payload, signature, replace(material, timestamps=(stamp,)))


def test_a_clock_of_the_root_gives_the_time_where_the_log_does_not(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    trust = trusting(tmp_path, root=SIGSTORE.trusted_root(clock=True))

    verdict = verdict_of(sealed(plain, Stamped(SIGSTORE.clock)), trust)

    assert (verdict.exit_code, verdict.seal.time if verdict.seal else "") == (
        0, (NOW - 4 * MINUTE).isoformat(),
    )  # fmt: skip
    assert verdict_of(sealed(plain, Stamped(OTHER.clock)), trust).exit_code == 1
    of_other = verdict_of(sealed(plain, Stamped(SIGSTORE.clock, over=b"other")), trust)
    assert "of something else" in failing(of_other)["timestamp"]


def test_a_clock_of_somebodys_own_brings_no_withdrawn_authority_back(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    """Where the log gives no time, an earlier stamp by anybody chose the day to judge the root by."""
    whole = json.loads(SIGSTORE.trusted_root(clock=True))
    ended = json.loads(SIGSTORE.trusted_root(end=NOW - 10 * DAY, clock=True))
    ended["timestampAuthorities"] = whole["timestampAuthorities"]

    class Backdated(Stamped):
        def sign(self, payload: bytes) -> bytes:
            signed = parse_signed(super().sign(payload), "s")
            early = OTHER.clock.stamp(signed.signature, NOW - 20 * DAY)
            both = (*signed.material.timestamps, early)
            return wrap(payload, signed.signature, replace(signed.material, timestamps=both))

    path = sealed(plain, Backdated(SIGSTORE.clock))

    twin = verdict_of(path, trusting(tmp_path, root=json.dumps(whole).encode()))
    verdict = verdict_of(path, trusting(tmp_path, root=json.dumps(ended).encode()))

    assert twin.seal is not None
    assert (twin.exit_code, twin.seal.time) == (0, (NOW - 4 * MINUTE).isoformat())
    assert "no authority or certificate log for that time" in failing(verdict)["signer"]


def test_a_timestamp_of_another_clock_takes_nothing_away(
    plain: BundleBuilder, trust: Trust
) -> None:
    def stamped(payload: bytes, material: Material) -> Material:
        return material

    class Also(Remade):
        def sign(self, payload: bytes) -> bytes:
            signature, material = self.hand.parts(payload)
            stamp = OTHER.clock.stamp(signature, NOW - 3 * MINUTE)
            return wrap(payload, signature, replace(material, timestamps=(stamp,)))

    assert verdict_of(sealed(plain, Also(stamped)), trust).exit_code == 0


FORM = {
    "two entries": lambda m: m["tlogEntries"].append(m["tlogEntries"][0]),
    "an entry beside a key": lambda m: (
        m.pop("certificate"), m.update(publicKey={"hint": base64.b64encode(b"\0" * 32).decode()})),
    "no checkpoint": lambda m: m["tlogEntries"][0]["inclusionProof"].pop("checkpoint"),
    "no proof": lambda m: m["tlogEntries"][0].pop("inclusionProof"),
    "a number that is none": lambda m: m["tlogEntries"][0].update(integratedTime="1e9"),
    "a number with a sign": lambda m: m["tlogEntries"][0].update(logIndex="+1"),
    "a huge number": lambda m: m["tlogEntries"][0].update(logIndex="9" * 30),
    "a tree of another size": lambda m: m["tlogEntries"][0]["inclusionProof"].update(treeSize="3"),
    "another kind": lambda m: m["tlogEntries"][0]["kindVersion"].update(kind="intoto"),
    "a field more": lambda m: m["tlogEntries"][0].update(extra=1),
}  # fmt: skip


@pytest.mark.parametrize("case", FORM)
def test_an_entry_of_another_form_is_never_taken(
    case: str, plain: BundleBuilder, trust: Trust
) -> None:
    class Bent:
        def sign(self, payload: bytes) -> bytes:
            content = json.loads(SIGSTORE.signer().sign(payload))
            FORM[case](content["verificationMaterial"])
            return dumps(content)

    assert verdict_of(sealed(plain, Bent()), trust).exit_code in (1, 4)
    assert verdict_of(sealed(plain, SIGSTORE.signer()), trust).exit_code == 0


def test_what_is_written_reads_back_the_same() -> None:
    content = SIGSTORE.signer().sign(statement_bytes("seal", "t", "0" * 64, {}))
    signed = parse_signed(content, "s")

    assert wrap(signed.payload, signed.signature, signed.material) == content


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('key = "a.pub"', "expected one of key, authority, root"),
        ("authority = 'x'", "expected one of key, authority, root"),
    ],
)
def test_a_signer_has_one_source(line: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=why):
        trusting(tmp_path, line)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"mediaType": "x"}',
        b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[1]}',
    ],
)
def test_a_file_that_is_no_root_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no trusted root of a Sigstore"):
        trusting(tmp_path, root=content)


def test_a_root_with_a_key_that_is_none_is_a_fault_of_the_configuration(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    fields = json.loads(SIGSTORE.trusted_root())
    fields["certificateAuthorities"][0]["certChain"]["certificates"] = [{"rawBytes": "AAAA"}]
    trust = trusting(tmp_path, root=json.dumps(fields).encode())

    with pytest.raises(ConfigError, match="no trusted root"):
        verdict_of(sealed(plain, SIGSTORE.signer()), trust)


def test_a_key_and_an_identity_seal_together(plain: BundleBuilder, trust: Trust) -> None:
    from affidavit.verify import read_keys

    both = join((trust, read_keys((plain.public_key,))))

    assert verdict_of(plain.path, both).exit_code == 0
    assert verdict_of(sealed(plain, SIGSTORE.signer()), both).exit_code == 0


def test_no_socket_is_ever_opened(
    plain: BundleBuilder, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sigstore-python makes network clients even offline, and can refresh a root: neither happens."""
    path = sealed(plain, SIGSTORE.signer())

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)

    assert verdict_of(path, trust).exit_code == 0


def test_sigstore_is_imported_for_a_keyless_seal_of_a_trusted_name_alone(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    trusting(tmp_path)
    (tmp_path / "trust.toml").write_text(
        (tmp_path / "trust.toml").read_text()
        + f'\n[[signer]]\nname = "key"\nkey = "{plain.public_key}"\nroles = ["sealer"]\n'
    )
    strange = sealed(plain, SIGSTORE.signer(Ask(names=None)))
    code = (
        "import sys; from pathlib import Path; from affidavit.verify import *\n"
        "for b in sys.argv[2:]:\n"
        "  v = verify_bundle(Path(b), trust=read_trust(Path(sys.argv[1])))\n"
        "  print(v.exit_code, 'sigstore' in sys.modules, 'requests' in sys.modules)\n"
    )
    bundles = [plain.path, strange, sealed(plain, SIGSTORE.signer())]

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "trust.toml"), *map(str, bundles)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["0 False False", "1 False False", "0 True True"]


def test_the_command_takes_identity_issuer_and_root_together(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    root = tmp_path / "root.json"
    root.write_bytes(SIGSTORE.trusted_root())
    path = str(sealed(plain, SIGSTORE.signer()))
    who = ["--identity", WORKFLOW, "--issuer", ISSUER]

    assert (
        CliRunner().invoke(cli, ["verify", path, *who, "--trusted-root", str(root)]).exit_code == 0
    )
    alone = CliRunner().invoke(cli, ["verify", path, *who])
    assert alone.exit_code == 2
    assert "given together" in alone.stderr


def test_trust_show_names_the_identity(tmp_path: Path) -> None:
    fetched = NOW - 200 * DAY
    trusting(tmp_path, fetched=f"{fetched:%Y-%m-%d}")
    days = (datetime.now(UTC).date() - fetched.date()).days

    shown = (
        CliRunner().invoke(cli, ["trust", "show", "--trust", str(tmp_path / "trust.toml")]).stdout
    )
    told = (
        CliRunner()
        .invoke(cli, ["trust", "show", "--trust", str(tmp_path / "trust.toml"), "--json"])
        .stdout
    )

    assert "1 signer" in shown
    assert ISSUER in shown
    assert f"{days} days ago" in " ".join(shown.split())
    assert json.loads(told)["identified"][0]["issuer"] == ISSUER


def test_a_discloser_by_a_root_that_is_too_old_leaves_it_undecided(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    """The root decides nothing: not that the files were withheld, nor that they were stolen."""
    gone = "data/dataset/evaluation/test.csv"
    path = plain.withhold(gone, signer=SIGSTORE.signer())
    old = f"{NOW - 181 * DAY:%Y-%m-%d}"
    seal = ["[[signer]]", 'name = "key"', f'key = "{plain.public_key}"', 'roles = ["sealer"]']

    def judged(fetched: str, role: str = "discloser") -> Verdict:
        trust = trusting(tmp_path, *seal, fetched=fetched)
        text = Path(tmp_path / "trust.toml").read_text().replace("sealer", role, 1)
        (tmp_path / "trust.toml").write_text(text)
        assert trust.roots
        return verdict_of(path, read_trust(tmp_path / "trust.toml"))

    fresh, stale = judged(f"{NOW:%Y-%m-%d}"), judged(old)

    assert (fresh.word, fresh.exit_code, [w.path for w in fresh.withheld]) == (
        "VERIFIED IN PART", 0, [gone],
    )  # fmt: skip
    assert (stale.word, stale.exit_code, stale.failed) == ("UNDECIDED", 4, ())
    assert "181 days ago" in stale["trusted-root"].what
    assert f"whether {gone} was withheld is left open" in stale["trusted-root"].what
    assert stale.withheld == ()
    assert failing(judged(f"{NOW:%Y-%m-%d}", "owner")).keys() == {"incomplete"}
    other = plain.withhold(gone, signer=OTHER.signer())
    assert failing(verdict_of(other, read_trust(tmp_path / "trust.toml"))).keys() == {"incomplete"}
