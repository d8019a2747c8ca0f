"""The measuring processes, which print one line of JSON each. Django is set up for all of them."""

import django

django.setup()
