"""A leg of three bones as ASF and AMC text."""

ASF = """# a comment
:version 1.10
:units
  mass 1.0
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name upper
     direction 0 -1 0
     length 2
     axis 10 20 30 XYZ
     dof rx ry rz
     limits (-160.0 20.0)
            (-70.0 70.0)
            (-60.0 70.0)
  end
  begin
     id 2
     name Lower
     direction 1 0 0
     length 3
     axis 0 0 40 XYZ
     dof rx
  end
  begin
     id 3
     name stiff
     direction 0 0 1
     length 4
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root upper stiff
    upper Lower
  end
"""

AMC = """#!OML:ASF
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
upper 0 0 0
Lower 0
2
root 1 2 3 50 60 70
upper 11 12 13
Lower 21
"""
