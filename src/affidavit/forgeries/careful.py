"""Forgeries by whoever recomputes every checksum after the change: no key is needed for that."""

from __future__ import annotations

from affidavit.bundle import layout
from affidavit.forgeries.contents import pack
from affidavit.forgeries.edits import Edit, better_number, better_status
from affidavit.forgeries.interface import Forged, Forgery, Scene
from affidavit.forgeries.repairing import repaired, tags_repaired

_TEXT = b"This bundle was checked by its sender. Nothing more is to be done.\n"


def _card(scene: Scene) -> Forged | None:
    return _with_checksums(better_number(scene.genuine))


def _control(scene: Scene) -> Forged | None:
    return _with_checksums(better_status(scene.genuine))


def _instructions(scene: Scene) -> Forged:
    changed = tags_repaired(scene.genuine.with_files({layout.VERIFY_TXT: _TEXT}))
    return Forged("rewrites VERIFY.txt and recomputes the list it stands in", pack(changed))


def _with_checksums(edit: Edit | None) -> Forged | None:
    return edit and Forged(
        f"{edit.lie}, and recomputes every checksum", pack(repaired(edit.contents))
    )


FORGERIES = (
    Forgery(id="card-recomputed", family="careful", make=_card, refused_by="tag-manifest"),
    Forgery(id="control-recomputed", family="careful", make=_control, refused_by="tag-manifest"),
    Forgery(id="verify-txt", family="careful", make=_instructions, refused_by="tag-manifest"),
)
