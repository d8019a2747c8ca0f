"""The ground floor for web code: what every app's pages and API are built on."""
