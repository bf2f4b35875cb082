"""The server: intake, watch and console of one workspace. A Django project; the only room that knows requests."""
