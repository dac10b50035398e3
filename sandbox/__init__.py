"""A whole world on one machine, for `make demo`, tests and benchmarks.

Private Postgres, mail servers, rooms that answer by themselves, sample bookings. Everything listens on
127.0.0.1 only and is thrown away afterwards. Nothing here imports `raumpost`: the rooms read our mails
with their own eyes, so that a mistake in them shows.
"""
