"""The steps of drawing, one module each: encode, latents, denoise, preview, decode, safety.

Plain functions on tensors and bundles. None of them knows of queues, mailboxes or HTTP.
"""
