"""`daypass tour`: a demonstration on this machine, with a real server, store and AWS CLI.

In: the chapters (`tour`, `tour_organization`, `tour_people`), running and printing each step
(`guide`), the server and store that are started for it (`stage`). Start with `tour`.
"""
