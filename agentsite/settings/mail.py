"""How e-mail leaves: by the server of EMAIL_HOST; each environment says what else it does."""

from agentsite.env import env

ENV = env()

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = ENV.email_host
EMAIL_PORT = ENV.email_port
EMAIL_HOST_USER = ENV.email_host_user
EMAIL_HOST_PASSWORD = ENV.email_host_password
EMAIL_USE_TLS = ENV.email_use_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.default_from_email
# Without a way to send the link, administrators reset passwords.
PASSWORD_RESET_OPEN = bool(EMAIL_HOST)
