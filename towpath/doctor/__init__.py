"""The doctor: looks at a stack's machines and registry, changes nothing, and says what is wrong and what to do.

Ask → decide → tell: `examination` gathers facts (`outside` from here, `visit` on each node, by one constant script);
`checks` judge them, pure; `diagnosis` puts the findings in order; the command line prints them.
"""
