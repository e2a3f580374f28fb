"""The study `validation`: what the maps can be trusted with."""
