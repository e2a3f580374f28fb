"""From a registered source to a checked file with its origin.

===============  =====================================================================
``registry``     the registry of sources as typed objects, and its mistakes by name
``own_paths``    what ``~`` and variables mean in the paths of the configuration
``plan``         which sources and tables a study needs
``origins``      where a file would come from: mirror, hand or provider
``keys``         secrets from the environment, and how they are kept out of every text
``download``     one file over HTTP, resumed after a break
``verify``       checksum, size, and whether the bytes are what their format says
``fetch``        one file, from wherever, checked and whole
``records``      how each file came here
``manifest``     what was got from where, when, under which licence
``preflight``    what is missing, told before any job runs
``archives``     unpacking zip and 7z without leaving the folder
``multi_part``   7z archives in several parts: all there, and whole
``stray_files``  what systems and cloud drives leave beside a user's files
``delivery``     the wanted files of a delivery, whatever the layers of archives
===============  =====================================================================
"""
