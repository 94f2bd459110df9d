"""Keep secrets out of the logs."""

import logging
import re

SECRET_PARAMETER = re.compile(r"\b(password|code|state|id_token|answer)=[^&\s\"']*", re.IGNORECASE)
# what a one-time password looks like, in the form in which it is printed
SECRET_SHAPE = re.compile(r"\b[2-9a-hjkmnp-z]{4}-[2-9a-hjkmnp-z]{4}-[2-9a-hjkmnp-z]{5}\b", re.IGNORECASE)


class SecretFilter(logging.Filter):
    """Replace secrets in log lines: the last line of defence, since nothing should log them at all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message without secrets."""
        message = record.getMessage()
        cleaned = SECRET_SHAPE.sub("[removed]", SECRET_PARAMETER.sub(r"\1=[removed]", message))
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True
