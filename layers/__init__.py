"""What we know about the city, how it came in, and what we propose. Knows nothing of Dash or HTTP."""
