"""`aktenlauf bench`: measured figures. Ratios are taken in one run, since machines drift; tests assert no times."""
