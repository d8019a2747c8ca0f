"""A worker process: claims runs, executes them on one asyncio loop, keeps its lease."""
