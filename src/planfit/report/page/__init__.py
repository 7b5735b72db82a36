"""The report as one page: no script, nothing from elsewhere, in light and dark, from 400 pixels on."""
