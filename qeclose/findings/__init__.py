"""What is wrong with supports, told as CI systems read it, and the masks that are known to be ill-posed."""
