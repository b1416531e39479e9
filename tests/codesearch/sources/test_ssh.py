"""Git over SSH: which addresses are taken, and what git is told to run."""

import shlex
from types import SimpleNamespace

import pytest

from codesearch.sources.base import SourceError
from codesearch.sources.git import GitRemote, check_remote, is_git_address
from codesearch.sources.ssh import checked_ssh_address


@pytest.fixture
def keys(tmp_path):
    for name in ("key", "known_hosts"):
        (tmp_path / name).write_text("x")
    return {"ssh_key": str(tmp_path / "key"), "ssh_known_hosts": str(tmp_path / "known_hosts")}


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("git@127.0.0.1:acme/shop.git", "ssh://git@127.0.0.1:22/acme/shop.git"),
        ("ssh://git@127.0.0.1/acme/shop.git", "ssh://git@127.0.0.1:22/acme/shop.git"),
        ("ssh://127.0.0.1:2222/shop", "ssh://git@127.0.0.1:2222/shop"),
    ],
)
def test_both_forms_are_addresses(address, url, keys):
    assert is_git_address(address)
    assert check_remote(GitRemote(address, **keys)).url == url


@pytest.mark.parametrize(
    "address",
    [
        "ssh://-oProxyCommand=x@127.0.0.1/shop",
        "ssh://git@-oProxyCommand=x/shop",
        "git@127.0.0.1:--upload-pack=x",
        "ssh://git@127.0.0.1/-x",
        "ssh://git:pw@127.0.0.1/shop",
        "ssh://git@127.0.0.1/a b",
        "ssh://git@10.0.0.1/shop",
        "ssh:///shop",
        "ssh://git@127.0.0.1:99999/shop",
    ],
)
def test_what_could_be_an_option_or_leads_elsewhere_is_refused(address, keys):
    with pytest.raises(SourceError):
        check_remote(GitRemote(address, **keys))


def test_without_a_key_of_its_own_nothing_is_read(keys, tmp_path):
    with pytest.raises(SourceError, match="GIT_SSH_KEY"):
        check_remote(GitRemote("git@127.0.0.1:acme/shop.git"))
    gone = SimpleNamespace(**keys, gone=str(tmp_path / "gone"))
    with pytest.raises(SourceError, match="names no file"):
        check_remote(GitRemote("git@127.0.0.1:x", ssh_key=gone.gone, ssh_known_hosts=gone.ssh_known_hosts))


def test_git_connects_by_that_key_alone_to_the_number_that_was_judged(tmp_path):
    command = checked_ssh_address("git@127.0.0.1:acme/shop.git")
    parts = shlex.split(command.command(tmp_path / "a key", tmp_path / "known"))
    assert parts[:3] == ["ssh", "-F", "none"]
    for option in (
        "HostName=127.0.0.1",
        f"IdentityFile={tmp_path / 'a key'}",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={tmp_path / 'known'}",
        "BatchMode=yes",
    ):
        assert option in parts
