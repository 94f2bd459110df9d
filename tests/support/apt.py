"""Install a package of Debian or Ubuntu that tests need, where this account may."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def install(package: str) -> bool:
    """Install a package with apt-get, and return whether that worked."""
    if shutil.which("apt-get") is None:
        return False
    prefix: Sequence[str] = ()
    if os.geteuid() != 0:
        prefix = ("sudo", "-n")
        if shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], check=False).returncode != 0:
            return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", package])
    return all(
        subprocess.run([*prefix, *command], env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0
        for command in commands
    )
