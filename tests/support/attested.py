"""Signed attestations with every field open to change, and a bundle whose controls ask for them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from tests.support.assessed import all_declared
from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.forgeries import repair_checksums, with_seal
from tests.support.payloads import seal_predicate
from tests.support.raw_archives import pack_raw, read_entries

from affidavit.assess import assess
from affidavit.attesting import Draft, Request, add, draft
from affidavit.bundle import canonical, layout
from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name
from affidavit.control_table import as_csv
from affidavit.evidence import Fact, ItemTable
from affidavit.progress import Silent
from affidavit.seal.keys import LocalSigner, generate_key, load_signer
from affidavit.seal.sealing import seal
from affidavit.standing import CatalogStanding
from affidavit.toml_reader import read_config, read_declarations
from affidavit.verify import read_trust
from affidavit.verify.signers import MadeBy
from affidavit.verify.statements import Statement
from affidavit.verify.trust import PinnedKey

EVIDENCE_ID = "b" * 64
QUESTION = "Is it so?"


def predicate(**changed: Any) -> dict[str, Any]:
    """What an owner says of control bank/POL-1 of m, version 1."""
    answers = changed.pop("answers", None)
    one = {"catalog": "bank", "control": "POL-1", "question": QUESTION, "answer": "yes"}
    for name in tuple(changed):
        if name in one:
            one[name] = changed.pop(name)
    return {
        "schema": "affidavit/attestation", "version": 1,
        "subject": {"name": "m", "version": "1"}, "evidence_id": EVIDENCE_ID, "role": "owner",
        "answers": [one] if answers is None else answers, "statement": "I asked",
        "made_on": "2026-11-01", "expires_on": "2027-11-01", **changed,
    }  # fmt: skip


def signed(
    signer: LocalSigner,
    said: dict[str, Any],
    *,
    kind: str = "attestation",
    subject: tuple[str, str] | None = None,
) -> bytes:
    """The statement's file."""
    about = subject or (EVIDENCE, said["evidence_id"])
    return signer.sign(statement_bytes(kind, *about, said))


def statement(
    signer: LocalSigner,
    said: dict[str, Any],
    *roles: str,
    identities: tuple[str, ...] = ("vera@bank.example",),
    is_pinned: bool = True,
    revoked: str | None = None,
    name: str = "Vera",
    certificate_names: tuple[str, ...] = (),
    **how: Any,
) -> Statement:
    """The statement as verify has it when the signature was checked: pinned for these roles."""
    content = signed(signer, said, **how)
    kind = how.get("kind", "attestation")
    path = statement_name(kind, content)
    key = PinnedKey(
        name=name, roles=frozenset(roles or ("owner",)), key=signer.public, identities=identities,
        certificate_names=certificate_names,
    )  # fmt: skip
    return Statement(
        path=path, sha256=hashlib.sha256(content).hexdigest(), signed=parse_signed(content, path),
        made_by=MadeBy(key=key if is_pinned else None, fingerprint=key.fingerprint),
        revoked=revoked,
    )  # fmt: skip


def declared_toml() -> bytes:
    """declarations.toml in which all is said but the purpose; Dora is the developer."""
    said = all_declared(
        purpose=None, developers=("Dora Developer <dora@bank.example>",)
    ).model_dump(mode="json", exclude_none=True)  # fmt: skip
    documents = said.pop("document")
    lines = [f"{k} = {json.dumps(v)}" for k, v in said.items()]
    for document in documents:
        lines += ["[[document]]", *(f"{k} = {json.dumps(v)}" for k, v in document.items())]
    return "\n".join(lines).encode()


TRUSTED = {
    "release": ("sealer", ()),
    "vera": ("validator", ("vera@bank.example", "Vera Validator")),
    "olga": ("owner", ("olga@bank.example",)),
}


