"""Fetching deliveries from providers that do not call us: one task an account.

Fetch → examine each item → append to the lead log → store the cursor → ask for the next. What a
crash cuts off comes again, and the ids of the lead events make one effect of it.
"""
