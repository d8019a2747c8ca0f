"""Who is let in by an `Authorization` header besides the owners of API tokens."""

from agentsite.env import env

given = env()
# Shared with whoever makes JWTs; empty: none are taken.
JWT_SECRET_KEY = given.jwt_secret_key.get_secret_value()
# What they have to name, where that is said.
JWT_AUDIENCE = given.jwt_audience
JWT_ISSUER = given.jwt_issuer
