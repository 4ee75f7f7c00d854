"""ControlNets beside the steps: read and refused, kept on the device, asked for the rows that are drawn by a shape."""
