"""Entry names that mean the same file on every system (docs/bundle-format.md, N1 to N4)."""

from __future__ import annotations

import hashlib
import re
from unicodedata import normalize

from affidavit.errors import EntryRefused, UsageError

MAX_PATH = 180
MAX_DEPTH = 32
_MAX_KNOWN = 300_000  # names and folders together: three times what an archive may hold
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{d}{n}" for d in ("com", "lpt") for n in "123456789¹²³"]
)
# Control characters, those that Windows forbids, the percent sign (BagIt decodes it), surrogates.
_ACTED_ON = re.compile(r"""[\x00-\x1f\x7f\\:*?"<>|%\ud800-\udfff]""")
_INVISIBLE = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# What a file system that folds case leaves out of a name when it compares (Unicode,
# Default_Ignorable_Code_Point), and N2 does not refuse: an emoji's form is no fault by itself.
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)


def require_portable_name(name: str, seen: dict[str, str]) -> None:
    """Refuse an entry name that any system would unpack elsewhere, or over another entry.

    Args:
        name: the name as it stands in the archive, decoded.
        seen: folded name to name of the entries accepted so far, folders with a final slash;
            gains this one and its folders.

    Raises:
        EntryRefused: names the entry and the rule.
    """
    if fault := portability_fault(name):
        raise EntryRefused(f"entry {name!r}: {fault}")
    folded = folded_name(name)
    if other := seen.get(folded):
        raise EntryRefused(f"entry {name!r}: N4, the same file as {other!r} on some systems")
    if len(seen) > _MAX_KNOWN:
        raise EntryRefused(f"entry {name!r}: N3, more than {_MAX_KNOWN:,} names and folders")
    seen[folded] = name
    _require_one_spelling(name, name.rpartition("/")[0], seen)


def _require_one_spelling(name: str, folder: str, seen: dict[str, str]) -> None:
    """A folder is spelled in one way, and is no file; its parents were seen with it."""
    while folder:
        folded = folded_name(folder)
        other = seen.get(folded)
        if other == folder + "/":
            return
        if other is not None:
            raise EntryRefused(
                f"entry {name!r}: N4, its folder is the same as {other!r} on some systems"
            )
        seen[folded] = folder + "/"
        folder = folder.rpartition("/")[0]


def folded_name(name: str) -> str:
    """The form in which two names that some file system takes for one are equal."""
    if name.isascii():
        return name.lower()
    folded = normalize("NFC", _IGNORED.sub("", name)).casefold()
    # exFAT's table has the dotless i of Turkish as an I; Unicode's full case folding has not.
    return normalize("NFC", folded.replace("\u0131", "i"))


def portability_fault(name: str) -> str | None:
    """The first rule that a name breaks, or None."""
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return f"N3, deeper than {MAX_DEPTH} folders"
    if any(p in {"", ".", ".."} for p in parts):
        return "N1, not a plain relative path"
    if _ACTED_ON.search(name):
        return "N2, a character that Windows, BagIt or a terminal acts on"
    if not name.isascii() and _INVISIBLE.search(name):
        return "N2, an invisible or direction-changing character"
    if any(
        p[-1] in ". " or p[0] == " " or p.partition(".")[0].rstrip().casefold() in _DEVICES
        for p in parts
    ):
        return "N3, a name that Windows rewrites or reserves"
    if len(name) > MAX_PATH or len(name.encode()) > 2 * MAX_PATH:
        return f"N3, longer than {MAX_PATH} characters"
    return None


def stored_name(original: str) -> str:
    """The name under which a source's file is stored: its own, or `_names/<sha256>`.

    The caller records the original in `Item.original_name` where the two differ, and gives the
    result to `require_portable_name` among its siblings.
    """
    if portability_fault(original) is None and len(original) < MAX_PATH - 60:
        return original
    return "_names/" + hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()


def folder_name(name: str, version: str) -> str:
    """The archive's one top folder: name-version in portable form.

    Raises:
        UsageError: nothing portable is left of the name.
    """
    folded = re.sub(r"[^A-Za-z0-9._-]+", "-", normalize("NFKD", name)).strip("-. ")
    result = f"{folded[:80]}-{version}"
    if not folded or portability_fault(result):
        raise UsageError(f"the model name {name!r} gives no portable folder name")
    return result
