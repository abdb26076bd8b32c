"""HTML on stdin, PDF on stdout: the process that imports WeasyPrint (`python -m` by pdf.py)."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Sequence
from typing import Any, Final

NO_WEASYPRINT: Final = 81
NO_LIBRARY: Final = 82


def main(arguments: Sequence[str]) -> int:
    """Make the PDF, or with `--check` only find out whether one could be made.

    Returns:
        0, or `NO_WEASYPRINT` or `NO_LIBRARY` with the reason as the last line on stderr.
    """
    try:
        # WeasyPrint prints advice when a library is absent; stdout is for the PDF alone.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import weasyprint
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return NO_WEASYPRINT
    except OSError as error:
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
        return NO_LIBRARY
    if "--check" not in arguments:
        logging.getLogger("weasyprint").setLevel(logging.ERROR)
        sys.stdout.buffer.write(_pdf(weasyprint, sys.stdin.buffer.read().decode("utf-8")))
    return 0


def _pdf(weasyprint: Any, page: str) -> bytes:
    # The card holds all that it shows: no file, no network, whatever a name in it says.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=page, url_fetcher=fetcher)
    content: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=b"affidavit"
    )
    return content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
