"""Site processes that are forked from one that has loaded their libraries already.

Loading them is most of what a worker or a web process does until it is ready.
"""
