"""The OpenAI-compatible front under /v1/: requests in OpenAI's shape become runs."""
