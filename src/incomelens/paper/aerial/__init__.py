"""Tables and figures of the aerial paper, one module each, named like its target."""
