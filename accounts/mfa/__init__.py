"""The second factor of signing in: a code of an authenticator app, or a recovery code."""
