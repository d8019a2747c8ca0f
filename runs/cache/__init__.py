"""Answers that are given again: what makes two runs equal, and what of their answers is kept.

The answer stays where it is, in the run that paid for it: nothing is copied that could outlive it.
"""
