"""Reading affidavit.toml and declarations.toml: every fault at once, each with its line."""

from affidavit.toml_reader.group_rules import COUNT_COLUMNS, is_inside
from affidavit.toml_reader.open_places import OpenPlace, is_placeholder, open_places
from affidavit.toml_reader.reading import read_config, read_declarations
from affidavit.toml_reader.rules import MOST_BESIDE, MOST_WORDS, is_role

__all__ = [
    "COUNT_COLUMNS",
    "MOST_BESIDE",
    "MOST_WORDS",
    "OpenPlace",
    "is_inside",
    "is_placeholder",
    "is_role",
    "open_places",
    "read_config",
    "read_declarations",
]
