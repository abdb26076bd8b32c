"""What `affidavit[build]` brings beyond the base installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INSTALL_BUILD: Final = "pip install 'affidavit[build]'"

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
    "pip": "pip",
    "pyarrow": "pyarrow",
    "requests": "requests",
    "s3fs": "s3fs",
    "sklearn": "scikit-learn",
    "uv": "uv",
    "weasyprint": "weasyprint",
    "yaml": "pyyaml",
}
