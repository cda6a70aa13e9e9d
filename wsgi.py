"""The application for gunicorn and the flask command."""

import sys

from marchapp.app import create_app
from marchapp.config import UnreadableSetting

try:
    app = create_app()
except UnreadableSetting as error:
    sys.exit(f"Settings: {error}")
