"""Where a cluster and its programs must lie, so that the account of the server can use them."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agentsite.local.binaries import PostgresBinaries
from agentsite.local.privileges import Account

PUBLIC = Path("/var/lib")

Say = Callable[[str], None]


def reachable_home(directory: Path, account: Account, say: Say) -> None:
    """Make `directory`; where the account can't get to it, as a link to a folder under /var/lib.

    Data that is there already moves along: below /root, say, `nobody` may not even look.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account.reaches(directory.resolve()):
        return
    public = Path(tempfile.mkdtemp(prefix="agentsite-", dir=PUBLIC))
    public.chmod(0o755)
    home = public / directory.name
    shutil.move(directory, home)
    directory.symlink_to(home)
    say(f"The user 'nobody' may not read {directory}: the database lies in {home}")


def runnable_binaries(
    binaries: PostgresBinaries, account: Account, directory: Path
) -> PostgresBinaries:
    """The same programs, or a copy of them in `directory` where the account can't run them."""
    if account.succeeds(binaries.folder / "postgres", "--version"):
        return binaries
    tree = binaries.folder.parent
    copy = directory / f"programs-{binaries.major}"
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy_package(tree, unfinished)
        unfinished.rename(copy)
    return replace(binaries, folder=copy / tree.parent.name / tree.name / binaries.folder.name)


def _copy_package(tree: Path, target: Path) -> None:
    """Copy the programs and, where a wheel has them beside its package, their libraries."""
    package = tree.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(tree, target / package.name / tree.name, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
