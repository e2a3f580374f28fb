"""Tables and figures of the district paper, one module each, named like its target."""
