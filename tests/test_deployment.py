"""The files and the guide of an installation say what the software needs, and what `make run` does."""

import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from candidates.signin import hash_slots
from candidates.tabular.upload import MAX_USER_FILE
from inspera_deliver.environment import BASE_DIR
from tests.test_env_example import entries

FOLDER = BASE_DIR / "inspera_deliver" / "deployment"
GUIDE = BASE_DIR / "docs" / "operations" / "deployment.md"
NGINX = (FOLDER / "nginx.conf").read_text()
UNITS = [
    "deliver-web.service",
    "deliver-worker.service",
    "deliver-web.socket",
    "deliver-backup.service",
    "deliver-backup.timer",
    "run-deliverbodies.mount",
]
# What differs from machine to machine, and what `make run` leaves at the value that gunicorn has by itself.
OF_THE_MACHINE = {"--bind", "--workers", "--timeout", "--graceful-timeout"}
MIB = 1024 * 1024


def unit(name: str) -> dict[str, str]:
    lines = [line for line in (FOLDER / name).read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def options(command: str) -> dict[str, str]:
    """Return gunicorn's options of a command line."""
    words = shlex.split(command)
    words = words[words.index("inspera_deliver.wsgi") + 1 :]
    words = words[: words.index("--")] if "--" in words else words
    found: dict[str, str] = {}
    for word in words:
        if word.startswith("--"):
            last = word
            found[last] = ""
        else:
            found[last] = word
    return found


def makefile_options() -> dict[str, str]:
    text = (BASE_DIR / "Makefile").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if "gunicorn inspera_deliver.wsgi" in line]
    return options(line.replace("$", ""))


def test_gunicorn_runs_as_make_run_runs_it() -> None:
    deployed = options(unit("deliver-web.service")["ExecStart"])
    run = makefile_options()
    assert {name: value for name, value in deployed.items() if name not in OF_THE_MACHINE} == {
        name: value for name, value in run.items() if name not in OF_THE_MACHINE
    }
    assert run["--worker-class"] == "inspera_deliver.serving.Worker"
    assert run["--logger-class"] == "inspera_deliver.serving.Logger"
    assert int(run["--threads"]) >= 2 * settings.SSO_CALLS_AT_ONCE
    # beside those who hash, wait for that, or wait for providers
    assert int(run["--threads"]) > settings.SSO_CALLS_AT_ONCE + settings.PASSWORD_HASHES_AT_ONCE + hash_slots.WAITING
    # and slips pass those who hash in the lane of the logins (serving.py)
    assert int(run["--threads"]) // 2 + 1 > settings.PASSWORD_HASHES_AT_ONCE + hash_slots.WAITING


def test_requests_at_hand_end_before_they_are_killed() -> None:
    web = unit("deliver-web.service")
    assert int(web["TimeoutStopSec"]) > int(options(web["ExecStart"])["--graceful-timeout"])
    assert "--bind" not in options(web["ExecStart"])  # the socket comes from its own unit
    assert unit("deliver-web.socket")["ListenStream"] == "/run/deliver/web.sock"
    assert "server unix:/run/deliver/web.sock" in NGINX


@pytest.mark.parametrize("name", ["deliver-web.service", "deliver-worker.service"])
def test_a_service_has_no_more_than_it_needs_and_comes_back(name: str) -> None:
    service = unit(name)
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["Restart"]) == ("yes", "strict", "always")
    assert (service["User"], service["UMask"]) == ("deliver", "0077")
    assert service["Environment"] == "ENV_FILE=/etc/deliver/env"


@pytest.mark.parametrize("name", ["deliver-web.service", "deliver-worker.service"])
def test_a_new_version_is_laid_beside_the_one_that_runs(name: str) -> None:
    assert unit(name)["WorkingDirectory"] == "/srv/deliver/current"
    assert unit(name)["ExecStart"].startswith("/srv/deliver/current/.venv/bin/")
    upgrading = GUIDE.read_text().partition("## Upgrading")[2]
    assert "git checkout" not in upgrading
    assert upgrading.index("manage.py migrate") < upgrading.index(
        guide_command("ln -sfn VERSION /srv/deliver/current &&")
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    for other in UNITS:
        text = re.sub(r"^(ExecStart=)\S+", rf"\1{shutil.which('true')}", (FOLDER / other).read_text(), flags=re.M)
        (tmp_path / other).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False, timeout=60
    )
    assert not [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("deliver-")]


