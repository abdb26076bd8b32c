"""A repository is read as it is, and nothing that it names is run."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.git_world import (
    AUTHOR,
    AUTHOR_EMAIL,
    AUTHORED,
    COMMITTED,
    GitWorld,
    git,
    make_ssh_key,
    signing,
    training_repository,
)

from affidavit.errors import Contradicted, SourceError, Unreachable
from affidavit.resolve.git_command import run_git
from affidavit.resolve.repository import Commit, open_repository


@pytest.fixture
def world(tmp_path: Path) -> tuple[GitWorld, str]:
    return training_repository(tmp_path / "project")


def _find(location: str | Path, sha: str, tmp_path: Path) -> Commit | None:
    with open_repository(str(location), tmp_path / "mirrors") as repository:
        return repository.find(sha)


def test_finds_a_commit_with_its_own_words(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    project, sha = world

    commit = _find(project.folder, sha, tmp_path)

    assert commit is not None
    assert (commit.sha, commit.tree) == (sha, project.git("rev-parse", f"{sha}^{{tree}}"))
    assert commit.parents == (project.git("rev-parse", f"{sha}^"),)
    assert (commit.author.name, commit.author.email) == (AUTHOR, AUTHOR_EMAIL)
    assert commit.author.at == datetime.fromisoformat(AUTHORED)
    assert commit.committer.at == datetime.fromisoformat(COMMITTED)
    assert commit.subject == "Train the model"
    assert commit.message == "Train the model\n\nWith a body.\n"
    assert (commit.signature.state, commit.tags) == ("unsigned", ())


@pytest.mark.parametrize(
    "name", ["HEAD", "main", "", "--help", "0" * 40, "f" * 64, "ABCDEF" * 6 + "ABCD"]
)
def test_a_name_that_is_no_known_full_id_is_a_gap(
    world: tuple[GitWorld, str], tmp_path: Path, name: str
) -> None:
    assert _find(world[0].folder, name, tmp_path) is None


def test_an_abbreviated_id_and_a_tree_are_no_commit(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world

    assert _find(project.folder, sha[:12], tmp_path) is None
    assert _find(project.folder, project.git("rev-parse", f"{sha}^{{tree}}"), tmp_path) is None
    assert _find(project.folder, sha, tmp_path) is not None  # and the process survived


def test_bare_worktree_and_mirror_give_the_same_commit(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    bare = project.clone(tmp_path / "bare.git", "--bare")
    project.git("worktree", "add", "-q", str(tmp_path / "worktree"), sha)

    places = (bare, tmp_path / "worktree", project.folder.as_uri())
    found = [_find(place, sha, tmp_path) for place in places]

    assert found == [_find(project.folder, sha, tmp_path)] * 3
    assert found[0] is not None


def test_a_mirror_is_updated_and_keeps_no_leftovers(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, _ = world
    mirrors, url = tmp_path / "mirrors", project.folder.as_uri()
    open_repository(url, mirrors).close()
    project.write("new.txt", "new")
    newer = project.commit("Later")

    commit = _find(url, newer, tmp_path)

    assert commit is not None
    assert commit.subject == "Later"
    assert len(list(mirrors.iterdir())) == 1


def test_a_mirror_asks_for_a_commit_that_no_branch_reaches(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, _ = world
    project.git("config", "uploadpack.allowAnySHA1InWant", "true")  # as the large hosts do
    project.git("checkout", "-q", "-b", "gone")
    orphan = project.commit("On a branch that was deleted")
    project.git("checkout", "-q", "main")
    project.git("branch", "-q", "-D", "gone")

    commit = _find(project.folder.as_uri(), orphan, tmp_path)

    assert commit is not None
    assert commit.subject == "On a branch that was deleted"


def _is_on_a_branch(location: str, sha: str, tmp_path: Path) -> bool | None:
    with open_repository(location, tmp_path / "mirrors") as repository:
        assert repository.find(sha) is not None
        return repository.is_on_a_branch(sha)


def test_a_squash_merge_leaves_the_commit_on_no_branch(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, merged = world
    project.git("checkout", "-q", "-b", "feature")
    trained = project.commit("Train")
    assert _is_on_a_branch(str(project.folder), trained, tmp_path) is True

    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--squash", "feature")
    project.commit("Train (#7)")
    project.git("branch", "-q", "-D", "feature")
    project.git("update-ref", "refs/pull/7/head", trained)  # as a host keeps it
    project.git("checkout", "-q", "--detach", trained)  # as somebody who looks at it has it

    for location in (str(project.folder), project.folder.as_uri()):
        assert _is_on_a_branch(location, trained, tmp_path) is False
        assert _is_on_a_branch(location, merged, tmp_path) is True
    project.git("tag", "-a", "kept", "-m", "kept", trained)
    assert _is_on_a_branch(str(project.folder), trained, tmp_path) is True


def test_a_clone_knows_the_branches_of_its_origin(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, _ = world
    project.git("checkout", "-q", "-b", "other")
    sha = project.commit("Elsewhere")
    project.git("checkout", "-q", "main")
    clone = project.clone(tmp_path / "clone")

    assert _is_on_a_branch(str(clone), sha, tmp_path) is True


def test_a_history_with_a_commit_missing_says_nothing_about_branches(tmp_path: Path) -> None:
    project = GitWorld.create(tmp_path / "project")
    first, second, third = (project.commit(name) for name in ("First", "Second", "Third"))
    assert _is_on_a_branch(str(project.folder), first, tmp_path) is True

    project.path_of_loose(second).unlink()

    assert _is_on_a_branch(str(project.folder), first, tmp_path) is None
    assert _is_on_a_branch(str(project.folder), third, tmp_path) is True


def test_a_commit_that_git_collected_is_gone(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    project, _ = world
    project.git("checkout", "-q", "-b", "feature")
    sha = project.commit("Train")
    project.git("checkout", "-q", "main")
    project.git("branch", "-q", "-D", "feature")
    assert _find(str(project.folder), sha, tmp_path) is not None

    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now")

    assert _find(str(project.folder), sha, tmp_path) is None


def test_a_url_that_does_not_answer_is_unreachable_and_leaves_nothing(tmp_path: Path) -> None:
    url = (tmp_path / "absent.git").as_uri()

    with pytest.raises(Unreachable, match="git says") as caught:
        open_repository(url, tmp_path / "mirrors")

    assert url in caught.value.what
    assert list((tmp_path / "mirrors").iterdir()) == []


def test_a_password_in_a_url_is_neither_shown_nor_stored(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        open_repository("https://bob:s3cret@127.0.0.1:1/x.git", tmp_path / "mirrors")

    assert "s3cret" not in " ".join(caught.value.args)
    assert "https://127.0.0.1:1/x.git" in caught.value.what


@pytest.mark.parametrize(
    "location", ["ext::sh -c touch% pwned", "git://host/x", "gopher://h/x", "fd::17"]
)
def test_refuses_transports_that_run_or_trust_anything(location: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="only https, http, ssh and file"):
        open_repository(location, tmp_path / "mirrors")


def test_a_folder_within_a_repository_is_none(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    """Else a build beside the wrong folder would quietly look into a repository around it."""
    inner = world[0].folder / "folder with space"

    with pytest.raises(SourceError, match="not a Git repository"):
        open_repository(str(inner), tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        open_repository(str(tmp_path / "absent"), tmp_path)
    open_repository(str(inner.parent), tmp_path).close()


def test_a_shallow_clone_is_refused_with_the_command_that_completes_it(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", project.folder.as_uri(), str(shallow))

    with pytest.raises(SourceError, match="shallow") as caught:
        open_repository(str(shallow), tmp_path)
    assert f"git -C {shallow} fetch --unshallow" in caught.value.fix
    with pytest.raises(SourceError, match="shallow"):
        open_repository(shallow.as_uri(), tmp_path / "mirrors")

    git(shallow, "fetch", "-q", "--unshallow")
    assert _find(shallow, sha, tmp_path) is not None


def test_a_partial_clone_is_not_completed_behind_the_users_back(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    project.git("config", "uploadpack.allowFilter", "true")
    partial, url = tmp_path / "partial", project.folder.as_uri()
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", url, str(partial))

    with (
        open_repository(str(partial), tmp_path) as repository,
        pytest.raises(SourceError, match="partial clone") as caught,
    ):
        repository.read(sha, "train.py")
    assert "--refetch" in caught.value.fix


def test_lists_every_kind_of_name_and_mode(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    project, sha = world
    with open_repository(str(project.folder), tmp_path) as repository:
        files = repository.listing(sha).files

    assert {path: file.mode for path, file in files.items()} == {
        "big.bin": "100644",
        "empty": "100644",
        "exact.bin": "100644",
        "folder with space/naïve größe.txt": "100644",
        "line\nbreak.txt": "100644",
        "link": "120000",
        "run.sh": "100755",
        "same.txt": "100644",
        "train.py": "100644",
    }
    assert files["train.py"].blob == project.git("rev-parse", f"{sha}:train.py")


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    project = GitWorld.create(tmp_path / "project")
    (project.folder / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"latin")
    sha = project.commit("Latin-1 name")

    with open_repository(str(project.folder), tmp_path) as repository:
        assert list(repository.listing(sha).files) == ["caf\udce9.txt"]
        assert repository.read(sha, "caf\udce9.txt") == b"latin"


def test_reads_a_file_at_the_commit_and_not_in_the_work_tree(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    project.write("train.py", "print('changed later')\n")

    with open_repository(str(project.folder), tmp_path) as repository:
        assert repository.read(sha, "train.py") == b"print('train')\n"
        assert repository.read(sha, "line\nbreak.txt") == b"a name of two lines\n"
        assert repository.read(sha, "empty") == b""
        assert repository.read(sha, "absent") is None
        assert repository.read(sha, "link") is None  # a link is not followed
        assert repository.read(sha, "folder with space") is None


def test_refuses_to_read_more_than_the_limit(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    project, sha = world
    with open_repository(str(project.folder), tmp_path) as repository:
        assert len(repository.read(sha, "big.bin", limit=204_800) or b"") == 204_800
        with pytest.raises(SourceError, match=r"204,800 bytes"):
            repository.read(sha, "big.bin", limit=204_799)
        assert repository.read(sha, "train.py") == b"print('train')\n"


def test_an_object_that_is_not_its_id_is_a_contradiction(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    """`git cat-file` hands such an object out; the twin shows that it is read otherwise."""
    project, sha = world
    blob, other = (project.git("rev-parse", f"{sha}:{p}") for p in ("train.py", "run.sh"))
    with open_repository(str(project.folder), tmp_path) as repository:
        assert repository.read(sha, "train.py") == b"print('train')\n"

    loose = project.path_of_loose(blob)
    loose.chmod(0o644)
    shutil.copyfile(project.path_of_loose(other), loose)

    assert project.git("cat-file", "blob", blob) == "#!/bin/sh"
    with (
        open_repository(str(project.folder), tmp_path) as repository,
        pytest.raises(Contradicted) as caught,
    ):
        repository.read(sha, "train.py")
    ((_, expected, found, _),) = caught.value.contradictions
    assert (expected, found) == (blob, other)


def test_a_damaged_object_is_named(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    project, sha = world
    loose = project.path_of_loose(project.git("rev-parse", f"{sha}:train.py"))
    loose.chmod(0o644)
    loose.write_bytes(b"\x78\x01 not a zlib stream")

    with open_repository(str(project.folder), tmp_path) as repository:
        with pytest.raises(SourceError, match="cannot be read") as caught:
            repository.read(sha, "train.py")
        assert "git fsck" in caught.value.fix
        assert repository.read(sha, "run.sh") == b"#!/bin/sh\n"


def test_an_object_that_is_gone_is_no_gap(world: tuple[GitWorld, str], tmp_path: Path) -> None:
    """The commit is there: that its file is not is a fault of this clone, not of the evidence."""
    project, sha = world
    project.path_of_loose(project.git("rev-parse", f"{sha}:train.py")).unlink()

    with open_repository(str(project.folder), tmp_path) as repository:
        with pytest.raises(SourceError, match="lacks the Git object"):
            repository.read(sha, "train.py")
        assert repository.read(sha, "run.sh") == b"#!/bin/sh\n"


def test_runs_nothing_that_the_repository_names(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    """Hooks, fsmonitor, gpg, ssh, textconv, filters, pager: each would leave a file."""
    project, _ = world
    project.write(".gitattributes", "* filter=evil diff=evil\n")
    sha = project.commit("Attributes")
    touched = tmp_path / "touched"
    evil = project.folder / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch '{touched}'\n")
    evil.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "gpg.program",
        "gpg.ssh.program", "diff.external", "diff.evil.textconv", "filter.evil.smudge",
        "filter.evil.clean", "core.alternateRefsCommand", "remote.origin.uploadpack",
    ):  # fmt: skip
        project.git("config", key, str(evil))
    project.git("config", "extensions.partialClone", "origin")
    project.git("config", "remote.origin.url", str(tmp_path))
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        shutil.copy(evil, project.folder / ".git" / "hooks" / hook)

    for location in (str(project.folder), project.folder.as_uri()):
        with open_repository(location, tmp_path / "mirrors") as repository:
            assert repository.read(sha, "train.py") == b"print('train')\n"
            assert repository.find("0" * 40) is None  # a partial clone would fetch it

    assert not touched.exists()


def test_replace_refs_and_grafts_change_nothing(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    before = _find(project.folder, sha, tmp_path)
    parent = project.git("rev-parse", f"{sha}^")
    project.git("replace", sha, parent)
    (project.folder / ".git" / "info" / "grafts").write_text(f"{sha}\n")

    assert project.git("log", "-1", "--format=%s", sha) == "First"  # git itself is taken in
    assert _find(project.folder, sha, tmp_path) == before


def test_git_variables_around_us_do_not_lead_elsewhere(
    world: tuple[GitWorld, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may run inside a hook, where GIT_DIR names the repository that is committed to."""
    other = GitWorld.create(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.folder / ".git" / "objects"))

    assert _find(world[0].folder, world[1], tmp_path) is not None


