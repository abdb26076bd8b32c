"""A role's snapshot: its bytes from the DVC remote, held against the digests of the commit.

DVC itself hands on altered bytes without a word; here every byte is hashed on its way in, as DVC
does (md5) and as the bundle does (sha256), and nothing that differs is kept.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from affidavit.bundle.names import stored_name
from affidavit.commit_record import DVC_LISTINGS
from affidavit.config import Include
from affidavit.errors import SourceError
from affidavit.evidence import Basis, Digest, Fact, Finding, Item
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.dvc_entries import DvcOut, object_key
from affidavit.resolve.dvc_files import Tracked
from affidavit.resolve.interface import Contradiction, Part
from affidavit.resolve.object_fetch import (
    Order,
    Stated,
    TooLongError,
    Wanted,
    fetch_object,
    full_name,
    hashed,
    how_to_restore,
)
from affidavit.resolve.objects import Remote
from affidavit.resolve.payload_names import MAX_EMBEDDED_FILES, payload_path
from affidavit.tracked.dvc_digest import DvcDigest
from affidavit.tracked.dvc_listing import MAX_LISTING_BYTES, ListedFile, parse_listing
from affidavit.workspace import Workspace

_NAMED: Final = 5


def fetch_snapshot(
    tracked: Tracked,
    remote: Remote | None,
    work: Workspace | None,
    *,
    role: str,
    include: Include,
    is_protected: bool = False,
    hint: str = "",
    progress: Progress,
) -> Part:
    """Fetch a snapshot and hash it against what the commit states.

    Args:
        tracked: what `DvcOuts.find` gave: a file, a tracked folder, or a path within one.
        remote: None where none was given: a gap.
        work: None where nothing is to be fetched: the facts, as claimed.
        role: the dataset's role; for a protected table its path.
        include: whether the bytes travel in the bundle.
        is_protected: a table of sensitive attributes: by reference, whatever `include` says.
        hint: `DvcOuts.hint()`, for the remedy of a missing remote.
        progress: told of each file.

    Returns:
        Items only where every byte of the snapshot is there and right. A missing object is a
        gap, another digest a contradiction. For folders the listing is an item too, since it is
        what ties the files to the digest in the commit.

    Raises:
        Unreachable: the remote does not answer, or refuses us.
        SourceError: a listing that DVC would not write, or too many files to embed.
    """
    if work is None:
        return Part(facts=tuple(_facts(tracked, role, "claimed")))
    if remote is None:
        gap = _gap(
            f"data.{role}.bytes",
            f"the bytes of {printable(tracked.path)} were not read: no DVC remote was given",
            f"give --remote (or AFFIDAVIT_REMOTE){'; ' + hint if hint else ''}",
        )
        return Part(facts=tuple(_facts(tracked, role, "claimed")), findings=(gap,))
    order = Order(
        tracked=tracked,
        remote=remote,
        work=work,
        role=role,
        is_embedded=include == "embed" and not is_protected,
        is_protected=is_protected,
        progress=progress,
    )
    return _fetch_folder(order) if tracked.out.is_folder else _fetch_file(order)


def _fetch_file(order: Order) -> Part:
    tracked = order.tracked
    out = tracked.out
    name = posixpath.basename(tracked.path)
    wanted = Wanted(
        key=out.key,
        original=name,
        path=_payload_path(order, name, {}),
        stated=tuple(
            Stated(algorithm=s.algorithm, md5=s.md5, source=s.source)
            for s in (out, *tracked.also)
            if not s.is_folder
        ),
        size_bytes=out.size_bytes,
    )
    return _fetch_all(order, (wanted,)) + _stale(order, {out.path: out.stated})


def _fetch_folder(order: Order) -> Part:
    tracked, out = order.tracked, order.tracked.out
    listing = _fetch_listing(order)
    if not isinstance(listing, bytes):
        return listing
    files = parse_listing(listing, out.key)
    if out.n_files is not None and out.n_files != len(files):
        return _contradicted(
            order, f"{printable(out.path)}: the number of files in its listing",
            f"{out.n_files} ({out.source})", f"{len(files)} ({out.key})",
            "track the folder again with dvc add, and commit its file",
        )  # fmt: skip
    chosen = tuple(_within(files, tracked.inside))
    item = order.work.write(
        f"{DVC_LISTINGS}/{stored_name(order.role)}.json", listing, kind="source",
        origin="collected", media_type="application/json",
    )  # fmt: skip
    if not chosen:
        gap = _gap(
            f"data.{order.role}.bytes",
            f"{printable(tracked.path)} is not in the tracked folder {printable(out.path)}",
            f"correct the path in affidavit.toml; the folder has {len(files):,} files",
        )
        facts = tuple(_facts(tracked, order.role, "claimed"))
        return Part(items=(item,), facts=facts, findings=(gap,))
    if order.is_embedded and len(chosen) > MAX_EMBEDDED_FILES:
        raise SourceError(
            f"{printable(tracked.path)} has {len(chosen):,} files",
            f"a bundle holds at most 100,000 entries, of which {MAX_EMBEDDED_FILES:,} for data",
            'set include = "reference" for this role',
        )
    got = _fetch_all(order, tuple(_wanted_of(order, chosen)))
    stored = {out.path: out.stated}
    if len(chosen) == 1 and chosen[0].relpath == tracked.inside:
        stored[tracked.path] = chosen[0].md5
    return replace(got, items=(item, *got.items)) + _stale(order, stored)


def _stale(order: Order, stored: dict[str, str]) -> Part:
    """Stages that last ran on other bytes than those stored: known of DVC, and worth a line."""
    findings = tuple(
        Finding(
            id=f"data.{order.role}.stale/{printable(s.stage or s.file)}",
            kind="exception",
            stage="resolve",
            what=f"{printable(s.source)} last ran on another {printable(s.path)} than the commit "
            "stores",
            expected=f"{s.algorithm} {stored[s.path]} (stored)",
            found=f"{s.algorithm} {s.stated} ({printable(s.source)})",
            fix="run dvc repro to its end, commit dvc.lock, and train again; or keep on file why "
            "the stage was not run",
        )
        for s in order.tracked.read_by
        if s.path in stored and s.algorithm == order.tracked.out.algorithm
        if s.stated != stored[s.path]
    )
    return Part(findings=findings)


def _within(files: tuple[ListedFile, ...], inside: str | None) -> Iterator[ListedFile]:
    for file in files:
        if inside is None or file.relpath == inside or file.relpath.startswith(inside + "/"):
            yield file


def _wanted_of(order: Order, files: tuple[ListedFile, ...]) -> Iterator[Wanted]:
    tracked, out = order.tracked, order.tracked.out
    is_one = len(files) == 1 and files[0].relpath == tracked.inside
    # Names are as seen from the path that was asked for, so that data/test is not stored twice.
    cut = 0 if tracked.inside is None else len(tracked.inside) + 1
    seen: dict[str, str] = {}
    for file in files:
        name = posixpath.basename(file.relpath) if is_one else file.relpath[cut:]
        own = Stated(algorithm=out.algorithm, md5=file.md5, source=f"{out.path}, its listing")
        others = tuple(
            Stated(algorithm=s.algorithm, md5=s.md5, source=s.source)
            for s in tracked.also
            if is_one and not s.is_folder
        )
        yield Wanted(
            key=object_key(out.algorithm, file.md5),
            original=name,
            path=_payload_path(order, name, seen),
            stated=(own, *others),
            at_most=out.size_bytes,
        )


def _fetch_all(order: Order, wanted: tuple[Wanted, ...]) -> Part:
    items: list[Item] = []
    missing: list[Wanted] = []
    contradictions: list[Contradiction] = []
    for each in wanted:
        got = fetch_object(order, each)
        if got is None:
            missing.append(each)
        elif isinstance(got, Item):
            items.append(got)
        else:
            contradictions += got
    is_whole = not missing and not contradictions
    if not is_whole:
        # Half a dataset would give numbers that look like the whole one's.
        for item in items:
            order.work.locate(item).unlink()
    single = wanted[0].stated[0].md5 if len(wanted) == 1 else None
    facts = _facts(order.tracked, order.role, "measured" if is_whole else "claimed", single)
    return Part(
        items=tuple(items) if is_whole else (),
        facts=tuple(facts),
        findings=(_missing(order, missing, len(wanted)),) if missing else (),
        contradictions=tuple(contradictions),
    )


def _fetch_listing(order: Order) -> bytes | Part:
    out = order.tracked.out
    order.progress.step(f"fetching the listing of {printable(out.path)}")
    chunks = order.remote.fetch(out.key)
    if chunks is None:
        gap = _gap(
            f"data.{order.role}.bytes",
            f"the listing of {printable(out.path)} is gone from the DVC remote ({out.key})",
            "run dvc push where the folder is still in the cache, then build again",
        )
        return Part(facts=tuple(_facts(order.tracked, order.role, "claimed")), findings=(gap,))
    digest = DvcDigest("md5")  # a listing was never normalised: JSON of one line has no CRLF
    try:
        content = b"".join(hashed(chunks, {"md5": digest}, MAX_LISTING_BYTES))
    except TooLongError as error:
        raise SourceError(
            f"the folder listing {out.key} is too large", str(error), "track a smaller folder"
        ) from error
    (md5,) = digest.finish()
    if md5 != out.md5:
        return _contradicted(
            order, f"{printable(out.path)}: the folder's listing in the remote is not the one "
            "that the commit names", f"md5 {out.md5} ({out.source})", f"md5 {md5} ({out.key})",
            how_to_restore(out.key),
        )  # fmt: skip
    return content


def _facts(
    tracked: Tracked, role: str, basis: Basis, listed_md5: str | None = None
) -> Iterator[Fact]:
    out = tracked.out
    folder = Digest(algorithm=out.algorithm, value=out.stated)
    if tracked.inside is None:
        digest: Digest | None = folder
    else:
        digest = Digest(algorithm=out.algorithm, value=listed_md5) if listed_md5 else None
        yield _fact(f"data.{role}.folder", out.path, folder, basis, out)
    yield _fact(f"data.{role}.snapshot", tracked.path, digest, basis, out)


def _fact(fact_id: str, path: str, digest: Digest | None, basis: Basis, out: DvcOut) -> Fact:
    return Fact(
        id=fact_id, kind="data", value=path, digest=digest, basis=basis,
        source=f"{out.source}, at the commit",
    )  # fmt: skip


def _payload_path(order: Order, name: str, seen: dict[str, str]) -> str:
    is_whole = name == posixpath.basename(order.tracked.inside or order.tracked.path)
    return payload_path(
        order.role, name, seen, is_protected=order.is_protected, is_whole=is_whole
    )  # fmt: skip


def _contradicted(order: Order, what: str, expected: str, found: str, fix: str) -> Part:
    one = Contradiction(id=order.fact_id, what=what, expected=expected, found=found, fix=fix)
    facts = tuple(_facts(order.tracked, order.role, "claimed"))
    return Part(facts=facts, contradictions=(one,))


def _missing(order: Order, missing: list[Wanted], count: int) -> Finding:
    named = ", ".join(full_name(order, w) for w in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
    return Finding(
        id=f"data.{order.role}.bytes",
        kind="gap",
        stage="resolve",
        what=f"bytes of {printable(order.tracked.path)} are gone from the DVC remote: "
        f"{named}{more}",
        expected=f"{count:,} objects",
        found=f"{count - len(missing):,}",
        fix=f"{_before_push(order)}run dvc push where they are still in the cache, then build "
        "again",
    )


def _before_push(order: Order) -> str:
    """`dvc push` passes over a folder whose listing is in the remote, whatever else is gone."""
    if order.listing is None:
        return ""
    return f"move {order.listing} away in the remote, by which DVC takes the folder for whole; "


def _gap(finding_id: str, what: str, fix: str) -> Finding:
    return Finding(id=finding_id, kind="gap", stage="resolve", what=what, fix=fix)
