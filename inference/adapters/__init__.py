"""LoRAs beside the weights: read and refused, kept on the device, applied to the rows that asked for them."""
