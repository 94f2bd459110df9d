"""Find the Chromium for browser tests, and install one where none is: python -m tests.support.browser --install.

The one without a window, Chromium's headless shell, has the same engine and takes half of the processor.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.support.apt import install

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OF_DEBIAN = Path("/usr/lib/chromium")  # whose packages have the shell beside it
# Asked in a process of its own: Playwright's sync API cannot be started twice, and a test may be running already.
PLAYWRIGHT_PATH = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SWITCHES = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


def starts(path: str) -> bool:
    """Return whether the browser can start: Ubuntu's package of that name only points to a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@cache
def find() -> str | None:
    """Return the path of a Chromium: the machine's own first, else the one that Playwright installed, else None."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None and starts(path):
            return path
    done = subprocess.run([sys.executable, "-c", PLAYWRIGHT_PATH], capture_output=True, text=True, check=True)
    path = done.stdout.strip()
    return path if starts(path) else None


def install_shell() -> bool:
    """Install the shell beside Debian's Chromium where this account may, and return whether that worked."""
    return install(SHELL)


def install_with_apt() -> bool:
    """Install Debian's Chromium where this account may, and return whether that worked."""
    return install("chromium")


def install_with_playwright() -> bool:
    """Let Playwright download its own Chromium into the home of this account, and return whether that worked."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Print the path of a Chromium that starts; with --install get one first where there is none."""
    if "--install" in arguments:
        for install in (install_shell, install_with_apt, install_with_playwright):
            if find() is not None:
                break
            print("The browser tests need Chromium, and none was found: installing one.", flush=True)
            install()
            find.cache_clear()
        if OF_DEBIAN.is_dir() and shutil.which(SHELL) is None:
            print("The browser tests take half of the time with Chromium's headless shell: installing it.", flush=True)
            install_shell()
            find.cache_clear()
    path = find()
    if path is None:
        print(
            "The browser tests need Chromium, and none was found. Install it: apt-get install chromium", file=sys.stderr
        )
        return 1
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
