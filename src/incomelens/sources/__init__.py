"""Where the raw files come from, and whether they are what they should be.

A file comes from a mirror, from a person's hand, or from its provider; whatever the way, it is
checked and written whole or not at all, and its origin is recorded. Readers turn each provider's
format into a tidy table.

============  =========================================================================
``fetching``  from a registered source to a checked file with its origin
``readers``   one tidy table, or image, from each format that providers and users write
============  =========================================================================
"""
