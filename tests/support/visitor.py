"""Somebody with a browser that keeps cookies, at the production server of a test."""

import requests

SECONDS = 30


class Visitor:
    """One browser at one address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.browser = requests.Session()

    def get(self, path: str) -> requests.Response:
        """Open a page; redirects are not followed."""
        return self.browser.get(f"{self.address}{path}", allow_redirects=False, timeout=SECONDS)

    def post(self, path: str, data: dict[str, str], **headers: str) -> requests.Response:
        """Send a form as its page would."""
        token = {"X-CSRFToken": self.browser.cookies.get("csrftoken") or ""}
        return self.browser.post(
            f"{self.address}{path}", data, headers={**token, **headers}, allow_redirects=False, timeout=SECONDS
        )

    def log_in(self, username: str, password: str) -> bool:
        """Log in by the login page; say whether that worked."""
        self.get("/login/")
        return self.post("/login/", {"username": username, "password": password}).status_code == 302

    def is_inside(self, path: str) -> bool:
        """Say whether a page that needs a login opens."""
        return self.get(path).status_code == 200
