"""Forms that make something carry a key, by which a second send leads to what the first one made."""

import hashlib
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from candidates.access import person
from candidates.lifecycle.once import Sent, once
from candidates.models.ids import LENGTH, new_public_id

KEY = "once"
_KEY = re.compile(rf"[0-9a-z]{{{LENGTH}}}", re.ASCII)


def key_for(request: HttpRequest | None) -> str:
    """Return the key that a page is to carry: that of the form which was sent and refused, else a new one."""
    return (_key_of(request) if request is not None else "") or new_public_id()


def sending(
    request: HttpRequest, content: Mapping[str, Any] | None = None, *, leads_to: str = ""
) -> AbstractContextManager[Sent]:
    """Carry out within what the form of this request makes, once; see lifecycle/once.py. Raises SentBefore."""
    return once(by=person(request), key=_fingerprint(request), content=content, leads_to=leads_to)


def _key_of(request: HttpRequest) -> str:
    """Return the key that a form carried, "" for none."""
    key = request.POST.get(KEY, "")
    return key if _KEY.fullmatch(key) else ""


def _fingerprint(request: HttpRequest) -> str:
    """Return what a form is known by, "" where it carried no key: the key, where it was sent to, and what it held.

    Who goes back, changes something and sends that means something else. Nothing typed can be guessed from it: the key
    is stored nowhere.
    """
    if not (key := _key_of(request)):
        return ""
    found = hashlib.sha256(f"{key} {request.path}".encode())
    for name in sorted(set(request.POST) - {"csrfmiddlewaretoken"}):
        found.update(repr((name, request.POST.getlist(name))).encode("utf-8", "surrogatepass"))
    files = cast("Mapping[str, UploadedFile[bytes]]", request.FILES)
    for name, file in sorted(files.items()):
        found.update(repr((name, file.name)).encode("utf-8", "surrogatepass"))
        for chunk in file.chunks():
            found.update(chunk)
        file.seek(0)
    return found.hexdigest()
