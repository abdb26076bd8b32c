"""Where things are in a bundle of format 1, and its limits."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1
BAGIT, BAG_INFO, VERIFY_TXT = "bagit.txt", "bag-info.txt", "VERIFY.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
EVIDENCE, ITEMS = "data/evidence.json", "data/items.json"
# Results of data checks that the run holds; suites of the commit; what running these gave.
EXPECTATIONS: Final = "data/run/expectations/"
SUITES, SUITE_RESULTS = "data/source/expectations", "data/reports/expectations"
REPORTS, COUNTS = "data/reports", "data/reports/counts"
EXPLAINABILITY, DECISIONS = "data/reports/explainability.json", "data/reports/decisions.json"
CHALLENGER: Final = "data/reports/challenger.json"
CONTROLS, CARD_JSON = "data/controls", "data/card/model-card.json"
OSCAL: Final = "data/controls/oscal"
CONFIG, DECLARATIONS = "data/config/affidavit.toml", "data/config/declarations.toml"

# In this order at the head of the archive, so that a reader can judge before the payload.
HEAD: Final = (BAGIT, BAG_INFO, VERIFY_TXT, TAG_MANIFEST, MANIFEST)
# In the tag manifest, in this order.
TAGGED: Final = (BAGIT, BAG_INFO, VERIFY_TXT, MANIFEST)

MAX_ENTRIES: Final = 100_000
MAX_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
MAX_STATEMENTS: Final = 64
MAX_STATEMENT_BYTES: Final = 256 * 1024
MAX_RECORD_BYTES: Final = 32 * 1024 * 1024
CHUNK: Final = 1024 * 1024
