"""What the team holds, blocks and shows: the policy, its versions, and the verdict it leads to.

Reads scores and words as plain data; keeps no image and decides nothing about one by itself.
"""
