"""Forget what is old, and recover after a restore."""
