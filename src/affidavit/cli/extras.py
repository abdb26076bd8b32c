"""What `affidavit[build]` and `affidavit[recheck]` bring beyond the base installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
    "requests": "requests",
    "s3fs": "s3fs",
    "sklearn": "scikit-learn",
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
    "sklearn": "scikit-learn",
    "uv": "uv",
    "yaml": "pyyaml",
}
