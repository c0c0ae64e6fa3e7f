"""Motion-capture files: parsers, forward kinematics, and the way from any skeleton's nodes to H36M-17."""
