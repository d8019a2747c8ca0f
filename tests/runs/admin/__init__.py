"""The admin of all apps: its pages, what it records, and how it reads large tables."""
