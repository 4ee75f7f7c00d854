"""Says in every file where it comes from: a lookup id hidden in the pixels, a signed C2PA manifest around them.

    drawn pixels → watermark.hide → metadata (backend.images) → signing.sign → stored

`marker` does both for whoever stores or hands out files, `authority` holds the keys, `reading` and `watermark.find`
tell what a file says. Knows neither rows nor who asks: `backend.verify` answers the public.
"""