class AttestedWorld:
    """A sealed bundle with controls, keys for three people, and a trust.toml that knows them.

    Facts are synthetic, but everything after resolving and recomputing is the product itself. The
    authors are `ada` (the run's user) and Dora.

    Attributes:
        validated: a control that waits for a validator alone, who is none of the authors.
        owned: controls that wait for the owner alone.
        missing: one that would ask the validator, if its evidence were there.
        machine: one that asks nobody; empty where the catalogs have none.
    """

    def __init__(self, folder: Path, *, catalogs: tuple[str, ...] = ()) -> None:
        builder = BundleBuilder(folder / "built")
        self.folder, work = folder, builder.work
        declared = declared_toml()
        items = (
            work.write(
                layout.DECLARATIONS, declared, kind="declarations", origin="declared",
                media_type="application/toml",
            ),
        )  # fmt: skip
        who = Fact(id="run.user", kind="run", value="ada", basis="claimed", source="test")
        evidence = builder.evidence.adding(facts=(who,), items=items)
        content = canonical.record_bytes(evidence)
        work.place(layout.EVIDENCE).write_bytes(content)
        self.evidence_id = hashlib.sha256(content).hexdigest()
        config = read_config((work.root / layout.CONFIG).read_bytes(), "affidavit.toml")
        stated = read_declarations(declared, "declarations.toml")
        for card in (work.root / "data/card").glob("*"):
            card.unlink()
        for control in (work.root / "data/controls").glob("*"):
            control.unlink()
        assessed = assess(
            evidence, self.evidence_id, config, stated, work, as_of="2026-11-01",
            catalogs=catalogs,
        )  # fmt: skip
        found = [a for s in assessed.standings for a in s.assessments]
        waiting = [a for a in found if a.status == "needs-attestation"]
        (self.validated, *_) = (
            a.control for a in waiting
            if a.roles == ("validator",) and "authors" in a.questions[0].separation
        )  # fmt: skip
        self.owned = tuple(a.control for a in waiting if a.roles == ("owner",))
        (self.missing, *_) = (
            a.control for a in found if a.status == "missing" and "validator" in a.roles
        )
        self.machine = next((a.control for a in found if not a.questions), "")
        table = ItemTable(
            evidence_id=self.evidence_id,
            items=tuple(sorted(assessed.items, key=lambda i: i.path.encode())),
        )
        work.place(layout.ITEMS).write_bytes(canonical.record_bytes(table))
        self.path = folder / "m.zip"
        self.signers = {
            "release": builder.signer,
            **{n: _signer(folder, n) for n in ("vera", "olga")},
        }
        (folder / "release.pub").write_bytes(builder.public_key.read_bytes())
        (folder / "release.pem").write_bytes(builder.private_key.read_bytes())
        seal(
            evidence, assessed.items, work, self.path, signers=(builder.signer,) if builder.signer else (),
            predicate=seal_predicate(evidence, self.evidence_id), progress=Silent(),
        )  # fmt: skip
        self.trust = self.trusting()

    def trusting(self, **changed: tuple[str, tuple[str, ...]] | None) -> Path:
        """A trust.toml with other roles or identities of some; None leaves one out."""
        lines = ["version = 1"]
        for name, known in (TRUSTED | changed).items():
            if known is not None:
                roles, identities = [known[0]], list(known[1])
                lines += [
                    "[[signer]]",
                    f'name = "{name}"',
                    f'key = "{name}.pub"',
                    f"roles = {json.dumps(roles)}",
                    f"identities = {json.dumps(identities)}",
                ]
        text = "\n".join(lines)
        path = self.folder / f"trust-{hashlib.sha256(text.encode()).hexdigest()[:8]}.toml"
        path.write_text(text)
        return path

    def copy(self, to: Path) -> Path:
        """A copy of the bundle to write to."""
        return Path(shutil.copy(self.path, to / "m.zip"))

    def answer(self, bundle: Path, who: str = "vera", **changed: Any) -> Draft:
        """Sign and add an answer on 1 November 2026, as `affidavit attest` does."""
        fields: dict[str, Any] = {
            "controls": (self.validated,), "role": TRUSTED[who][0], "today": "2026-11-01", **changed,
        }  # fmt: skip
        made = draft(Request(bundle=bundle, **fields), read_trust(self.trust))
        add(made, self.signers[who])
        return made


def _signer(folder: Path, name: str) -> LocalSigner:
    generate_key("ed25519", folder / f"{name}.pem", folder / f"{name}.pub", PASSPHRASE)
    return load_signer(folder / f"{name}.pem", PASSPHRASE)


def lie(world: AttestedWorld, bundle: Path, path: str, change: Callable[[Any], None]) -> Path:
    """A record of the bundle changed, all checksums repaired, sealed with the right key again.

    A catalog's spreadsheet follows. Signed statements over the evidence stay as they are.
    """
    record = json.loads(dict(read_entries(bundle)[1])[path])
    change(record)
    contents = {path: canonical.dumps(record)}
    if path.startswith(layout.CONTROLS):
        try:
            standing = CatalogStanding.model_validate_json(contents[path])
        except ValidationError:
            pass
        else:
            contents[path.replace(".json", ".csv")] = as_csv(standing)
    return resealed(world, bundle, contents)


def resealed(world: AttestedWorld, bundle: Path, contents: dict[str, bytes]) -> Path:
    """Files of the bundle changed, all checksums repaired, sealed with the right key again."""
    folder, entries = read_entries(bundle)
    fitted = repair_checksums([(n, contents.get(n, c)) for n, c in entries])
    seal_name = next(n for n, _ in fitted if n.startswith("signatures/seal-"))
    said = parse_signed(dict(fitted)[seal_name], seal_name).predicate
    sealed = with_seal(fitted, world.signers["release"], dict(said))
    out = bundle.with_name("lie.zip")
    out.write_bytes(pack_raw((f"{folder}/{n}", c) for n, c in sealed))
    return out
