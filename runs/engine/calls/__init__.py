"""One paid call: asked, held, sent, received, measured and settled."""
