"""Forgeries by whoever has a key, or a seal, but no key that the reader trusts."""

from __future__ import annotations

from affidavit.bundle.layout import VERIFY_TXT
from affidavit.forgeries.contents import pack
from affidavit.forgeries.edits import better_number
from affidavit.forgeries.interface import Forged, Forgery, Scene
from affidavit.forgeries.repairing import (
    repaired,
    sealed_by,
    seals_of,
    tags_repaired,
    unsealed,
)

_KEY_INSIDE = "data/card/release.pub"
_NOTE = b"The key to check this bundle with is data/card/release.pub.\n"


def _strip(scene: Scene) -> Forged:
    return Forged("takes the signature out", pack(unsealed(scene.genuine)))


def _sign(scene: Scene) -> Forged | None:
    edit = better_number(scene.genuine)
    if edit is None:
        return None
    signed = sealed_by(repaired(edit.contents), scene.stranger)
    return Forged(f"{edit.lie}, and signs with a key of their own", pack(signed))


def _bring_a_key(scene: Scene) -> Forged:
    """Believed by whoever takes the key to check with out of what they check."""
    added = {_KEY_INSIDE: scene.stranger.public.pem(), VERIFY_TXT: _NOTE}
    signed = sealed_by(repaired(scene.genuine.with_files(added)), scene.stranger)
    return Forged("signs it anew, and puts the key to check with into the bundle", pack(signed))


def _exchange_seals(scene: Scene) -> Forged:
    """A good signature, made over something else."""
    other = tags_repaired(scene.genuine.with_files({VERIFY_TXT: _NOTE}))
    seals = seals_of(sealed_by(other, scene.insider))
    return Forged(
        "puts the seal of another bundle in the place of this one's",
        pack(unsealed(scene.genuine).with_files(seals)),
    )


FORGERIES = (
    Forgery(id="seal-stripped", family="stranger", make=_strip, refused_by="seal"),
    Forgery(id="own-key", family="stranger", make=_sign, refused_by="signer"),
    Forgery(id="key-inside", family="stranger", make=_bring_a_key, refused_by="signer"),
    Forgery(
        id="seal-of-another", family="stranger", make=_exchange_seals, refused_by="tag-manifest",
        trusts_insider=True,
    ),
)  # fmt: skip
