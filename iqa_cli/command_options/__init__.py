"""What commands are asked with: the options that several of them share, by subject."""
