"""Template filters and tags that every app's pages share."""
