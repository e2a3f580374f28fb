"""IncomeLens: maps income inside cities and explains the maps.

One folder a stage; a stage may import the stages before it and :mod:`incomelens.common`, never one
behind it. Import functions from the module that defines them: rules carry a digest of exactly the
modules they use, and a package that re-exported everything would make that digest useless.
"""

from incomelens.common.lifetimes import end_with_run, is_job

if is_job():  # before anything heavy is imported, during which its run may be killed
    end_with_run()
