"""Pages of this feature."""

from flask import Blueprint

blueprint = Blueprint("tracks", __name__)
