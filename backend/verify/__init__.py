"""Tells anybody whether a picture came from this studio: by its signature, by what is hidden in it, by what it says.

    file → sniffed → decoded apart → manifest read apart → XMP → pixels looked into → a verdict and a sentence

`examining` gathers the evidence, `verdicts` weighs it, `service` adds what whoever asks may know. The file is gone when
the answer is; nothing of it is stored or logged.
"""
