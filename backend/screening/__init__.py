"""Looks at words before anything is drawn or kept: which rule of the policy they meet, and where in the text.

Reads text and policy; what is drawn and kept is not its business, and it keeps nothing but an audit entry.
"""
