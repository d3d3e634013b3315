"""Read spans from files and trace backends, whatever their format."""
