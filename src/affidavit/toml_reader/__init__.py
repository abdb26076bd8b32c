"""Reading affidavit.toml and declarations.toml: every fault at once, each with its line."""

from affidavit.toml_reader.open_places import OpenPlace, open_places
from affidavit.toml_reader.reading import read_config, read_declarations
from affidavit.toml_reader.rules import is_role

__all__ = ["OpenPlace", "is_role", "open_places", "read_config", "read_declarations"]
