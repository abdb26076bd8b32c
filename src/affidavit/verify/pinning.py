"""Writing a trust.toml: a first one with its explanations, and one signer more.

A signer is appended as text, so every comment and line of the file stays as its owner wrote it. The
key itself goes in: a path could lead to another key later. Nothing is written that does not read
back as the trust there was, and the signer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from affidavit.bundle.atomic import rewriting, writing
from affidavit.bundle.public_key import PublicKey
from affidavit.errors import ConfigError, KeyProblem, UsageError
from affidavit.printable import printable
from affidavit.verify.trust import Trust
from affidavit.verify.trust_file import parse_trust, read_trust_file
from affidavit.verify.windows import ALWAYS, Window, moment_text, parse_time

_START = """\
# Whom you trust, for `affidavit verify --trust`. It comes from you, never from who sent a bundle.
version = 1

# The day on which you last asked whether a key or a statement was withdrawn. Every verdict says it.
as_of = {day}

# A signer and its roles: sealer (makes bundles), approver (decides on releases), validator, owner
# and the other roles that controls ask. `affidavit trust add` writes such a table:
#
# [[signer]]
# name = "release@bank.example"
# key = "keys/release.pub"           # beside this file, or the PEM itself
# roles = ["sealer"]
# identities = ["ada@bank.example"]  # names they go by, for roles apart from the authors
# valid_from = 2026-01-01            # optional; both days belong to it
# valid_until = 2027-12-31
#
# A keyless signer: whom a Sigstore's trusted root vouches for. `trust add --identity` writes both:
#
# [[root]]
# name = "sigstore"
# trusted_root = "trusted_root.json" # from who runs it, never from a bundle
# fetched_on = {day}           # older than max_age_days (180): it decides nothing
#
# [[signer]]
# name = "release pipeline"
# root = "sigstore"
# issuer = "https://token.actions.githubusercontent.com"
# named = ["uri:https://github.com/..."]
# roles = ["sealer"]
#
# A key that is no longer its owner's, or a statement that was withdrawn:
#
# [[revoked]]
# fingerprint = "sha256:..."         # or: statement = "..."
# reason = "laptop stolen"
# revoked_at = 2026-11-02            # of a key; may be left out
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSigner:
    """A signer to be pinned."""

    name: str
    key: PublicKey
    roles: tuple[str, ...]
    identities: tuple[str, ...] = ()
    window: Window = ALWAYS


def window_of(first: str | None, last: str | None) -> Window:
    """What `--valid-from` and `--valid-until` say together.

    Raises:
        UsageError: a side that is no day and no time.
    """
    return Window(
        begin=_moment("--valid-from", first, is_end=False),
        end=_moment("--valid-until", last, is_end=True),
    )


def _moment(option: str, text: str | None, *, is_end: bool) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text, is_end=is_end)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def start_trust(path: Path, day: str) -> None:
    """Write a trust.toml that trusts nobody yet, and says how to go on.

    Args:
        path: must not exist.
        day: on which revocations were last asked for, YYYY-MM-DD.

    Raises:
        UsageError: it exists, or cannot be written.
    """
    with writing(path) as file:
        file.write(_START.format(day=day).encode())


def require_fingerprint(key: PublicKey, expected: str, name: str) -> None:
    """Refuse a key that is another than its owner said.

    Args:
        key: as it was read.
        expected: 64 digits, with or without `sha256:`; spaces and case are as people write them.
        name: of the key's file.

    Raises:
        KeyProblem: another.
    """
    told = "".join(expected.split()).lower()
    if told.removeprefix("sha256:") != key.fingerprint.removeprefix("sha256:"):
        raise KeyProblem(
            f"{name} is not the key that was expected",
            f"expected {expected}, found {key.fingerprint}",
            "ask the signer for the file again, by another way; pin nothing until they agree",
        )


