"""Authorities that the reader trusts: whose certificates name signers, and whose clock counts.

    [[authority]]                           a PKI: the names in its certificates are believed
    name = "bank"
    roots = "pki/root.pem"                  or the PEM itself
    intermediates = "pki/issuing.pem"       a bundle holds the signer's certificate alone

    [[timestamp]]                           an RFC 3161 authority: its time is believed
    name = "clock"
    roots = "pki/clock-root.pem"

An authority alone makes nobody a signer: a `[[signer]]` names it, and the names that count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.errors import KeyProblem
from affidavit.verify.toml_faults import Faults

_KEYS: Final = {"name", "roots", "intermediates"}
_KINDS: Final = ("email:", "uri:", "dns:")
# A pattern that backtracks is run over names of a stranger's making: neither may be the worst.
_MAX_MATCHED: Final = 300
_MAX_REPEATS: Final = 3
_NO_REPEAT = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_SHOWN: Final = '"email:release@bank.example", "uri:https://…" or "dns:…"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Roots from outside any bundle, and issuers between them and a certificate; DER."""

    name: str
    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a signer in the certificates of an authority.

    Attributes:
        exact: names of a certificate, as a whole: `email:release@bank.example`.
        pattern: matches a whole name; None for none.
    """

    exact: frozenset[str]
    pattern: str | None = None

    def find(self, names: Sequence[str]) -> str | None:
        """The first of these names that is one of the signer's; never a part of one."""
        for name in names:
            if name in self.exact or self._matches(name):
                return name
        return None

    def may_find(self, names: Sequence[str]) -> bool:
        """Whether `find` could, asked before a path is: the pattern is left for after it."""
        return self.pattern is not None or not self.exact.isdisjoint(names)

    def _matches(self, name: str) -> bool:
        if self.pattern is None or len(name) > _MAX_MATCHED:
            return False
        return re.fullmatch(self.pattern, name) is not None


def read_authorities(
    table: dict[str, object], key: str, folder: Path, faults: Faults
) -> tuple[Authority, ...]:
    """The authorities of `[[authority]]` or `[[timestamp]]`.

    Args:
        table: of trust.toml.
        key: which of the two.
        folder: paths start there.
        faults: gains what is wrong.
    """
    found: list[Authority] = []
    for number, row in faults.tables(table, key):
        where = f"{key} {number}"
        faults.unknown(where + ":", row, _KEYS)
        name, roots = faults.text(row, "name", where), faults.text(row, "roots", where)
        if name in {a.name for a in found}:
            faults.add(f"{where}: {name!r} is there twice")
        between = faults.text(row, "intermediates", where) if "intermediates" in row else ""
        if name and roots:
            found.append(
                Authority(
                    name=name, roots=_certificates(roots, folder, f"{where}: roots", faults),
                    intermediates=_certificates(between, folder, f"{where}: intermediates", faults),
                )
            )  # fmt: skip
    return tuple(found)


def read_names(row: dict[str, object], where: str, faults: Faults) -> Names:
    """The names of a signer's certificate: `named`, or `named_pattern`."""
    exact, pattern = row.get("named", []), row.get("named_pattern")
    if not isinstance(exact, list) or not all(_is_name(n) for n in exact):
        faults.add(f"{where}: named expected a list of {_SHOWN}, found {exact!r}")
        exact = []
    if pattern is not None and not _is_pattern(pattern):
        faults.add(
            f"{where}: named_pattern expected a regular expression of a whole name, from ^ and "
            f"its kind ({', '.join(_KINDS)}) to $, without |, a repeated group and more than "
            f"{_MAX_REPEATS} open repeats, found {pattern!r}"
        )
        pattern = None
    if not exact and pattern is None:
        faults.add(f"{where}: named is missing: a list of {_SHOWN}")
    return Names(exact=frozenset(exact), pattern=pattern if isinstance(pattern, str) else None)


def _is_name(value: object) -> bool:
    # A certificate's names are ASCII: a letter that only looks like one matches nobody.
    return isinstance(value, str) and value.isascii() and value.startswith(_KINDS)


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str) or not value.isascii():
        return False
    if not value.startswith(tuple(f"^{kind}" for kind in _KINDS)) or not value.endswith("$"):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    # `^email:a|.*$` is anchored at one end of each half.
    return "|" not in value and not _is_endless(value)


def _is_endless(pattern: str) -> bool:
    """Whether some name could keep it busy: a repeat of repeats, or many in a row."""
    bare = _NO_REPEAT.sub("x", pattern)
    return bool(_REPEATED_GROUP.search(bare)) or len(_REPEAT.findall(bare)) > _MAX_REPEATS


def _certificates(given: str, folder: Path, where: str, faults: Faults) -> tuple[bytes, ...]:
    from affidavit.bundle.certificate import read_pem  # x509: only with an authority to read
    from affidavit.bundle.public_key import read_key_file

    if not given:
        return ()
    is_inline = given.lstrip().startswith("-----BEGIN")
    try:
        content = given.encode() if is_inline else read_key_file(folder / given)
        return read_pem(content, where if is_inline else str(folder / given))
    except KeyProblem as error:
        faults.add(f"{where}: {error}")
        return ()
