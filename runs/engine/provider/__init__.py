"""The client of an OpenAI-compatible endpoint: transport, stream, quirks and failures."""
