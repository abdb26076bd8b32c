"""Attacks on the bag: the files that list and describe the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.attacks.suite.case import Attack, World
from tests.support.forgeries import with_seal
from tests.support.payloads import sha256_of

from affidavit.bundle import layout
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import statement_name

FILE = "data/model/MLmodel"
Edit = Callable[[bytes], bytes]


def with_file(name: str, edit: Edit) -> Callable[[World], Path]:
    """One tag file edited, nothing repaired."""
    return lambda w: w.good.replace(name, edit(w.good.read(name)))


def recomputed(name: str, edit: Edit) -> Callable[[World], Path]:
    """One tag file edited, and the tag manifest made to fit it."""

    def make(world: World) -> Path:
        files = dict(world.good.entries)
        files[name] = edit(files[name])
        files[layout.TAG_MANIFEST] = render_manifest(
            (n, sha256_of(files[n])) for n in layout.TAGGED
        )
        return world.good.pack([(n, files[n]) for n, _ in world.good.entries])

    return make


def sealed_as_is(name: str, edit: Edit) -> Callable[[World], Path]:
    """The same, and the right key seals it: only the form of the bag is wrong."""

    def make(world: World) -> Path:
        files = dict(world.good.entries)
        files[name] = edit(files[name])
        if name != layout.TAG_MANIFEST:
            rows = ((n, sha256_of(files[n])) for n in layout.TAGGED)
            files[layout.TAG_MANIFEST] = render_manifest(rows)
        kept = [(n, files[n]) for n, _ in world.good.entries if not n.startswith("signatures/")]
        return world.good.pack(with_seal(kept, world.signer, world.good.predicate()))

    return make


def line_for(path: str) -> Edit:
    """One line more, in its place."""

    def edit(manifest: bytes) -> bytes:
        lines = [*manifest.splitlines(keepends=True), f"{'0' * 64}  {path}\n".encode()]
        return b"".join(sorted(lines, key=lambda line: line[66:]))

    return edit


def _a(name: str, does: str, make: object, check: str, says: str = "", *, code: int = 1) -> Attack:
    assert callable(make)
    return Attack(id=f"bag/{name}", does=does, make=make, check=check, says=says, exit_code=code)


def _crlf(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def _bom(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def _first_twice(content: bytes) -> bytes:
    return content[: content.index(b"\n") + 1] + content


_M, _T = layout.MANIFEST, layout.TAG_MANIFEST

ATTACKS = (
    _a("flipped-bit", "One bit of the model is flipped.", lambda w: w.good.flip_bit(FILE),
       "payload-digest", FILE),
    _a("unlisted", "A file is added that no manifest lists.",
       lambda w: w.good.add("data/model/more.pkl", b"cos\nsystem\n"), "unlisted"),
    _a("missing", "A listed file is taken out.", lambda w: w.good.drop(FILE), "incomplete"),
    _a("added-and-listed", "A file is added, and every checksum repaired.",
       lambda w: w.good.add("data/model/more.pkl", b"x", "checksums"), "tag-manifest"),
    _a("missing-and-unlisted", "A file is taken out, and every checksum repaired.",
       lambda w: w.good.drop("data/card/model-card.md", "checksums"), "tag-manifest"),
    _a("listed-twice", "The manifest lists a name twice.",
       sealed_as_is(_M, _first_twice), "manifest", "stands twice"),
    _a("unsorted", "The manifest is in another order.",
       sealed_as_is(_M, lambda c: b"".join(reversed(c.splitlines(keepends=True)))), "manifest",
       "out of order"),
    _a("sha512", "The manifest holds digests of another algorithm.",
       sealed_as_is(_M, lambda c: b"0" * 64 + c), "manifest", "expected"),
    _a("upper-case", "The manifest's digests are in capitals.",
       sealed_as_is(_M, lambda c: c.upper()), "manifest", "expected"),
    _a("binary-mark", "The manifest marks files as binary (`*`), as other tools write it.",
       sealed_as_is(_M, lambda c: c.replace(b"  data", b" *data")), "manifest", "expected"),
    _a("crlf", "The manifest has the line ends of Windows.", sealed_as_is(_M, _crlf), "manifest",
       "expected"),
    _a("bom", "The manifest begins with a byte order mark.", sealed_as_is(_M, _bom), "manifest",
       "expected"),
    _a("no-last-line-end", "The manifest's last line has no end.",
       sealed_as_is(_M, lambda c: c[:-1]), "manifest", "has no end"),
    _a("not-utf8", "The manifest is not UTF-8.",
       sealed_as_is(_M, lambda c: c.replace(b"MLmodel", b"MLmode\xff")), "manifest", "not UTF-8"),
    _a("empty-manifest", "The manifest lists nothing.", sealed_as_is(_M, lambda _: b""), "unlisted"),
    _a("lists-outside", "The manifest lists a path that leads out of the bag.",
       sealed_as_is(_M, line_for("../../etc/passwd")), "incomplete"),
    _a("lists-tag-file", "The manifest lists a file outside data.",
       sealed_as_is(_M, line_for("VERIFY.txt")), "item-table"),
    _a("lists-statement", "The manifest lists the seal, which would sign itself.",
       lambda w: sealed_as_is(_M, line_for(statement_name("seal", w.seal)))(w), "incomplete"),
    _a("lists-escape", "The manifest lists a name that would clear the screen.",
       sealed_as_is(_M, line_for("data/\x1b[2J")), "manifest", "expected"),
    _a("lists-direction", "The manifest lists a name that is turned round.",
       sealed_as_is(_M, line_for("data/\u202efdp.exe")), "incomplete"),
    _a("instructions", "VERIFY.txt tells another fingerprint.",
       with_file(layout.VERIFY_TXT, lambda c: c.replace(b"sha256", b"sha257")), "tag-digest"),
    _a("instructions-recomputed", "VERIFY.txt is changed, and the tag manifest recomputed.",
       recomputed(layout.VERIFY_TXT, lambda c: c.replace(b"sha256", b"sha257")), "tag-manifest"),
    _a("bag-info-recomputed", "bag-info.txt is changed, and the tag manifest recomputed.",
       recomputed(layout.BAG_INFO, lambda c: c.replace(b"credit-risk", b"credit-rick")),
       "tag-manifest"),
    _a("declaration", "bagit.txt has the line ends of Windows.",
       recomputed(layout.BAGIT, _crlf), "archive", "declaration of BagIt"),
    _a("declaration-bom", "bagit.txt begins with a byte order mark.",
       recomputed(layout.BAGIT, _bom), "archive", "declaration of BagIt"),
    _a("declaration-encoding", "bagit.txt says that tag files are in UTF-16.",
       recomputed(layout.BAGIT, lambda c: c.replace(b"UTF-8", b"UTF-16")), "archive",
       "declaration of BagIt"),
    _a("bag-info-crlf", "bag-info.txt has the line ends of Windows.",
       sealed_as_is(layout.BAG_INFO, _crlf), "archive", "bag-info.txt"),
    _a("bag-info-twice", "bag-info.txt states the evidence id twice.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.replace(
           b"Payload", b"Affidavit-Evidence-Id: " + b"0" * 64 + b"\nPayload")), "archive",
       "expected the lines"),
    _a("bag-info-id", "bag-info.txt states another evidence id.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.replace(
           c.splitlines()[1], b"Affidavit-Evidence-Id: " + b"0" * 64)), "bag-info"),
    _a("bag-info-count", "bag-info.txt counts another payload.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.rstrip() + b"1\n"), "bag-info"),
    _a("bag-info-digits", "bag-info.txt counts in 5,000 digits.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.rstrip() + b"9" * 5000 + b"\n"), "archive",
       "not of its form"),
    _a("bag-info-arabic", "bag-info.txt counts in digits of another script.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.rstrip() + "\u0663".encode() + b"\n"), "archive",
       "not of its form"),
    _a("format-forms", "The format's number is written in another form (`01`).",
       sealed_as_is(layout.BAG_INFO, lambda c: c.replace(b"Format: 1", b"Format: 01")), "archive",
       "does not begin with"),
    _a("format-newer", "The bundle says that it is of a later format, to be let off.",
       sealed_as_is(layout.BAG_INFO, lambda c: c.replace(b"Format: 1", b"Format: 2")), "format",
       code=4),
    _a("tag-manifest-less", "The tag manifest leaves VERIFY.txt out, and is sealed.",
       sealed_as_is(_T, lambda c: b"".join(
           line for line in c.splitlines(keepends=True) if b"VERIFY" not in line)), "tag-digest"),
    _a("tag-manifest-more", "The tag manifest lists a statement too, and is sealed.",
       sealed_as_is(_T, lambda c: c + b"0" * 64 + b"  x\n"), "tag-digest"),
    _a("tag-manifest-crlf", "The tag manifest has the line ends of Windows, and is sealed.",
       sealed_as_is(_T, _crlf), "tag-digest"),
    _a("tag-manifest-edited", "One digest of the tag manifest is changed.",
       with_file(_T, lambda c: b"0" * 64 + c[64:]), "tag-manifest"),
    _a("withheld-silently", "A file is left out, and no statement says so.",
       lambda w: w.good.drop("data/dataset/evaluation/test.csv"), "incomplete"),
)  # fmt: skip
