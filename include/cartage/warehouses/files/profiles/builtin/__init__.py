"""The profiles that come with Cartage, one YAML file each."""
