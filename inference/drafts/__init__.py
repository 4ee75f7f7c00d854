"""Drafts: a tiny autoencoder beside a model's own, which decodes them and the previews, and the settings they are drawn with."""
