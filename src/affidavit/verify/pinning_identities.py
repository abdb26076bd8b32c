"""Writing a keyless signer into a trust.toml: who it is, who vouches for that, by which root.

The trusted root stays a file beside it, since it has to be got anew from time to time; one that the
file names already is named again, and not written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from affidavit.errors import ConfigError, UsageError
from affidavit.verify.identities import Root, read_root_file, require_identity
from affidavit.verify.pinning import appending, cannot_append, listed, quoted, role_lines
from affidavit.verify.trust import Trust
from affidavit.verify.windows import ALWAYS, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """A keyless signer to be pinned.

    Attributes:
        name: what the reader calls it.
        identities: each a whole address or URI that its certificate may hold; at least one.
        issuer: who vouches for them, whole.
        root: a trusted_root.json.
        today: the reader's day.
        fetched_on: the day on which the reader got the root; None: today.
    """

    name: str
    identities: tuple[str, ...]
    issuer: str
    root: Path
    roles: tuple[str, ...]
    today: date
    fetched_on: date | None = None
    window: Window = ALWAYS

    @property
    def named(self) -> tuple[str, ...]:
        """The names of its certificate, with their kinds; raises as `require_identity` does."""
        return tuple(dict.fromkeys(require_identity(i, self.issuer) for i in self.identities))


def fetched_day(text: str) -> date:
    """What `--fetched-on` says.

    Raises:
        UsageError: no day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--fetched-on: expected a day such as 2026-11-20, found {text!r}"
        ) from error


def add_identity(path: Path, new: NewIdentity) -> Root:
    """Pin one keyless signer more in a trust.toml, at its end.

    Returns:
        The root by which it is known: one that the file had already, or a new one.

    Raises:
        UsageError: as `appending` does; an identity or issuer that no certificate can have; a root
            that cannot be read.
        ConfigError: as `appending` does; the root is none; the identity is pinned already.
    """
    named, content = new.named, read_root_file(new.root)
    with appending(path) as file:
        known = file.known
        for there in known.identified:
            again = there.names.find(named) if there.issuer == new.issuer else None
            if again is not None and there.root.content == content:
                raise ConfigError(
                    f"{path}: {again} is pinned already, as {there.name}",
                    f"known by {there.issuer}, roles {', '.join(sorted(there.roles))}",
                    "edit its table: one identity has one, with all its roles",
                )
        root = _known_root(path, known, content, new)
        name = root.name if root else _free_name(known, new.root.stem)
        text = "" if root else _root_table(path, new, name)
        found = file.append(text + _signer_table(new, named, name))
        last = found.identified[-1] if found.identified else None
        if last is None or found.identified[:-1] != known.identified or last.root.name != name:
            raise cannot_append(path)
    return last.root


def _known_root(path: Path, known: Trust, content: bytes, new: NewIdentity) -> Root | None:
    """The root of the file that has these bytes; its day stays what it is."""
    root = next((r for r in known.roots if r.content == content), None)
    if root is not None and new.fetched_on not in (None, root.fetched_on):
        raise UsageError(
            f"{path}: the root {root.name} was got on {root.fetched_on}, not on {new.fetched_on}",
            fix="leave --fetched-on out, or change the day in the file",
        )
    return root


def _free_name(known: Trust, wanted: str) -> str:
    """A name that no root of the file has."""
    taken = {r.name for r in known.roots}
    return next(n for n in (wanted, *(f"{wanted}-{i}" for i in range(2, 999))) if n not in taken)


def _root_table(path: Path, new: NewIdentity, name: str) -> str:
    folder, file = path.parent.resolve(), new.root.resolve()
    written = file.relative_to(folder) if file.is_relative_to(folder) else file
    return "\n".join([
        "", "[[root]]", f"name = {quoted(name)}", f"trusted_root = {quoted(written.as_posix())}",
        f"fetched_on = {new.fetched_on or new.today}", "",
    ])  # fmt: skip


def _signer_table(new: NewIdentity, named: tuple[str, ...], root: str) -> str:
    # An address tells a person from the authors of a model as well; a workflow's URI nobody.
    addresses = tuple(n.removeprefix("email:") for n in named if n.startswith("email:"))
    return "\n".join([
        "", "[[signer]]", f"name = {quoted(new.name)}", f"root = {quoted(root)}",
        f"issuer = {quoted(new.issuer)}", f"named = {listed(named)}",
        *role_lines(new.roles, addresses, new.window), "",
    ])  # fmt: skip
