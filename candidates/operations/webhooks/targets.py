"""Where webhooks may be sent: public addresses over https, and what the settings allow beside them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.fetching import is_public, real_address
from candidates.models.webhooks import MAX_TARGET_LENGTH

LOWEST_FREE_PORT = 1024
"""Below it only the scheme's own port: what listens there are mail, names and remote logins."""


def target_of(typed: str) -> str:
    """Return the address as it is stored. Raises Refused where webhooks are never sent to one like it."""
    text = typed.strip()
    if not text.isascii() or any(not character.isprintable() or character in ' "<>\\^`{|}' for character in text):
        raise Refused(_("Write the address without spaces and with ASCII letters alone."), about="url")
    if len(text) > MAX_TARGET_LENGTH:
        raise Refused(_("Use at most %(most)d characters.") % {"most": MAX_TARGET_LENGTH}, about="url")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise Refused(_("This is no address."), about="url") from error
    schemes = {"https": 443, "http": 80} if settings.PLAIN_HTTP else {"https": 443}
    if parts.scheme not in schemes:
        raise Refused(_("The address must begin with https://."), about="url")
    if not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise Refused(_("Write the name of a host, without a user name and without #."), about="url")
    if port is not None and port != schemes[parts.scheme] and port < LOWEST_FREE_PORT:
        words = _("Use the port %(usual)d, or one from %(lowest)d on.")
        raise Refused(words % {"usual": schemes[parts.scheme], "lowest": LOWEST_FREE_PORT}, about="url")
    return text


def may_reach(address: str) -> bool:
    """Say whether webhooks may be sent to an IP address: a public one, or one of WEBHOOK_NETWORKS."""
    found = real_address(address)
    if any(found in network for network in settings.WEBHOOK_NETWORKS if network.version == found.version):
        return True
    return is_public(address)
