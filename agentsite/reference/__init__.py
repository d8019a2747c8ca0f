"""The API reference: the OpenAPI document as a page of the site."""
