"""Everything wrong with one TOML file, raised once."""

from __future__ import annotations

from affidavit.errors import ConfigError


class Faults:
    """Gathers the faults of one file, and reads its tables on the way.

    Attributes:
        name: of the file, for the lines.
    """

    def __init__(self, name: str, shown_in: str) -> None:
        self.name = name
        self._shown_in = shown_in
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """One fault more."""
        self._lines.append(f"{self.name}: {line}")

    def unknown(self, where: str, table: dict[str, object], known: set[str]) -> None:
        """A fault for each key that nobody knows."""
        for key in sorted(set(table) - known):
            self.add(f"{where} unknown key {key!r}; known: {', '.join(sorted(known))}".strip())

    def tables(self, table: dict[str, object], key: str) -> list[tuple[int, dict[str, object]]]:
        """The tables of `[[key]]`, numbered from 1."""
        rows = table.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            self.add(f"{key}: write [[{key}]]")
            return []
        return list(enumerate(rows, 1))

    def text(self, table: dict[str, object], key: str, where: str) -> str:
        """Text that has to be there; empty where it is not, with a fault."""
        value = table.get(key)
        if isinstance(value, str) and "\0" in value:
            self.add(f"{where}: {key} holds a character that no file or name has")
            return ""
        if isinstance(value, str) and value:
            return value
        self.add(f"{where}: {key} is missing" if value is None else f"{where}: {key} is no text")
        return ""

    def require_none(self) -> None:
        """Raise a ConfigError with every fault, if there is one."""
        if self._lines:
            raise ConfigError("\n".join(self._lines), fix=self._shown_in)
