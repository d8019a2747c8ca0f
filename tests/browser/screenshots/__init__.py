"""Pictures of every page and state of a demo site: `make screenshots`."""
