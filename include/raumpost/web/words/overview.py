"""What the overview says."""

from raumpost.web.words.entry import Words

WORDS: dict[str, Words] = {}
