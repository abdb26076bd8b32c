"""Genuine things in the wrong place: nothing in them is forged but what is said of them."""

from __future__ import annotations

from affidavit.bundle.approval import ApprovalPredicate
from affidavit.bundle.layout import EVIDENCE, TAG_MANIFEST, VERIFY_TXT
from affidavit.bundle.predicate import SubjectVersion
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.forgeries.contents import pack
from affidavit.forgeries.interface import APPROVER, Forged, Forgery, Scene
from affidavit.forgeries.repairing import digest_in, root_of, sealed_by, tags_repaired


def _approve_another(scene: Scene) -> Forged:
    """An approver signs what they saw; the forger puts that signature into what they did not."""
    here = sealed_by(scene.genuine, scene.insider)
    seen = tags_repaired(scene.genuine.with_files({VERIFY_TXT: b"An earlier rendering.\n"}))
    said = ApprovalPredicate(
        subject=SubjectVersion(name=scene.subject.name, version=scene.subject.version),
        root=root_of(seen),
        evidence_id=digest_in(here, EVIDENCE),
        role=APPROVER,
        decision="approve",
        made_on=scene.today,
    )
    content = scene.insider.sign(
        statement_bytes("approval", TAG_MANIFEST, said.root, said.model_dump(mode="json"))
    )
    return Forged(
        "moves an approval from another bundle of this model into this one",
        pack(here.with_files({statement_name("approval", content): content})),
    )


def _give_as_newer(scene: Scene) -> Forged:
    return Forged(
        f"hands this genuine bundle over as that of version {_next(scene)}", pack(scene.genuine)
    )


def _expected(scene: Scene) -> str:
    return f"models:/{scene.subject.name}/{_next(scene)}"


def _next(scene: Scene) -> str:
    number = scene.subject.version
    return str(int(number) + 1) if number.isdecimal() else "1"


FORGERIES = (
    Forgery(
        id="approval-of-another", family="replay", make=_approve_another,
        refused_by="statement-subject", trusts_insider=True,
    ),
    Forgery(
        id="older-version", family="replay", make=_give_as_newer, refused_by="expected-subject",
        expects=_expected,
    ),
)  # fmt: skip
