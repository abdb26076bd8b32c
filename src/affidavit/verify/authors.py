"""Who made the model, by every name that the record has for them, and whether a signer is one."""

from __future__ import annotations

import re
from unicodedata import normalize

from affidavit.config import Declarations
from affidavit.evidence import Evidence
from affidavit.verify.trust import PinnedKey

FACTS = ("code.author", "run.user", "model.registered_by")
_ADDRESS = re.compile(r"[^\s<>()\[\],;\"']+@[^\s<>()\[\],;\"']+")
_AROUND = " \t<>()[],;\"'"


def authors_of(evidence: Evidence, declarations: Declarations | None) -> frozenset[str]:
    """Names and addresses of the commit's author, who ran and registered it, and the developers.

    Each in one spelling, for `why_not_apart`; empty where the record names nobody.
    """
    facts = (evidence.fact(i) for i in FACTS)
    said = [str(f.value) for f in facts if f is not None and f.value is not None]
    said += declarations.developers if declarations is not None else ()
    return frozenset(n for text in said for n in _names(text))


def why_not_apart(signer: PinnedKey, authors: frozenset[str]) -> str | None:
    """Why a signer cannot be said to be none of the authors; None where they can.

    Whoever cannot be told apart is not apart: a signer without identities, a record without names.
    A user name (`ada`) and an address (`ada@bank.example`) are taken for the same person.
    """
    if not signer.identities:
        return (
            f"the trust gives no identities for {signer.name}, so nobody can say that they are "
            "none of the authors"
        )
    if not authors:
        return "the record names no author, so nobody can say that the signer is none of them"
    told = (n.partition(":")[2] for n in signer.certificate_names)
    own = {n for text in (signer.name, *signer.identities, *told) for n in _names(text)}
    same = sorted(a for a in authors if any(_is_same(a, o) for o in own))
    return f"{signer.name} is an author: the record names {same[0]}" if same else None


def _names(text: str) -> frozenset[str]:
    """`Ada Example <ada@bank.example>` as the name and the address; one word as it is."""
    addresses = _ADDRESS.findall(text)
    name = _ADDRESS.sub(" ", text).strip(_AROUND)
    return frozenset(_folded(n) for n in (name, *addresses) if n)


def _folded(text: str) -> str:
    return " ".join(normalize("NFKC", text).casefold().split())


def _is_same(one: str, other: str) -> bool:
    if ("@" in one) == ("@" in other):
        return one == other
    return one.partition("@")[0] == other.partition("@")[0]
