"""Somebody who has a model's name and 48 hours, and of the command knows only what it prints.

She types one command. From then on she runs a command that stands in the output word for word, or
her last build again with one more option that the output names, where she knows its value: where
her systems are, say. What she cannot do by that makes `walk` fail.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import Result
from tests.worlds.bank import CONFIG, DECLARATIONS, Bank

MOST = 14  # commands; after that she has given up
_OPTION = re.compile(r"--[a-z][a-z-]+")


class Lost(AssertionError):
    """The output names nothing that she can do."""


@dataclass(kw_only=True)
class NewUser:
    """Her folder, what she knows, and what she typed.

    Attributes:
        knows: option to value; each is typed when the output first names it.
        files: what she writes into files that the command tells her to fill in, by name.
    """

    bank: Bank
    here: Path
    ref: str
    knows: Mapping[str, object]
    files: Mapping[str, str] = field(default_factory=dict)
    typed: list[tuple[str, ...]] = field(default_factory=list)
    last: Result | None = None

    def walk(self) -> None:
        """From the first command to one that ends well and names no other.

        Raises:
            Lost: she stands before an output that does not say how to go on.
        """
        words: tuple[str, ...] | None = ("build", self.ref)
        while words is not None:
            if len(self.typed) == MOST:
                raise Lost(f"{MOST} commands, and no end: {self.typed}")
            self.typed.append(words)
            self.last = self.bank.affidavit(*words, here=self.here)
            words = self._next(words)

    def _next(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        assert self.last is not None
        said = self.last.output
        if words[0] == "verify" and self.last.exit_code == 0:
            return None
        if words[0] == "init":
            self._fill_in(said)
        if words[0] == "build" and (more := self._more_options(words, said)):
            return more
        for command in commands_in(said):
            named = tuple(self.ref if w == "models:/NAME/VERSION" else w for w in command)
            if named[0] == "build" and (build := self._last_build()):
                # An example from another command: what she typed already stays typed.
                named = (*build, *(w for w in named[2:] if w not in build))
            if named not in self.typed:
                return named
        raise Lost(f"after {' '.join(words)}:\n{said}")

    def _more_options(self, words: tuple[str, ...], said: str) -> tuple[str, ...] | None:
        """The same command with the first option that the output names, is known and is new."""
        for option in _OPTION.findall(said):
            if option in self.knows and option not in words:
                return (*words, option, str(self.knows[option]))
        return None

    def _last_build(self) -> tuple[str, ...] | None:
        return next((t for t in reversed(self.typed) if t[0] == "build"), None)

    def _fill_in(self, said: str) -> None:
        for name in (CONFIG, DECLARATIONS):
            assert name in said, said
            assert (self.here / name).is_file()
            if name in self.files:
                (self.here / name).write_text(self.files[name])


def commands_in(text: str) -> Iterator[tuple[str, ...]]:
    """The commands in an output: on lines of their own, as a shell takes them, then those in prose.

    A backslash continues a line; prose says `make one with: affidavit keygen`, and is wrapped.
    """
    for line in re.sub(r" \\\n\s+", " ", text).splitlines():
        if found := re.match(r"\s*(?:next: |fix +)?affidavit (.+)", line):
            yield tuple(shlex.split(found[1]))
    for said in re.findall(r"with: affidavit ([a-z-]+(?: --[a-z-]+ \S+)*)", " ".join(text.split())):
        yield tuple(shlex.split(said))
