"""Forgeries by whoever carries the file, and changes it without any repair."""

from __future__ import annotations

from affidavit.forgeries.contents import PAYLOAD, Contents, pack, packed
from affidavit.forgeries.edits import better_number
from affidavit.forgeries.interface import Forged, Forgery, Scene

_MODEL = "data/model/"
_ADDED = "data/card/read-me-first.html"


def _flip_a_bit(scene: Scene) -> Forged | None:
    path = _largest(scene.genuine, _MODEL)
    if path is None:
        return None
    content = bytearray(scene.genuine.files[path])
    content[len(content) // 2] ^= 1
    changed = scene.genuine.with_files({path: bytes(content)})
    return Forged(f"flips one bit of the model, {_name(path)}", pack(changed))


def _edit_the_card(scene: Scene) -> Forged | None:
    edit = better_number(scene.genuine)
    return edit and Forged(edit.lie, pack(edit.contents))


def _add_a_file(scene: Scene) -> Forged:
    added = scene.genuine.with_files({_ADDED: b"<p>This model was approved by everybody.</p>\n"})
    return Forged("puts a page of their own beside the card", pack(added))


def _take_a_file_out(scene: Scene) -> Forged | None:
    path = _largest(scene.genuine, "data/reports/")
    if path is None:
        return None
    return Forged(f"takes a report out, {_name(path)}", pack(scene.genuine.without(path)))


def _append_bytes(scene: Scene) -> Forged:
    return Forged(
        "appends bytes to the archive", pack(scene.genuine) + b"a second archive could stand here"
    )


def _double_an_entry(scene: Scene) -> Forged | None:
    """Readers differ in which of two entries they show; one is signed, the other is not."""
    edit = better_number(scene.genuine)
    path = next(p for p in scene.genuine.below(PAYLOAD)) if edit is None else None
    changed = scene.genuine if edit is None else edit.contents
    twins = []
    for name, content in scene.genuine.entries():
        twins.append((name, content))
        if name == path or changed.files[name] != content:
            twins.append((name, changed.files[name]))
    did = "puts a second file of the same name into the archive"
    return Forged(did, packed(scene.genuine.folder, twins))


def _largest(contents: Contents, start: str) -> str | None:
    found = [p for p in contents.below(start) if contents.files[p]]
    return max(found, key=lambda p: len(contents.files[p]), default=None)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


FORGERIES = (
    Forgery(id="model-bit", family="carrier", make=_flip_a_bit, refused_by="payload-digest"),
    Forgery(id="card-number", family="carrier", make=_edit_the_card, refused_by="payload-digest"),
    Forgery(id="file-added", family="carrier", make=_add_a_file, refused_by="unlisted"),
    Forgery(id="file-removed", family="carrier", make=_take_a_file_out, refused_by="incomplete"),
    Forgery(id="bytes-appended", family="carrier", make=_append_bytes, refused_by="archive"),
    Forgery(id="entry-twice", family="carrier", make=_double_an_entry, refused_by="archive"),
)
