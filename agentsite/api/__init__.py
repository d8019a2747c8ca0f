"""The frame of the REST API: routes, errors, parsing, pagination."""
