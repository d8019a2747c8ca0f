"""A mixed day at a running site, for Locust: people at pages, scripts, and streams.

`python -m locust -f bench/load/locustfile.py --host URL`; what it needs is in `settings.py`.
"""
