"""Legal holds: what must not be deleted, whoever asks for it, until an administrator says so."""
