"""The scenario that `python -m locust -f bench/load/locustfile.py` runs."""

from bench.load.browser import Person
from bench.load.script import Script
from bench.load.streams import Stream

__all__ = ["Person", "Script", "Stream"]
