"""Read what comes back, decide what it means, and apply it."""
