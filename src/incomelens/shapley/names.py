"""Players of the games, and what the two games are called."""

from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL

PLAYERS = (*SOCIOECONOMIC, *SPATIAL)
LOCATION = "location"
# The game of the paper's figures, and the one in which latitude and longitude are one player.
GAMES = ("twelve", "eleven")
