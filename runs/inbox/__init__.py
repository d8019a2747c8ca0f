"""The reader's runs that wait for the reader."""
