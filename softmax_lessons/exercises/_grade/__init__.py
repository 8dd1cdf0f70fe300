"""Grade works: notebooks and scripts, a whole class of them.

``_work`` reads a work and finds its exercises. ``_jail`` starts a process that can do little harm,
in which ``_student`` runs the cells and calls the solution; ``_grader`` asks it from outside, and
judges what comes back, so that nothing in a work can change a verdict. ``_copies`` tells solutions
that stand in the book. ``_crew`` spreads works over the processors, ``_points`` counts, and
``_write`` writes tables and reports. ``_command`` is the command line.
"""
