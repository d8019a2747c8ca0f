"""What a run would come to: before it is submitted, and while it waits."""
