"""How django-allauth's second factors behave here."""

from allauth.mfa.adapter import DefaultMFAAdapter

from web.sealing import Sealing

SECRETS = Sealing(b"agentsite.mfa-secret:")
ISSUER = "agentsite"


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are sealed: who reads the database can't sign in."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is wrong, or was used before.",
    }

    def get_totp_issuer(self) -> str:
        """What the authenticator app shows, with the site's name where there may be several."""
        return f"{ISSUER} {self._get_site_name()}"

    def encrypt(self, text: str) -> str:
        """As it is kept."""
        return SECRETS.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret itself."""
        return SECRETS.unseal(encrypted_text)
