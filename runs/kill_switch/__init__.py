"""Kill switches for staff: pages, API, and the receipt. Pulling one is in `runs/services`."""
