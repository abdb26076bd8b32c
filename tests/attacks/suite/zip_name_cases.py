"""Attacks by the names of entries: the same archive is another tree on another system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.attacks.suite.case import Attack, World
from tests.support.raw_archives import pack_raw

TOP = "credit-risk-3/"


def named(*names: str) -> Callable[[World], Path]:
    """Entries of these full names stand before the signed statements."""

    def make(world: World) -> Path:
        entries = world.whole
        cut = next(i for i, (n, _) in enumerate(entries) if "/signatures/" in n)
        added = [(name, b"x") for name in names]
        return world.pack([*entries[:cut], *added, *entries[cut:]])

    return make


def bytes_named(old: bytes, new: bytes) -> Callable[[World], Path]:
    """A name that is no UTF-8, in both headers; of the same length."""
    return lambda w: w.good.write_file(pack_raw(w.whole).replace(old, new))


def renamed(old: str, new: str) -> Callable[[World], Path]:
    return lambda w: w.pack([(n.replace(old, new), c) for n, c in w.whole])


def swapped(world: World) -> Path:
    entries = world.whole
    entries[-2], entries[-1] = entries[-1], entries[-2]
    return world.pack(entries)


def _a(name: str, does: str, make: object, says: str) -> Attack:
    assert callable(make)
    return Attack(id=f"zip/{name}", does=does, make=make, check="archive", says=says)


_OUTSIDE = "outside the one top folder"

ATTACKS = (
    _a("duplicate-name", "One name stands twice, with two contents.",
       named(f"{TOP}data/z.txt", f"{TOP}data/z.txt"), "stands twice"),
    _a("duplicate-head", "The manifest stands twice.", named(f"{TOP}manifest-sha256.txt"),
       "stands twice"),
    _a("parent", "A name leads out of the folder (`..`).", named(f"{TOP}data/../../../x"), "N1"),
    _a("dot", "A name holds a folder `.`.", named(f"{TOP}data/./z"), "N1"),
    _a("empty-part", "A name holds an empty part.", named(f"{TOP}data//z"), "N1"),
    _a("folder-entry", "An entry is a folder.", named(f"{TOP}data/z/"), "N1"),
    _a("absolute", "A name is absolute.", named("/etc/passwd"), _OUTSIDE),
    _a("drive", "A name has a drive.", named("C:/Windows/z"), _OUTSIDE),
    _a("drive-within", "A name below the folder has a drive.", named(f"{TOP}data/C:z"), "N2"),
    _a("stream", "A name is an alternate data stream on NTFS.", named(f"{TOP}data/z.txt::$DATA"),
       "N2"),
    _a("unc", "A name is a network path.", named("\\\\host\\share\\z"), _OUTSIDE),
    _a("backslash", "A name holds a backslash.", named(f"{TOP}data\\..\\z"), "N2"),
    _a("backslash-within", "A name below the folder holds a backslash.",
       named(f"{TOP}data/z\\..\\..\\y"), "N2"),
    _a("nul", "A name is cut at a NUL by some readers.", named(f"{TOP}data/z.txt\0.exe"), "N2"),
    _a("line-break", "A name holds a line break, and so forges a line of a manifest.",
       named(f"{TOP}data/z\n{'0' * 64}  data/y"), "N2"),
    _a("percent", "A name holds a percent sign, which BagIt decodes.", named(f"{TOP}data/z%2e"),
       "N2"),
    _a("case", "Two names differ in case.", named(f"{TOP}data/Z.txt", f"{TOP}data/z.txt"), "N4"),
    _a("case-of-folder", "Two folders differ in case.", named(f"{TOP}data/MODEL/z"), "N4"),
    _a("case-kelvin", "The Kelvin sign stands for a k.",
       named(f"{TOP}data/z\u006b", f"{TOP}data/z\u212a"), "N4"),
    _a("case-sharp-s", "Two names differ in a sharp s.",
       named(f"{TOP}data/zss", f"{TOP}data/z\u00df"), "N4"),
    _a("normal-forms", "Two names are one in NFC and NFD.",
       named(f"{TOP}data/ze\u0301", f"{TOP}data/z\u00e9"), "N4"),
    _a("ignorable", "Two names differ in a character that a folding file system leaves out.",
       named(f"{TOP}data/z", f"{TOP}data/z\ufe0f"), "N4"),
    _a("file-is-folder", "A file is a folder of another entry.", named(f"{TOP}data/items.json/z"),
       "N4"),
    _a("reserved", "A name is a device on Windows.", named(f"{TOP}data/nul"), "N3"),
    _a("reserved-suffix", "A device with a suffix.", named(f"{TOP}data/Com1.csv"), "N3"),
    _a("reserved-superscript", "A device with a superscript digit.", named(f"{TOP}data/lpt\u00b2"),
       "N3"),
    _a("reserved-space", "A device with a space before its suffix.", named(f"{TOP}data/aux .txt"),
       "N3"),
    _a("trailing-dot", "A name ends with a dot.", named(f"{TOP}data/z."), "N3"),
    _a("trailing-space", "A folder's name ends with a space.", named(f"{TOP}data/z /y"), "N3"),
    _a("deep", "A path is a thousand folders deep.", named(TOP + "data/" + "d/" * 1000 + "z"), "N3"),
    _a("long", "A path is longer than Windows takes.", named(f"{TOP}data/" + "z" * 180), "N3"),
    _a("longest", "A name fills all 65,535 bytes.", named(TOP + "z" * (65_535 - len(TOP))),
       "does not fit the archive"),
    _a("escape-sequence", "A name would clear the screen.", named(f"{TOP}data/z\x1b[2J\x07"), "N2"),
    _a("c1-control", "A name holds an eight-bit control character.", named(f"{TOP}data/z\x9b2J"),
       "N2"),
    _a("direction", "A name is turned round by an override.", named(f"{TOP}data/z\u202efdp.exe"),
       "N2"),
    _a("invisible", "A name holds a zero width space.", named(f"{TOP}data/z\u200b"), "N2"),
    _a("not-utf8", "A name is Latin-1 under the UTF-8 flag.",
       bytes_named(b"data/model/MLmodel", b"data/model/MLmod\xe9l"), "not UTF-8"),
    _a("overlong", "A slash is written overlong.",
       bytes_named(b"data/model/MLmodel", b"data/model/ML\xc0\xafdel"), "not UTF-8"),
    _a("surrogate", "Half a surrogate pair is written in UTF-8.",
       bytes_named(b"data/model/MLmodel", b"data/model/ML\xed\xa0\x80el"), "not UTF-8"),
    _a("second-folder", "An entry stands in a second top folder.", named("x/data/z"), _OUTSIDE),
    _a("no-folder", "The entries stand in no folder.", renamed(TOP, ""), _OUTSIDE),
    _a("folder-of-dots", "The top folder is `..`.", renamed(TOP, "../"), "N1"),
    _a("other-section", "An entry stands beside data and signatures.", named(f"{TOP}setup.exe"),
       "no such file"),
    _a("fetch", "The bag has a fetch.txt, which other readers follow to the network.",
       named(f"{TOP}fetch.txt"), "no such file"),
    _a("other-algorithm", "The bag has a manifest of another algorithm beside ours.",
       named(f"{TOP}manifest-md5.txt"), "no such file"),
    _a("out-of-order", "Entries are out of order.", swapped, "out of order"),
    _a("statement-folder", "A signed statement stands in a folder below signatures.",
       named(f"{TOP}signatures/a/seal-0123456789abcdef.sigstore.json"), "not the name"),
    _a("key-in-bundle", "The bundle brings the key to check it with.",
       named(f"{TOP}signatures/release.pub"), "not the name"),
    _a("trust-in-bundle", "The bundle brings a trust.toml.", named(f"{TOP}signatures/pinned.toml"),
       "not the name"),
    _a("root-in-bundle", "The bundle brings a root certificate.", named(f"{TOP}root.pem"),
       "no such file"),
    _a("layout-in-bundle", "The bundle brings an in-toto layout.", named(f"{TOP}root.layout"),
       "no such file"),
)  # fmt: skip
