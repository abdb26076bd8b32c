"""Cut the published table into the snapshot, a folder: `python prepare.py TABLE FOLDER`."""

import csv
import hashlib
import sys
from pathlib import Path

SEED = 2005
EVALUATION_SHARE = 0.4


def is_evaluation(row_id: str) -> bool:
    """Which file a row goes to: its id decides alone."""
    digest = hashlib.sha256(f"{SEED}:{row_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < EVALUATION_SHARE * 2**64


def main(source: Path, folder: Path) -> None:
    with source.open(newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index("ID")
    folder.mkdir(parents=True, exist_ok=True)
    for name, wanted in (("train", False), ("evaluation", True)):
        part = [row for row in rows if is_evaluation(row[place]) is wanted]
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *part])
        print(f"{name}.csv: {len(part)} rows, {len(header)} columns")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
