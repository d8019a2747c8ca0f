"""What staff read of the site: each module is one part of the operations page."""
