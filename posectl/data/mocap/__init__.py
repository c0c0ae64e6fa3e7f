"""Motion-capture files: parsers, forward kinematics, and the mapping of any skeleton's nodes to H36M-17."""
