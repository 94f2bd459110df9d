"""A browser has a name that people know it by."""

import pytest

from candidates.models import Session
from candidates.signin.sessions import BROWSERS, SYSTEMS, device_of

GECKO, KIT = "Gecko/20100101", "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) {GECKO} Firefox/140.0", "Firefox on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KIT} Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KIT} Chrome/140.0 Safari/537.36 OPR/120.0", "Opera on Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/140.0 Safari/537.36", "Chrome on Chromebook"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {KIT} Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) {GECKO} Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {KIT} Version/18.0 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {KIT} CriOS/140 Safari/604.1", "Chrome on iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KIT} Version/18.0 Safari/605.1", "Safari on Mac"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KIT} Chrome/120.0 Safari/537.36 SEB/3.7", "Safe Exam Browser on Windows"),
        ("Something on Windows", "Windows"),
        ("Firefox/1", "Firefox"),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>alert(1)</script>\x00", ""),
        ("x" * 10_000, ""),
    ],
)
def test_a_browser_is_called_by_its_name_and_what_it_runs_on(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def test_the_longest_name_fits_its_column() -> None:
    longest = max(
        (device_of(f"{browser} {system}") for browser, _name in BROWSERS for system, _words in SYSTEMS), key=len
    )
    assert len(longest) <= (Session._meta.get_field("device").max_length or 0)
