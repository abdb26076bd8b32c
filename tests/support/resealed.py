"""A built bundle with files changed or gone, repaired and sealed anew by its own signer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.small_world import PASSPHRASE, SmallBundle

from affidavit.bundle import canonical, layout
from affidavit.forgeries.contents import Contents, pack, read_contents
from affidavit.forgeries.repairing import repaired, sealed_by
from affidavit.seal.keys import load_signer

Change = Callable[[Any], None]


def resealed(
    bundle: SmallBundle,
    out: Path,
    changes: Mapping[str, Change | bytes | None],
) -> SmallBundle:
    """What a dishonest signer sends in its place.

    Args:
        bundle: stays as it is.
        out: where the other is written.
        changes: by path: JSON changed in place, other bytes, or (None) taken out of the tables too.
    """
    contents = read_contents(bundle.path)
    files = dict(contents.files)
    for path, change in changes.items():
        if change is None:
            del files[path]
            for table in (layout.EVIDENCE, layout.ITEMS):
                files[table] = _edited(files[table], lambda t, gone=path: _without(t, gone))
        elif isinstance(change, bytes):
            files[path] = change
        else:
            files[path] = _edited(files[path], change)
    changed = Contents(contents.folder, MappingProxyType(files))
    signer = load_signer(bundle.public_key.with_suffix(".pem"), PASSPHRASE)
    out.write_bytes(pack(sealed_by(repaired(changed), signer)))
    return SmallBundle(out, bundle.public_key)


def _edited(content: bytes, change: Change) -> bytes:
    value = json.loads(content)
    change(value)
    return canonical.dumps(value)


def _without(table: Any, path: str) -> None:
    table["items"] = [i for i in table["items"] if i["path"] != path]
