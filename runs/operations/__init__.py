"""The state of the site for staff, and ending doubt about money."""
