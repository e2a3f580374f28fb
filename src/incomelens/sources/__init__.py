"""Where the raw files come from, and whether they are what they should be.

A file comes from a mirror, from a person's hand, or from its provider; whatever the way, it is
checked and written whole or not at all, and its origin is recorded.

=============  =====================================================================
``registry``   the registry of sources as typed objects, and its mistakes by name
``plan``       which sources and tables a study needs
``origins``    where a file would come from: mirror, hand or provider
``keys``       secrets from the environment, and how they are kept out of every text
``download``   one file over HTTP, resumed after a break
``verify``     checksum, size, and whether the bytes are what their format says
``fetch``      one file, from wherever, checked and whole
``archives``   unpacking without leaving the folder
``records``    how each file came here
``manifest``   what was got from where, when, under which licence
``preflight``  what is missing, told before any job runs
=============  =====================================================================
"""
