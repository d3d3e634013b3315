"""Read, follow, evaluate and change the clinic's feature flags."""
