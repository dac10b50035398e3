"""Show what an action would do, keep it, and apply exactly that once a person has approved."""
