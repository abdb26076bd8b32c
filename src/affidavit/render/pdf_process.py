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
REFUSED: Final = 85
# What WeasyPrint says, and goes on, where something asks for more than the page holds.
_ASKS: Final = ("Failed to load", "Relative URI reference", "cannot be loaded")


def main(arguments: Sequence[str]) -> int:
    """Make the PDF, or with `--check` only find out whether one could be made.

    Returns:
        0, or `NO_WEASYPRINT`, `NO_LIBRARY` or `REFUSED` (the page asks for something outside it)
        with the reason as the last line on stderr.
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
        heard, logger = _Heard(), logging.getLogger("weasyprint")
        logger.handlers, logger.level = [heard], logging.DEBUG  # it tells of a lost font so low
        content = _pdf(weasyprint, sys.stdin.buffer.read().decode("utf-8"))
        if heard.asked:
            sys.stderr.write(f"{heard.asked[0]}\n")
            return REFUSED
        sys.stdout.buffer.write(content)
    return 0


class _Heard(logging.Handler):
    """Keeps what was asked for beyond `data:`: WeasyPrint would leave it out without a word."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = " ".join(record.getMessage().split())
        if any(asks in said for asks in _ASKS):
            self.asked.append(said)


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
