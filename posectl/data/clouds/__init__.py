"""Point clouds: points drawn on surfaces, parametric shapes, and the files that hold clouds and meshes."""
