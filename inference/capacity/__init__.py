"""How many GPUs a studio needs: engines, arrivals and the autoscaler in virtual time. No torch, no clock, no network."""
