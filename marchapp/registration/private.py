"""What the answers of pages behind private links say of themselves."""

# The address is the secret: it is neither told to other sites, nor found by search engines, nor kept.
PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
