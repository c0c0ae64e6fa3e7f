"""A procedural articulated human: a body, its joints, and motions that move it. Angles in degrees, lengths in metres.

The body's own axes: x to its right, y forward, z up; sides are indexed 0 right, 1 left.
"""
