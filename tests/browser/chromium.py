"""Find Chromium, or install it: Debian's package as root, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these, Chromium calls home at every start.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find() -> str | None:
    """Return the path of a browser, or None."""
    configured = os.environ.get("CHROMIUM")
    if configured:
        return configured
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install a browser."""
    if packages.may_install():
        packages.install("chromium")
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> None:
    """Make sure that there is a browser."""
    if find() is None:
        print("Installing Chromium …", flush=True)
        install()
    if find() is None:
        sys.exit(
            "No Chromium was found and none could be installed. Install one, or set CHROMIUM to its path."
        )


if __name__ == "__main__":
    main()
