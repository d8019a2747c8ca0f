"""What viewers are sent: read once a process, kept for a while, taken at each one's pace."""
