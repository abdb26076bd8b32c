"""Lies by a signer whom the reader trusts: the seal is good, and the numbers give them away."""

from __future__ import annotations

from affidavit.forgeries.contents import pack
from affidavit.forgeries.edits import (
    Edit,
    better_number,
    better_rate,
    better_status,
    more_rows,
    other_author,
    other_data,
)
from affidavit.forgeries.interface import Forged, Forgery, Scene
from affidavit.forgeries.repairing import repaired, sealed_by


def _counts(scene: Scene) -> Forged | None:
    return _sealed(scene, more_rows(scene.genuine))


def _rate(scene: Scene) -> Forged | None:
    return _sealed(scene, better_rate(scene.genuine))


def _card(scene: Scene) -> Forged | None:
    return _sealed(scene, better_number(scene.genuine))


def _control(scene: Scene) -> Forged | None:
    return _sealed(scene, better_status(scene.genuine))


def _data(scene: Scene) -> Forged | None:
    return _sealed(scene, other_data(scene.genuine))


def _author(scene: Scene) -> Forged | None:
    return _sealed(scene, other_author(scene.genuine))


def _sealed(scene: Scene, edit: Edit | None) -> Forged | None:
    if edit is None:
        return None
    signed = sealed_by(repaired(edit.contents), scene.insider)
    return Forged(f"{edit.lie}, and seals all of it", pack(signed))


FORGERIES = tuple(
    Forgery(id=name, family="insider", make=make, refused_by=check, trusts_insider=True)
    for name, make, check in (
        ("counts-sealed", _counts, "arithmetic"),
        ("rate-sealed", _rate, "arithmetic"),
        ("card-sealed", _card, "card"),
        ("control-sealed", _control, "card"),
        ("data-sealed", _data, "tracked-data"),
        ("author-sealed", _author, "commit"),
    )
)
