"""The one template of a page that is no card: of a recheck, or for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affidavit.errors import MissingExtra
from affidavit.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import Template


def page_template(name: str) -> Template:
    """templates/<name>/<name>.html.jinja: values are escaped, and one that is missing is an error.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtra(
            "the page needs Jinja, which is not installed", str(error),
            "pip install 'affidavit[recheck]'",
        ) from error  # fmt: skip
    environment = Environment(
        loader=FileSystemLoader(shipped("templates") / name), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(f"{name}.html.jinja")
