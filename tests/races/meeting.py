"""Let two or three people meet at one row: each in a thread with a connection of its own, stopped where it matters."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection


class Beside:
    """Run something in a thread with a connection of its own; `error` is what it raised."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self._act = act
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._act()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def ended(self) -> Exception | None:
        """Wait for the end, and return what was raised."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error


class Pause:
    """Stop a function of a module right before or after it has done its work, until somebody else has come so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: object, name: str, *, before: bool = False) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        real = getattr(module, name)

        def paused(*args: object, **keywords: object) -> object:
            found = None if before else real(*args, **keywords)
            if not self.reached.is_set():
                self.reached.set()
                self.go.wait(10)
            return real(*args, **keywords) if before else found

        monkeypatch.setattr(module, name, paused)

    def meets(self, first: Callable[[], object], second: Callable[[], object]) -> list[Exception | None]:
        """Run the first up to its pause, then the second as far as it gets; return what each raised."""
        one = Beside(first)
        assert self.reached.wait(10)
        other = Beside(second)
        other._thread.join(0.3)
        self.go.set()
        return [one.ended(), other.ended()]
