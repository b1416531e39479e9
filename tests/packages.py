"""Install what tests need of the operating system, where that may be done: Debian's packages, as root."""

import os
import shutil
import subprocess


def may_install() -> bool:
    """Tell whether packages can be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> bool:
    """Install a package without what it only recommends; tells whether it worked."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    done = subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], env=environment, check=False
    )
    return done.returncode == 0