def location(path: str) -> str:
    found = re.search(rf"location {re.escape(path)} {{(.*?)}}", NGINX, re.DOTALL)
    assert found, path
    return found[1]


def test_the_proxy_lets_large_files_to_the_import_of_permanent_users_alone() -> None:
    assert NGINX.count("client_max_body_size 51m;") == 1
    assert "client_max_body_size 51m;" in location("= /permanent-users/import/")
    assert MAX_USER_FILE < 51 * MIB
    assert settings.MAX_FORM < 6 * MIB
    assert "client_max_body_size 6m;" in location("/deliver/")
    assert "client_max_body_size 8m;" in location("~ ^/test/[^/]+/(?:answer|submit|write-here)/$")
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE < 8 * MIB


@pytest.mark.parametrize("path", ["= /permanent-users/import/", "/permanent-users/import/"])
def test_the_proxy_waits_for_the_reading_of_150000_rows(path: str) -> None:
    assert "proxy_read_timeout 300s;" in location(path)


def test_the_memory_that_bodies_take_is_bounded() -> None:
    zones = {zone: key for key, zone in re.findall(r"limit_conn_zone (\$\w+) zone=(\w+):", NGINX)}
    limits = {
        where: {zones[zone]: int(most) for zone, most in re.findall(r"limit_conn (\w+) (\d+);", text)}
        for where, text in (
            ("all", NGINX.partition("listen 443")[2].partition("location")[0]),
            ("import", location("= /permanent-users/import/")),
        )
    }
    large, of_one, of_address = "$deliver_large", "$deliver_large_of", "$binary_remote_addr"
    assert limits["all"] == {large: 64, of_one: 16, of_address: 6000}
    assert limits["import"] == {large: 8, of_one: 4, of_address: 6000}
    assert limits["all"][of_address] > 3 * 1500  # one hall, several requests each
    at_most = limits["all"][large] * 8 * MIB + limits["import"][large] * 51 * MIB
    assert "size=1g," in unit("run-deliverbodies.mount")["Options"]
    assert at_most < 1024 * MIB
    # the lines would name addresses
    assert "limit_conn_log_level info;" in NGINX
    assert "limit_req_log_level info;" in NGINX


def test_the_proxy_writes_no_body_to_the_disk() -> None:
    mount = unit("run-deliverbodies.mount")
    assert (mount["Type"], mount["What"]) == ("tmpfs", "tmpfs")
    assert re.findall(r"client_body_temp_path (\S+);", NGINX) == [f"{mount['Where']}/nginx"]
    assert mount["Before"] == "nginx.service"
    assert "proxy_max_temp_file_size 0;" in NGINX
    # a password that is typed stays out of files altogether
    assert re.findall(r"client_\w+_size (\d+k);", location("= /login/")) == ["64k", "64k"]


def test_a_hall_of_1500_may_log_in_from_one_address_within_a_minute() -> None:
    (rate,) = re.findall(r"zone=deliver_logins:10m rate=(\d+)r/s;", NGINX)
    (burst,) = re.findall(r"limit_req zone=deliver_logins burst=(\d+) ", location("= /login/"))
    assert int(burst) >= 1500
    assert 1500 / int(rate) < 60


@pytest.mark.parametrize(
    "line",
    [
        "proxy_set_header X-Forwarded-Proto https;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Request-ID $request_id;",
        "proxy_set_header Host $host;",
        "access_log off;",
    ],
)
def test_the_proxy_says_itself_what_the_software_believes(line: str) -> None:
    assert line in NGINX.partition("listen 443")[2]
    # a location with a header of its own would lose all others
    assert not re.search(r"location [^{]*{[^}]*proxy_set_header", NGINX)


def guide_command(start: str) -> str:
    (line,) = [line.strip() for line in GUIDE.read_text().splitlines() if line.startswith(f"    {start}")]
    return line