def add_signer(path: Path, new: NewSigner) -> Trust:
    """Pin one more signer in a trust.toml, at its end.

    Returns:
        What the file says then.

    Raises:
        UsageError: no such file, it was changed meanwhile, or cannot be written.
        ConfigError: it has faults; the key is pinned already, or revoked; a name that no line can
            hold.
    """
    with appending(path) as file:
        known = file.known
        if (there := known.by_fingerprint(new.key.fingerprint)) is not None:
            raise ConfigError(
                f"{path}: this key is pinned already, as {there.name}",
                f"{there.fingerprint}, roles {', '.join(sorted(there.roles))}",
                "edit its table: one key has one, with all its roles",
            )
        if (why := known.why_revoked(new.key.fingerprint)) is not None:
            raise ConfigError(f"{path}: this key was revoked", why, "ask the signer for a new key")
        found = file.append(_table(new))
        if found.keys[:-1] != known.keys or found.keys[-1].key.fingerprint != new.key.fingerprint:
            raise cannot_append(path)
    return found


class Appended:
    """A trust.toml to which text is appended; nothing is written before `appending` ends.

    Attributes:
        known: what it says so far.
        after: its bytes, with what was appended.
    """

    def __init__(self, path: Path, before: bytes) -> None:
        self._path = path
        self.known = parse_trust(before, path)
        self.after = before if before.endswith(b"\n") or not before else before + b"\n"

    def append(self, table: str) -> Trust:
        """What the file says with a table more; raises ConfigError where it has a fault then."""
        self.after += table.encode()
        return parse_trust(self.after, self._path)


@contextmanager
def appending(path: Path) -> Iterator[Appended]:
    """Append to a trust.toml, and write it where the block ends well.

    Raises:
        UsageError: no such file, it was changed meanwhile, or cannot be written.
        ConfigError: it has faults.
    """
    target = path.resolve()
    read = _stat(target, path)
    appended = Appended(path, read_trust_file(target))
    yield appended
    with rewriting(target, read) as file:
        file.write(appended.after)


def cannot_append(path: Path) -> ConfigError:
    """A file that would not read back as the trust there was, and one signer more."""
    return ConfigError(f"{path}: a signer cannot be appended to it", fix="write it by hand")


def _stat(target: Path, path: Path) -> os.stat_result:
    try:
        return target.stat()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", error.strerror or str(error), "affidavit trust init"
        ) from error


def _table(new: NewSigner) -> str:
    lines = [
        "",
        f"# {new.key.fingerprint}",
        "[[signer]]",
        f"name = {quoted(new.name)}",
        f'key = """\n{new.key.pem().decode().strip()}\n"""',
        *role_lines(new.roles, new.identities, new.window),
    ]
    return "\n".join(lines) + "\n"


def role_lines(roles: tuple[str, ...], identities: tuple[str, ...], window: Window) -> list[str]:
    """What a `[[signer]]` of any kind says: what they may sign, who they are, from when to when."""
    lines = [f"roles = {listed(roles)}"]
    if identities:
        lines.append(f"identities = {listed(identities)}")
    return lines + [
        f"{key} = {_written(moment)}"
        for key, moment in (("valid_from", window.begin), ("valid_until", window.end))
        if moment is not None
    ]


def _written(moment: datetime) -> str:
    """A day where it is the end of one, else the time in UTC; TOML has both without quotes."""
    text = moment_text(moment)
    return text if len(text) == len("2026-11-20") else moment.isoformat()


def listed(values: tuple[str, ...]) -> str:
    """A list of TOML; raises as `quoted` does."""
    return f"[{', '.join(quoted(v) for v in values)}]"


def quoted(text: str) -> str:
    """A basic string of TOML; of what cannot be seen, none: the file is read by people."""
    if not text.strip() or printable(text) != text:
        raise ConfigError(
            f"{text!r} cannot stand in a trust.toml", "it is empty, or hides something"
        )
    return json.dumps(text, ensure_ascii=False)
