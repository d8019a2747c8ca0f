"""The one form in which e-mail addresses are stored and compared."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

MAX_LENGTH = 254
# What `normal_address` returns: printable ASCII without capitals. The database checks it too.
NORMAL = r"^[!-@\[-~]+$"
REFUSED = "Enter an email address, with plain letters before the @."

_check = EmailValidator(REFUSED)


def normal_address(text: str) -> str:
    """The address as it is stored. Raises Django's `ValidationError` where it is none.

    Look-alikes of plain letters (`ſtaff`, `ＳＴＡＦＦ`) become these letters, and a host's name its
    punycode. What is still no ASCII before the @ is refused.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    name, _, host = folded.rpartition("@")
    try:
        address = f"{name}@{punycode(host)}".lower()
    except UnicodeError as error:
        raise ValidationError(REFUSED) from error
    _check(address)
    if not address.isascii() or len(address) > MAX_LENGTH:
        raise ValidationError(REFUSED)
    return address


def as_compared(text: str) -> str:
    """The normal form of what was typed; text that is no address is compared as it is."""
    try:
        return normal_address(text)
    except ValidationError:
        return text
