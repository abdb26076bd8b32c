"""Cut the published table into training rows, evaluation rows and a protected table.

Race and marital status leave the table here, into `protected.csv`: no model sees them, since
Regulation B forbids it. They come back only where a model's decisions are examined by group.
"""

import hashlib
from pathlib import Path

import pandas as pd
import yaml

SOURCE = Path("data/hmda_boston_aer.csv")
OUT = Path("data/prepared")
ID = "application_id"
PROTECTED = ["afam", "single"]


def read_applications(path: Path) -> pd.DataFrame:
    """The table as published, every value as the text it was, so that none is rewritten."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.rename(columns={"rownames": ID})


def is_faulty(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Rows that cannot be right, by reason. Shape of each: (n_rows,), True where faulty."""
    housing, payments = table["hirat"].astype(float), table["pirat"].astype(float)
    return {
        "housing costs above the payments that contain them": housing > payments,
        "no housing costs, though a house is bought": housing < 0.005,
        "payments of three times the income, or more": payments >= 3.0,
        "the application before, once more": table.drop(columns=ID).duplicated(),
    }


def is_evaluation(application_id: str, seed: int, share: float) -> bool:
    """Which side a row falls on: its id decides alone, so no correction moves another row."""
    digest = hashlib.sha256(f"{seed}:{application_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def main() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text())["prepare"]
    table = read_applications(SOURCE)

    if params["leave_out_faulty"]:
        reasons = is_faulty(table)
        for reason, rows in reasons.items():
            print(f"left out: {reason}: {', '.join(table[ID][rows])}")
        table = table[~pd.concat(reasons, axis=1).any(axis=1)]

    evaluation = table[ID].map(
        lambda row: is_evaluation(row, params["seed"], params["evaluation_share"])
    )
    OUT.mkdir(parents=True, exist_ok=True)
    parts = {
        "train": table[~evaluation].drop(columns=PROTECTED),
        "evaluation": table[evaluation].drop(columns=PROTECTED),
        "protected": table[[ID, *PROTECTED]],
    }
    for name, part in parts.items():
        part.to_csv(OUT / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}.csv: {len(part)} rows, {len(part.columns)} columns")


if __name__ == "__main__":
    main()
