"""The HTTP interface: signalling (WHIP, WHEP, an offer), sessions, pictures, videos, jobs, metrics and the page.

`app.py` joins the parts; each other file is a few routes, or one rule for all of them.
"""
