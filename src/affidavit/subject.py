"""What is asked for: `models:/credit-risk/3` or `models:/credit-risk@champion`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from affidavit.errors import UsageError

_VERSION = re.compile(r"models:/(?P<name>[^/@]+)/(?P<version>[1-9][0-9]{0,17})")
_ALIAS = re.compile(r"models:/(?P<name>[^/@]+)@(?P<alias>[^/@\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A reference to one registered model version, by number or by alias; never both."""

    name: str
    version: str | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.alias is not None:
            return f"models:/{self.name}@{self.alias}"
        return f"models:/{self.name}/{self.version}"


def parse_ref(text: str) -> ModelRef:
    """Read `models:/<name>/<version>` or `models:/<name>@<alias>`.

    Raises:
        UsageError: the text is neither; stages (`models:/x/Production`) are refused by name.
    """
    if found := _VERSION.fullmatch(text):
        return ModelRef(name=found["name"], version=found["version"])
    if found := _ALIAS.fullmatch(text):
        return ModelRef(name=found["name"], alias=found["alias"])
    raise UsageError(
        f"{text!r} does not name a model version",
        "a name and a version number, or a name and an alias, are needed"
        + (" (stages and 'latest' can move; they are not read)" if text.count("/") == 2 else ""),
        "write models:/<name>/<number> or models:/<name>@<alias>",
    )
