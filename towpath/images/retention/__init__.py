"""What may be deleted, and why: policies and a snapshot in, a plan out. No I/O.

`policy` says what is wanted, `decide` rules on each tag, `reach` finds what kept images need, `planner` puts them
together into a `plan`, `review` cuts a plan down to what somebody has read, `caps` stops one that takes too much.
"""