def test_what_git_starts_is_told_none_of_our_secrets(
    world: tuple[GitWorld, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credential helper or ssh of the user's own is a program of others."""
    ours = (
        "AFFIDAVIT_KEY_PASSPHRASE", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    )  # fmt: skip
    theirs = ("SSH_AUTH_SOCK", "HTTPS_PROXY", "SSL_CERT_FILE", "GIT_SSH_COMMAND")
    for name in (*ours, *theirs):
        monkeypatch.setenv(name, f"value of {name}")
    seen = tmp_path / "seen"
    world[0].git("config", "alias.look", f"!env > '{seen}'")

    done = run_git(["look"], git_dir=world[0].folder / ".git")

    told = dict(x.split("=", 1) for x in seen.read_text().splitlines() if "=" in x)
    assert done.returncode == 0
    assert {n: told.get(n) for n in theirs} == {n: f"value of {n}" for n in theirs}
    assert {"PATH", "HOME"} <= told.keys()
    assert told.keys().isdisjoint(ours)
    assert "value of AFFIDAVIT" not in seen.read_text()


def test_a_tree_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = GitWorld.create(tmp_path / "bomb")
    blob = git(project.folder, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    row = f"100644 blob {blob}\tf"
    for _ in range(6):
        rows = [row.rpartition("\t")[0] + f"\t{n}" for n in range(10)]
        tree = git(project.folder, "mktree", stdin="\n".join(rows).encode()).decode().strip()
        row = f"040000 tree {tree}\td"
    sha = project.git("commit-tree", tree, "-m", "bomb")
    monkeypatch.setattr("affidavit.tracked.git_tree.MAX_TREE_ENTRIES", 50_000)

    with (
        open_repository(str(project.folder), tmp_path) as repository,
        pytest.raises(SourceError, match="more than 50,000 entries"),
    ):
        repository.listing(sha)


def test_only_annotated_tags_speak_for_a_commit(
    world: tuple[GitWorld, str], tmp_path: Path
) -> None:
    project, sha = world
    project.git("tag", "lightweight", sha)
    project.git("tag", "-a", "v3", "-m", "Release three", sha)
    project.git("tag", "-a", "older", "-m", "Before", f"{sha}^")
    project.git("tag", "-a", "of-a-tag", "-m", "Nested", "v3")

    commit = _find(project.folder, sha, tmp_path)

    assert commit is not None
    assert [(t.name, t.message, t.signature.state) for t in commit.tags] == [
        ("v3", "Release three\n", "unsigned")
    ]
    assert commit.tags[0].oid == project.git("rev-parse", "v3")


def test_sha256_repositories_are_read_as_they_are(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project", "--object-format=sha256")
    assert len(sha) == 64

    with open_repository(str(project.folder), tmp_path) as repository:
        assert repository.find(sha) is not None
        assert repository.read(sha, "train.py") == b"print('train')\n"
        assert repository.find("0" * 40) is None


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not here")
class TestSignatures:
    """A signature holds or not; whose it is, only a file from outside says."""

    def test_holds_by_an_unknown_key_unless_the_signer_is_given(self, tmp_path: Path) -> None:
        key, project, sha = _signed(tmp_path)

        alone = _find(project.folder, sha, tmp_path)
        with open_repository(
            str(project.folder), tmp_path, allowed_signers=tmp_path / "keys/signer.allowed"
        ) as repository:
            vouched = repository.find(sha)

        fingerprint = _fingerprint(key)
        assert alone is not None
        assert vouched is not None
        assert (alone.signature.state, alone.signature.key) == ("unknown-signer", fingerprint)
        assert alone.signature.signer is None
        assert (vouched.signature.state, vouched.signature.signer, vouched.signature.key) == (
            "good", "signer@bank.example", fingerprint,
        )  # fmt: skip
        assert vouched.signature.scheme == "ssh"

    def test_another_signer_is_not_the_one_allowed(self, tmp_path: Path) -> None:
        _, project, sha = _signed(tmp_path)
        make_ssh_key(tmp_path / "keys", "other")

        with open_repository(
            str(project.folder), tmp_path, allowed_signers=tmp_path / "keys/other.allowed"
        ) as repository:
            commit = repository.find(sha)

        assert commit is not None
        assert commit.signature.state == "unknown-signer"

    def test_a_signature_moved_to_another_commit_is_bad(self, tmp_path: Path) -> None:
        _, project, sha = _signed(tmp_path)
        raw = git(project.folder, "cat-file", "commit", sha)
        forged = raw.replace(b"Signed work", b"Forged work")
        other = git(project.folder, "hash-object", "-t", "commit", "-w", "--stdin", stdin=forged)

        commit = _find(project.folder, other.decode().strip(), tmp_path)

        assert commit is not None
        assert (commit.subject, commit.signature.state) == ("Forged work", "bad")

    def test_the_repositorys_own_list_of_signers_is_not_asked(self, tmp_path: Path) -> None:
        _, project, sha = _signed(tmp_path)
        allowed = str(tmp_path / "keys/signer.allowed")
        project.git("config", "gpg.ssh.allowedSignersFile", allowed)
        assert project.git("log", "-1", "--format=%G?", sha) == "G"

        commit = _find(project.folder, sha, tmp_path)

        assert commit is not None
        assert commit.signature.state == "unknown-signer"

    def test_a_signed_tag_is_checked_too(self, tmp_path: Path) -> None:
        key, project, sha = _signed(tmp_path)
        git(project.folder, *signing(key), "tag", "-s", "v1", "-m", "Signed tag", sha)

        with open_repository(
            str(project.folder), tmp_path, allowed_signers=tmp_path / "keys/signer.allowed"
        ) as repository:
            commit = repository.find(sha)

        assert commit is not None
        assert [(t.name, t.message, t.signature.state) for t in commit.tags] == [
            ("v1", "Signed tag\n", "good")
        ]


def test_an_openpgp_signature_is_there_and_not_verifiable(tmp_path: Path) -> None:
    project = GitWorld.create(tmp_path / "project")
    sha = project.commit("Plain")
    raw = git(project.folder, "cat-file", "commit", sha)
    block = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\n"
    signed = raw.replace(b"\n\n", b"\n" + block, 1)
    other = git(project.folder, "hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)

    commit = _find(project.folder, other.decode().strip(), tmp_path)

    assert commit is not None
    assert (commit.signature.state, commit.signature.scheme) == ("unverifiable", "openpgp")


def _signed(tmp_path: Path) -> tuple[Path, GitWorld, str]:
    key = make_ssh_key(tmp_path / "keys")
    project = GitWorld.create(tmp_path / "project")
    project.write("train.py", "print()\n")
    project.git("add", "-A")
    git(project.folder, *signing(key), "commit", "-q", "-S", "-m", "Signed work")
    return key, project, project.git("rev-parse", "HEAD")


def _fingerprint(key: Path) -> str:
    import subprocess

    said = subprocess.run(["ssh-keygen", "-lf", str(key)], capture_output=True, check=True)
    return said.stdout.split()[1].decode()
