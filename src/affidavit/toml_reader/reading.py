"""The two files that people write, from bytes to records."""

from __future__ import annotations

from affidavit.config import Config, Declarations
from affidavit.toml_reader.document import Document, Fault, parse, refused
from affidavit.toml_reader.open_places import left_open
from affidavit.toml_reader.rules import config_faults, declaration_faults
from affidavit.toml_reader.shape import shape_faults


def read_config(content: bytes, name: str) -> Config:
    """Read affidavit.toml.

    Args:
        content: the file's bytes, at most 1 MB.
        name: what to call the file in an error.

    Raises:
        ConfigError: every fault at once, each with its line, its key, what was expected and the
            nearest right word.
    """
    document = parse(content, name)
    if faults := _faults(document, shape_faults(Config, document) + config_faults(document)):
        raise refused(name, faults)
    return Config.model_validate(document.values)


def read_declarations(content: bytes, name: str) -> Declarations:
    """Read declarations.toml.

    Args:
        content: the file's bytes, at most 1 MB.
        name: what to call the file in an error.

    Raises:
        ConfigError: every fault at once, each with its line, its key, what was expected and the
            nearest right word.
    """
    document = parse(content, name)
    found = shape_faults(Declarations, document) + declaration_faults(document)
    if faults := _faults(document, found):
        raise refused(name, faults)
    return Declarations.model_validate(document.values)


def _faults(document: Document, found: list[Fault]) -> list[Fault]:
    """The faults, where a place left open has none but that it is open."""
    still_open = left_open(document)
    places = {fault.at for fault in still_open}
    return still_open + [fault for fault in found if fault.at not in places]
