"""Everything that people read, by code, in German and English: the one catalogue of Raumpost."""
