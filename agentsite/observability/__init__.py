"""What the site tells about itself: logs."""
