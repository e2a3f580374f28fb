"""Claims of both papers, and what follows from the study `validation`, held against tables."""
