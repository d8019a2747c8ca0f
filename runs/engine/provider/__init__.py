"""The client of an OpenAI-compatible endpoint: transport, stream, dialects and failures."""
