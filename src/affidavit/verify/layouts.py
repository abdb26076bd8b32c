"""An in-toto layout from outside the bundle: who had to do which step, and did it for this one.

The library checks signatures, thresholds and rules. Three things are ours. Nothing is ever run: a
layout with inspections is refused, and so is a link that is a layout of its own, since both can
hold commands. No key counts under two names. And the links must be about this very bundle: the
library only asks that they agree with each other.

References:
    in-toto specification 1.0, 5 (verification); `in_toto.verifylib.in_toto_verify`, whose steps 1
    to 9 are taken here, without 6 (layouts within layouts) and 10 and 11 (inspections).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from affidavit.bundle.links import STEPS, artifacts
from affidavit.bundle.public_key import PublicKey, load_public
from affidavit.errors import MissingExtra, UsageError
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.records import Records

INSTALL: Final = "pip install 'affidavit[layout]'"
_MAX_BYTES: Final = 4 * 1024 * 1024
_KEY_TYPES: Final = frozenset({"ed25519", "ecdsa", "rsa"})
_ASK_OWNER: Final = "ask its owner for one that holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout that its owner signed and that holds today, and where the links are.

    Attributes:
        payload: the library's own.
    """

    path: Path
    payload: Any
    links: Path


def require_in_toto() -> None:
    """Refuse to go on without the library.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import in_toto.verifylib  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "in-toto is not installed, and layouts need it",
            "the base installation does without", INSTALL,
        ) from error  # fmt: skip


def key_fields(key: PublicKey) -> dict[str, Any]:
    """A public key as layouts hold it, with its id.

    Raises:
        UsageError: of a kind that stock in-toto does not take.
    """
    from securesystemslib.signer import SSlibKey

    if key.kind not in ("ed25519", "p256"):
        raise UsageError(
            f"a key of the kind {key.kind} cannot stand in a layout",
            "in-toto takes Ed25519 and P-256", "affidavit keygen makes one",
        )  # fmt: skip

    found = SSlibKey.from_crypto(key.key)
    return {**found.to_dict(), "keyid": found.keyid}


def read_layout(path: Path, owner: Path, links: Path) -> Layout:
    """A layout, judged by the key that its owner gave; nothing of it is used before.

    Args:
        path: the layout, from outside any bundle.
        owner: the public key of whoever may make it.
        links: the folder of the links.

    Raises:
        MissingExtra: in-toto is not installed.
        UsageError: no layout, signed by another key, expired, with inspections, or with one key
            under two names.
        KeyProblem: `owner` is no public key.
    """
    require_in_toto()
    from in_toto.exceptions import LayoutExpiredError, SignatureVerificationError
    from in_toto.models.metadata import Envelope
    from in_toto.verifylib import verify_layout_expiration, verify_metadata_signatures

    if not links.is_dir():
        raise UsageError(f"{links} is not a folder", fix="name the folder of the links: --links")
    fields = key_fields(load_public(owner))
    content = _read(path)
    try:
        metadata = Envelope.from_dict(json.loads(content))
        verify_metadata_signatures(metadata, {fields["keyid"]: fields})
        payload = metadata.get_payload()
        verify_layout_expiration(payload)  # a link has no such day
    except SignatureVerificationError as error:
        raise UsageError(
            f"{path} is not signed by {owner}", "its signature is by another key, or was changed",
            _ASK_OWNER,
        ) from error  # fmt: skip
    except LayoutExpiredError as error:
        raise UsageError(f"{path} has expired", str(error), _ASK_OWNER) from error
    except Exception as error:  # whatever the library makes of a file that is none
        raise UsageError(
            f"{path} is no signed layout", f"{type(error).__name__}", _ASK_OWNER
        ) from error
    _require_harmless(path, payload)
    return Layout(path=path, payload=payload, links=links)


def check_layout(layout: Layout, root: str, records: Records, ledger: Ledger) -> None:
    """Every step was done, by enough of those who may do it, and for this very bundle."""
    fault = _fault(layout, root, records)
    if fault is not None:
        ledger.failed("layout", fault)
        return
    ledger.passed(
        "layout", "every step of the layout was done by who may do it, for this bundle",
        found=", ".join(s.name for s in layout.payload.steps),
    )  # fmt: skip


def _fault(layout: Layout, root: str, records: Records) -> Fault | None:
    from in_toto import verifylib
    from in_toto.models.link import Link

    payload = layout.payload
    fix = f"ask for what is missing, and put it into {layout.links}"
    try:
        found = verifylib.load_links_for_layout(payload, str(layout.links))
        found = verifylib.verify_link_signature_thresholds(payload, found)
        links = {s: {k: m.get_payload() for k, m in by.items()} for s, by in found.items()}
        if any(not isinstance(link, Link) for by in links.values() for link in by.values()):
            return Fault("a link is a layout of its own, which could run commands", fix=fix)
        verifylib.verify_threshold_constraints(payload, links)
        links = verifylib.reduce_chain_links(links)
        verifylib.verify_all_item_rules(payload.steps, links)
    except Exception as error:  # noqa: BLE001 - a link is a stranger's, and the library's errors have no one base
        said = str(error).partition("\n")[0] or type(error).__name__
        return Fault(f"the layout {layout.path} does not hold: {said}", None, fix=fix)
    return _other_bundle(links, root, records)


def _other_bundle(links: Mapping[str, Any], root: str, records: Records) -> Fault | None:
    for step in STEPS:
        if step not in links:
            continue
        said = artifacts(step, records.evidence, records.evidence_id, root)
        link = links[step]
        for ours, theirs in ((said.materials, link.materials), (said.products, link.products)):
            if {p: {"sha256": d} for p, d in ours.items()} != dict(theirs):
                return Fault(
                    f"the links of the step {step} are about something else than this bundle", None,
                    ", ".join(ours)[:200], ", ".join(theirs)[:200], "ask for this bundle's links",
                )  # fmt: skip
    return None


def _require_harmless(path: Path, payload: Any) -> None:
    if payload.inspect:
        raise UsageError(
            f"{path} has inspections", "an inspection is a command that would be run here",
            "ask its owner for a layout without any",
        )  # fmt: skip
    names = [s.name for s in payload.steps]
    if "seal" not in names or len(set(names)) != len(names) or set(names) - set(STEPS):
        raise UsageError(
            f"{path} has other steps than a bundle's",
            f"expected seal and any of {', '.join(STEPS)}, each once; found {', '.join(names)}",
            _ASK_OWNER,
        )  # fmt: skip
    keys = cast("Mapping[str, Any]", payload.keys)
    if odd := {str(k.get("keytype")) for k in keys.values()} - _KEY_TYPES:
        raise UsageError(f"{path} holds a key of the kind {min(odd)}", fix=_ASK_OWNER)
    values = [json.dumps(k["keyval"]["public"]) for k in keys.values()]
    if len(set(values)) != len(values) or any(k["keyid"] != i for i, k in keys.items()):
        raise UsageError(
            f"{path} holds one key under two names", "it would count twice towards a threshold",
            _ASK_OWNER,
        )  # fmt: skip
    for step in payload.steps:
        if len(set(step.pubkeys)) != len(step.pubkeys) or step.threshold < 1:
            raise UsageError(f"{path}: the step {step.name} names a key twice, or needs nobody")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error)) from error
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{path} is larger than {_MAX_BYTES} bytes", "no layout is")
    return content
