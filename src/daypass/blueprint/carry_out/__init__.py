"""Carrying a plan out, one API call for each step, so that it may be stopped and begun again at any point.

Out: which steps, in which order (`blueprint.plan`). Start with `carry_out`.
"""
