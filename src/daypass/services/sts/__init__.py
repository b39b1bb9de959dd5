"""AWS Security Token Service: temporary credentials for those who may have them."""
