"""Three factors and more: sub-chains of two factors, merged factors, and the search on all factors at once."""
