"""Human3.6M, in the layouts in which its users have it: one module a layout, and what they share."""
