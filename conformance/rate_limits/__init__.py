"""Work that takes a while in the background.

The rate limit's probes, low to high: `timeline` (a key's attempts, and what they prove), `stories` (what is sent when, as
generators that know no clock and no wire), `measuring` (stories carried out over the wire, in real time or on a test clock),
`rulings` (what the timelines say of each requirement), `plugin` (when all this happens in a run).
"""
