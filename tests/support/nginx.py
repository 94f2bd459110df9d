"""Run a real nginx with the shipped nginx.conf; python -m tests.support.nginx --install gets one where none is.

What a test changes in the file is what differs from machine to machine: SUBSTITUTED, and nothing else.
"""

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inspera_deliver.environment import BASE_DIR
from tests.support.apt import install as install_with_apt

SHIPPED = BASE_DIR / "inspera_deliver" / "deployment" / "nginx.conf"
SECONDS = 20
# What lies around a site in Debian's nginx.conf, and the connections that docs/operations/deployment.md puts there.
AROUND = """
{user}
daemon off;
worker_processes 2;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_body_temp_path {folder}/other_bodies;
    include {folder}/deliver.conf;
}}
"""


def find() -> str | None:
    """Return the path of nginx, which Debian keeps where only root looks; None where there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exams.example.org")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName("exams.example.org"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Nginx:
    """nginx in front of what listens at `self.upstream`; use it as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = folder / "web.sock"
        self.port, self.plain_port = _free_port(), _free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self.certificate = str(folder / "fullchain.pem")
        self.bodies = folder / "bodies"
        self.bodies.mkdir()
        _certificate(folder)
        substituted = {
            "listen 80 default_server;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80 default_server;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "unix:/run/deliver/web.sock": f"unix:{self.upstream}",
            "/etc/ssl/deliver/": f"{folder}/",
            "/run/deliverbodies/": f"{self.bodies}/",
            "/srv/deliver/current/": f"{BASE_DIR}/",
        }
        text = SHIPPED.read_text()
        for shipped, here in substituted.items():
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        (folder / "deliver.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(AROUND.format(folder=folder, user=user))

    def command(self, *more: str) -> list[str]:
        """Return the command line of this nginx."""
        found = find()
        assert found is not None
        errors = str(self.folder / "error.log")
        return [found, "-p", str(self.folder), "-c", str(self.configuration), "-e", errors, *more]

    def __enter__(self) -> "Nginx":
        self.start()
        return self

    def restart(self) -> None:
        """Start it anew, with a file that a test has changed."""
        self.__exit__(None, None, None)
        self.start()

    def start(self) -> None:
        """Start it and return once it answers."""
        self.process = subprocess.Popen(self.command())
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return
        self.__exit__(None, None, None)
        raise RuntimeError(f"nginx did not start:\n{(self.folder / 'error.log').read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=SECONDS)


def main(arguments: Sequence[str]) -> int:
    """Print where nginx is. Only --install where CI is set gets one: Debian's package starts a server on port 80."""
    is_needed = bool(os.environ.get("CI"))
    if find() is None and is_needed and "--install" in arguments:
        print("The tests of the proxy need nginx, and none was found: installing it.", flush=True)
        install_with_apt("nginx")
    path = find()
    if path is None:
        print(
            "The tests of the proxy need nginx, and are left out. To have them: apt-get install nginx", file=sys.stderr
        )
        return 1 if is_needed else 0
    print(f"nginx: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
