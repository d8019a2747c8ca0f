"""How e-mail leaves: by the server of EMAIL_HOST; each environment says what else it does."""

from agentsite.env import env

given = env()

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = given.email_host
EMAIL_PORT = given.email_port
EMAIL_HOST_USER = given.email_host_user
EMAIL_HOST_PASSWORD = given.email_host_password.get_secret_value()
EMAIL_USE_TLS = given.email_use_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = given.default_from_email
# Without it, no mail tells of anything: staff reset passwords and vouch for addresses.
SENDS_MAIL = bool(EMAIL_HOST)
