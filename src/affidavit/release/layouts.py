"""in-toto layouts and links: who may do which step, and that they did it for this bundle."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affidavit.bundle.atomic import writing
from affidavit.bundle.canonical import dumps
from affidavit.bundle.links import STEPS, Step, artifacts, rules
from affidavit.bundle.public_key import PublicKey
from affidavit.bundle.statement import PAYLOAD_TYPE, pae
from affidavit.errors import AffidavitError, BundleError, UsageError
from affidavit.verify import examine
from affidavit.verify.layouts import key_fields, require_in_toto
from affidavit.verify.readable import require_readable

if TYPE_CHECKING:
    from affidavit.seal.interface import Signer
    from affidavit.verify import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who may do which step.

    Attributes:
        people: keys by step; each key once in a step.
        threshold: how many of them have to approve.
        expires: the last day on which it holds, YYYY-MM-DD.
    """

    people: Mapping[Step, Sequence[PublicKey]]
    threshold: int
    expires: str


def write_layout(path: Path, plan: Plan, signer: Signer) -> None:
    """Write a layout, signed by its owner.

    Args:
        path: must not exist.
        plan: every step has somebody; as many approvers as are required.
        signer: the owner's; whoever verifies gets the public key from outside.

    Raises:
        MissingExtra: in-toto is not installed.
        UsageError: a step that nobody may do, too few approvers, a key given twice; `path` exists.
    """
    require_in_toto()
    keys: dict[str, dict[str, Any]] = {}
    steps = []
    for step in STEPS:
        listed = [key_fields(k) for k in plan.people[step]]
        ids = [str(k["keyid"]) for k in listed]
        wanted = plan.threshold if step == "approve" else 1
        if len(set(ids)) != len(ids) or not 0 < wanted <= len(ids):
            raise UsageError(
                f"the step {step} needs {wanted} people at least, each with a key of their own",
                f"found {len(ids)} keys, {len(set(ids))} of them different",
                "give more keys, or ask for fewer",
            )
        keys |= {str(k["keyid"]): k for k in listed}
        materials, products = rules(step)
        steps.append(
            {
                "_type": "step", "name": step, "pubkeys": ids, "threshold": wanted,
                "expected_command": [], "expected_materials": materials,
                "expected_products": products,
            }
        )  # fmt: skip
    layout = {
        "_type": "layout", "readme": "", "keys": keys, "steps": steps, "inspect": [],
        "expires": f"{plan.expires}T23:59:59Z",
    }  # fmt: skip
    _write_signed(path, layout, signer)


def write_link(bundle: Path, step: Step, folder: Path, signer: Signer, trust: Trust | None) -> Path:
    """Say, over a signature, that a step was done, and gave what this bundle holds.

    Args:
        bundle: is verified first.
        step: which one.
        folder: where the link goes, `<step>.<8 digits of the key's id>.link`.
        signer: of whoever did the step.
        trust: signers to verify the bundle against, or None.

    Returns:
        The link's file.

    Raises:
        MissingExtra: in-toto is not installed.
        UsageError: the link exists, or the folder cannot be written to.
        BundleError: the bundle is refuted, or its record cannot be read.
    """
    require_in_toto()
    examined = examine(bundle, trust=trust)
    if examined.verdict.exit_code not in (0, 3):
        raise BundleError(
            f"{bundle} is {examined.verdict.word}", "no link was written",
            "affidavit verify says what is wrong",
        )  # fmt: skip
    records = require_readable(examined.records, examined.verdict, "no link was written")
    said = artifacts(step, records.evidence, records.evidence_id, str(examined.verdict.root))
    link: dict[str, Any] = {
        "_type": "link", "name": step, "command": [], "byproducts": {}, "environment": {},
        "materials": {p: {"sha256": d} for p, d in said.materials.items()},
        "products": {p: {"sha256": d} for p, d in said.products.items()},
    }  # fmt: skip
    path = folder / f"{step}.{str(key_fields(_public(signer))['keyid'])[:8]}.link"
    _write_signed(path, link, signer)
    return path


def _write_signed(path: Path, value: dict[str, Any], signer: Signer) -> None:
    payload, key = dumps(value), _public(signer)
    signed = json.loads(signer.sign(payload))
    signature = base64.b64decode(signed["dsseEnvelope"]["signatures"][0]["sig"])
    if not key.holds(signature, pae(PAYLOAD_TYPE, payload)):
        raise AffidavitError(f"{signer.describe()} gave a signature that does not verify")
    with writing(path) as file:
        file.write(
            dumps(
                {
                    "payload": base64.b64encode(payload).decode(),
                    "payloadType": PAYLOAD_TYPE,
                    "signatures": [
                        {
                            "keyid": str(key_fields(key)["keyid"]),
                            "sig": base64.b64encode(signature).decode(),
                        }
                    ],
                }
            )
        )


def _public(signer: Signer) -> PublicKey:
    found = getattr(signer, "public", None)
    if not isinstance(found, PublicKey):
        raise UsageError(
            f"{signer.describe()} cannot sign links", "in-toto takes keys, not certificates",
            "give a private key: --signer KEY.pem",
        )  # fmt: skip
    return found