@pytest.mark.parametrize("works", [True, False])
def test_a_nightly_copy_has_its_name_once_it_is_whole_and_is_its_owners_alone(works: bool, tmp_path: Path) -> None:
    service = unit("deliver-backup.service")
    copies, programs = tmp_path / "copies", tmp_path / "programs"
    copies.mkdir()
    programs.mkdir()
    dump = programs / "pg_dump"
    end = "true" if works else "false"
    dump.write_text(f'#!/bin/sh\nfor word; do case $word in --file=*) echo > "${{word#*=}}"; esac; done\n{end}\n')
    dump.chmod(0o700)
    command = service["ExecStart"].replace("/var/backups/deliver", str(copies)).replace("%%", "%").replace("$$", "$")
    path = f"{programs}:{os.environ['PATH']}"
    umask = int(service["UMask"], 8)
    done = subprocess.run(shlex.split(command), env={"PATH": path}, umask=umask, check=False)
    (copy,) = copies.iterdir()
    assert (done.returncode == 0, copy.suffix) == (works, ".dump" if works else ".part")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_sqlite_has_its_folder_before_the_first_migration() -> None:
    guide = GUIDE.read_text()
    made = guide_command("install -d -m 700 -o deliver -g deliver /var/lib/deliver")
    assert guide.index(made) < guide.index("    deliver migrate\n")
    assert "sqlite:////var/lib/deliver/db.sqlite3" in guide


def test_copies_have_a_folder_of_their_own_and_are_made_every_night() -> None:
    assert guide_command("install -d -m 700 -o deliver -g deliver /var/backups/deliver")
    assert "deliver-backup.timer" in guide_command("systemctl enable --now deliver-backup")
    assert unit("deliver-backup.timer")["Persistent"] == "true"
    assert unit("deliver-backup.service")["ReadWritePaths"] == "/var/backups/deliver"
    assert "Permanent users who were deleted" in GUIDE.read_text().partition("To restore:")[2]


def test_the_folder_of_the_code_is_made_as_roots_before_git_writes_there() -> None:
    assert "--no-create-home" in guide_command("adduser ")
    made = guide_command("install -d -o root -m 755 /srv/deliver ")
    guide = GUIDE.read_text()
    assert guide.index(made) < guide.index("git clone")
    programs = guide_command("apt install ").split()
    assert {"git", "nginx", "postgresql", "python3-venv", "sudo"} <= set(programs)


def test_the_proxy_turns_nobody_away_when_1500_ask_at_once(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text("user www-data;\nevents {\n\tworker_connections 768;\n\t# multi_accept on;\n}\nhttp {\n}\n")
    subprocess.run(shlex.split(guide_command("sed ").replace("/etc/nginx/nginx.conf", str(file))), check=True)
    found = dict(re.findall(r"^\s*(worker_\w+) (\d+);$", file.read_text(), re.MULTILINE))
    # one connection to the client and one to the application, each a file
    assert int(found["worker_connections"]) >= 2 * 1500
    assert int(found["worker_rlimit_nofile"]) > int(found["worker_connections"])


def test_the_settings_name_nothing_that_is_not_read_and_hold_no_key() -> None:
    lines = (FOLDER / "env").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(found) <= set(entries())
    assert [name for name, value in found.items() if not value] == ["SECRET_KEY", "CREDENTIAL_KEYS", "VERIFIER_KEYS"]
    assert found["BEHIND_PROXY"] == "True"


def test_the_guide_links_every_file_and_names_commands_that_there_are() -> None:
    guide = GUIDE.read_text()
    linked = {(GUIDE.parent / link).resolve() for link in re.findall(r"\]\(([\w./-]+)\)", guide)}
    assert set(FOLDER.iterdir()) <= linked
    own = {path.stem for path in (BASE_DIR / "candidates" / "management" / "commands").glob("*.py")}
    of_django = {"migrate", "check", "createsuperuser", "clearsessions"}
    named = set(re.findall(r"(?:`|&& |^    )deliver ([a-z_]+)", guide, re.MULTILINE))
    assert named <= own | of_django
    assert {"purge_login_details", "expire_drafts", "rotate_credential_keys", "worker_health", "backup_sqlite"} <= named
