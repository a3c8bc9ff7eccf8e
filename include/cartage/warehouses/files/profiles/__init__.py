"""CSV profiles: a warehouse's file layouts as data, so that a new 3PL is a YAML file and no code.

`settings` is the model of a profile, `library` finds and checks the files, `writing` and `reading` do what they say,
and `csv_format` is the file format that the connector uses.
"""
