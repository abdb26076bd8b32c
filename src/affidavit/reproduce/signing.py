"""A recheck over its maker's signature, in the bundle: computed again, by whom, how it came out."""

from __future__ import annotations

from pathlib import Path

from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.predicate import SubjectVersion
from affidavit.bundle.recheck import RecheckPredicate
from affidavit.bundle.statement import statement_bytes
from affidavit.errors import UsageError
from affidavit.reproduce.record import Recheck
from affidavit.reproduce.words import environment_text, isolation_text
from affidavit.seal import Signer
from affidavit.seal.adding import Added, sign_into

_LONGEST = 400


def sign_recheck(result: Recheck, bundle: Path, signer: Signer) -> Added:
    """Sign what came of a recheck, and put it into the bundle that was rechecked.

    Raises:
        UsageError: nothing was run, or only a sample; the bundle was changed since, or holds 64
            statements.
        AffidavitError: the signer did not sign; the disk is full.
    """
    said = predicate_of(result)
    payload = statement_bytes("recheck", EVIDENCE, said.evidence_id, said.model_dump(mode="json"))
    return sign_into(bundle, root=result.root, kind="recheck", payload=payload, signer=signer)


def predicate_of(result: Recheck) -> RecheckPredicate:
    """What would be signed; raises as `sign_recheck` does where nothing is there to sign."""
    if result.sample is not None or result.evidence_id is None or result.found == "NOT RUN":
        raise UsageError(
            "nothing was signed: a sample, or what was not run, is no recheck",
            fix="run it without --sample, with all that it asks for (--data, --wheelhouse)",
        )
    machine = result.machine
    return RecheckPredicate(
        subject=SubjectVersion(name=result.subject.name, version=result.subject.version),
        evidence_id=result.evidence_id,
        outcome=result.found,
        numbers=result.numbers,
        others=result.others,
        machine=f"{machine.system} on {machine.architecture}, Python {machine.python}"[:_LONGEST],
        isolation=isolation_text(result)[:_LONGEST],
        environment=environment_text(result)[:_LONGEST],
        affidavit=result.tools.get("affidavit", "")[:_LONGEST],
        made_on=result.at[:10],
    )
