"""What `affidavit[build]` and `affidavit[recheck]` bring beyond the base installation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from affidavit.errors import MissingExtra

INSTALL_BUILD: Final = "pip install 'affidavit[build]'"
INSTALL_RECHECK: Final = "pip install 'affidavit[recheck]'"

# Import name to the name that pip knows; a test holds it against pyproject.toml.
BUILD_MODULES: Final[Mapping[str, str]] = {
    "aiohttp": "aiohttp",
    "cel": "common-expression-language",
    "cyclonedx": "cyclonedx-python-lib",
    "fsspec": "fsspec",
    "jinja2": "jinja2",
    "mlflow": "mlflow",
    "numpy": "numpy",
    "packaging": "packaging",
    "pandas": "pandas",
    "picklescan": "picklescan",
    "pip": "pip",
    "pyarrow": "pyarrow",
    "pyphen": "pyphen",
    "requests": "requests",
    "s3fs": "s3fs",
    "sklearn": "scikit-learn",
    "sqlalchemy": "sqlalchemy",
    "sqlparse": "sqlparse",
    "uv": "uv",
    "weasyprint": "weasyprint",
    "yaml": "pyyaml",
}

# The same for `affidavit[recheck]`.
RECHECK_MODULES: Final[Mapping[str, str]] = {
    "jinja2": "jinja2",
    "numpy": "numpy",
    "packaging": "packaging",
    "pandas": "pandas",
    "picklescan": "picklescan",
    "pyarrow": "pyarrow",
    "pyphen": "pyphen",
    "sklearn": "scikit-learn",
    "uv": "uv",
    "yaml": "pyyaml",
}


def require_recheck(command: str) -> None:
    """Refuse in one line where a package is not installed, before any work is done.

    Raises:
        MissingExtra: names the first, and the extra that brings it.
    """
    missing = [name for name in RECHECK_MODULES if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"{missing[0]} is not installed, and {command} needs it",
            "the base installation only reads and checks bundles", INSTALL_RECHECK,
        )  # fmt: skip
