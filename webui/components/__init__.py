"""Parts of pages: groups of Gradio fields, put together once."""
